import type { HttpResponse } from "../effects.ts";
import { ApiError, DecodeError, LinkExpiredError } from "../errors.ts";
import { clean } from "./answer_error.ts";
import type { Attempted } from "./attempts.ts";
import type { Download } from "./client.ts";
import { isRetryableStatus } from "./retry.ts";
import { readErrorText } from "./transport.ts";

/** Far more than a batch of a quarter of an hour; it stops a body without an end. */
export const MAX_FILE_BYTES = 512 * 1024 ** 2;

/**
 * Reads the answer to a pre-signed link (reference: API 2.0 batch downloads). The URL's query is the
 * signature, so a message names host and path only. `shown` makes text of others fit for a message.
 */
export async function readDownload(
  answer: HttpResponse,
  url: URL,
  shown: (text: string, maxLength: number) => string = clean,
): Promise<Attempted<Download>> {
  const { status, headers } = answer;
  const contentType = shown(headers["content-type"] ?? "none", 60);
  if (status === 200) {
    return { value: Object.assign(bounded(answer.body), { contentType }) };
  }
  const code = storageCode(await readErrorText(answer.body), contentType);
  const words = code === "" ? ` (${contentType})` : ` ${shown(code, 64)}`;
  const what = `"${url.host}${shown(url.pathname, 300)}" answered ${status}${words}`;
  // A new list would not change another answer, and such an answer must not cost a file.
  if (code !== "" && (GONE_STATUS.has(status) || EXPIRED_CODE.has(code))) {
    const message = `The download link is not valid any more: ${what}`;
    const error = new LinkExpiredError(message, { code: "link_expired" });
    return { error, outcome: { status: 403, headers } };
  }
  const isStrange = code === "" && status < 500 && !isRetryableStatus(status);
  const error = isStrange
    ? new ApiError(`Something other than Mimecast's storage answered: ${what}`, {
        code: "not_mimecast",
        status,
        retryable: false,
        hint: `A proxy or firewall may have answered: check that it allows "${url.host}"`,
      })
    : new ApiError(`Cannot download: ${what}`, {
        code: `http_${status}`,
        status,
        retryable: isRetryableStatus(status),
      });
  return { error, outcome: { status, headers } };
}

/** The codes with which the storage refuses an invalid link or a missing object. */
const GONE_STATUS = new Set([403, 404, 410]);
/** S3 answers 400 where the temporary credentials behind the signature have lapsed. */
const EXPIRED_CODE = new Set(["ExpiredToken", "RequestExpired", "TokenRefreshRequired"]);

/** The `<Code>` of an error in the storage's own words (XML: S3 "Error Responses"); "" for anything else. */
function storageCode(text: string, contentType: string): string {
  if (/\bhtml\b/i.test(contentType) || !/^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?<Error[\s>]/.test(text)) {
    return "";
  }
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1] ?? "";
}

/** The body, or a `DecodeError` where it does not end. */
export async function* bounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes = MAX_FILE_BYTES,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) {
      throw new DecodeError(`Cannot read the file: it is larger than ${maxBytes} bytes`, {
        code: "too_large",
      });
    }
    yield piece;
  }
}
