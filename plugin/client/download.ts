import type { HttpResponse } from "../effects.ts";
import { ApiError, LinkExpiredError } from "../errors.ts";
import { clean } from "./answer_error.ts";
import type { Attempted } from "./attempts.ts";
import { isRetryableStatus } from "./retry.ts";
import { readErrorText } from "./transport.ts";

/**
 * Understands the answer to a pre-signed link (reference: API 2.0 batch downloads). The URL's query is the
 * signature, so a message names host and path only.
 */
export async function readDownload(
  answer: HttpResponse,
  url: URL,
): Promise<Attempted<HttpResponse["body"]>> {
  const { status, headers } = answer;
  if (status === 200) return { value: answer.body };
  const code = storageCode(await readErrorText(answer.body));
  const what = `"${url.host}${clean(url.pathname, 300)}" answered ${status}${code && ` ${code}`}`;
  const expired = EXPIRED_STATUS.has(status) || EXPIRED_CODE.has(code);
  const error = expired
    ? new LinkExpiredError(`The download link is not valid any more: ${what}`, {
        code: "link_expired",
      })
    : new ApiError(`Cannot download: ${what}`, {
        code: `http_${status}`,
        status,
        retryable: isRetryableStatus(status),
      });
  // An expired link is cured by listing again, not by asking again.
  return { error, outcome: { status: expired ? 403 : status, headers } };
}

const EXPIRED_STATUS = new Set([403, 404, 410]);
/** S3 answers 400 where the temporary credentials behind the signature have lapsed. */
const EXPIRED_CODE = new Set(["ExpiredToken", "RequestExpired"]);

/** The `<Code>` of an S3 error body. */
function storageCode(text: string): string {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? "";
}
