import type { MimecastClient } from "../../client/client.ts";
import { AuthError, EXIT } from "../../errors.ts";
import type { Page, Source, SourceContext } from "../../sources/source.ts";
import type { CheckResult, Reporter } from "./result.ts";

/** SIEM files are asked for this far back: a silent day means that nothing is logged. */
const SIEM_REACH_MS = 86_400_000;
/** Everything else: the call is about the permission. */
const REACH_MS = 60_000;
/** A source may fix its window before it asks. */
const MAX_STEPS = 3;

/** How the first call of a feed went. */
export interface FeedProbe {
  readonly result: CheckResult;
  /** True where the account as a whole is refused, so that asking on is useless. */
  readonly refused: boolean;
  /** True where Mimecast has answered as one does who knows the credentials. */
  readonly known: boolean;
}

/**
 * One page of a feed's first stream, asked for with a position of its own: nothing is downloaded, kept or moved, and
 * the next poll asks from where the last one ended.
 */
export async function probeFeed(
  report: Reporter,
  source: Source,
  client: MimecastClient,
  now: () => number,
): Promise<FeedProbe> {
  const check = `feed ${source.name}`;
  const startedMs = now();
  try {
    const page = await firstPage(source, client, now);
    return {
      result: answered(report, source, page, now() - startedMs),
      refused: false,
      known: true,
    };
  } catch (error) {
    const isForbidden = error instanceof AuthError && error.code === "forbidden";
    if (!isForbidden) {
      return {
        result: report.error(check, error),
        refused: error instanceof AuthError,
        known: false,
      };
    }
    const product = source.product === undefined ? "" : `, and its product "${source.product}"`;
    const remedy = `Give the application's role the permission "${source.permission}"${product}${PRODUCT_HINT[source.api]}`;
    return {
      result: report.fail(check, error.message, remedy, EXIT.auth),
      refused: false,
      known: true,
    };
  }
}

/** API 2.0: "Products and app name cannot be changed after saving". */
const PRODUCT_HINT = {
  "1.0": "",
  "2.0": "; products are ticked when the application is made and can't be changed later",
} as const;

async function firstPage(source: Source, client: MimecastClient, now: () => number): Promise<Page> {
  const [stream = source.name] = source.streams;
  const asked = counting(client);
  const context: SourceContext = { client: asked.client, now, overlapMs: 0, spool: dropped };
  const reachMs = source.name === "siem" ? SIEM_REACH_MS : REACH_MS;
  let cursor = source.start(stream, now() - reachMs, now());
  for (let step = 1; ; step++) {
    const page = await source.page(stream, cursor, context);
    if (asked.calls() > 0 || step === MAX_STEPS) return page;
    cursor = page.next;
  }
}

function answered(report: Reporter, source: Source, page: Page, ms: number): CheckResult {
  const check = `feed ${source.name}`;
  if (source.name === "siem" && page.items.length === 0) {
    return report.warn(
      check,
      "allowed, but Mimecast has no SIEM files of the last 24 hours",
      "If mail has flowed, Enhanced Logging is off: Account | Account Settings, for inbound, outbound and internal; the first files come 30 minutes later",
    );
  }
  return report.ok(check, `allowed (${ms} ms)`);
}

/** Ends the download after its first piece. */
async function dropped(chunks: AsyncIterable<Uint8Array>): Promise<{ path: string; size: number }> {
  for await (const _ of chunks) break;
  return { path: "", size: 0 };
}

function counting(client: MimecastClient): { client: MimecastClient; calls: () => number } {
  let calls = 0;
  const count = <T>(answer: T): T => {
    calls++;
    return answer;
  };
  return {
    calls: () => calls,
    client: {
      json: (request) => count(client.json(request)),
      file: (request) => count(client.file(request)),
      download: (url) => client.download(url),
    },
  };
}
