import type { MimecastClient } from "../../client/client.ts";
import type { AccountConfig } from "../../config/config.ts";
import type { HttpResponse } from "../../effects.ts";
import { EXIT } from "../../errors.ts";
import type { Source } from "../../sources/source.ts";
import { probeFeed } from "./feeds.ts";
import type { CheckResult, Reporter } from "./result.ts";

/** Headers of the last answer of the API host. */
export interface LastAnswer {
  readonly atMs: number;
  readonly headers: HttpResponse["headers"];
}

/** Skew that API 1.0's signatures may not survive is not known; NTP keeps a clock within a second. */
const NOTABLE_SKEW_MS = 30_000;
const WRONG_SKEW_MS = 300_000;

/** Login and permissions: one cheap call for each feed. */
export async function apiResults(
  report: Reporter,
  account: AccountConfig,
  sources: readonly Source[],
  client: MimecastClient,
  now: () => number,
): Promise<CheckResult[]> {
  const feeds: CheckResult[] = [];
  let login: CheckResult | null = null;
  for (const { name } of account.sources) {
    const source = sources.find((each) => each.name === name);
    if (source === undefined) continue;
    if (login?.outcome === "fail") {
      feeds.push(report.skipped(`feed ${name}`, "not asked"));
      continue;
    }
    const probe = await probeFeed(report, source, client, now);
    if (probe.refused) {
      login = { ...probe.result, check: "login" };
      feeds.push(report.skipped(`feed ${name}`, "not asked"));
      continue;
    }
    if (probe.known) login ??= report.ok("login", `API ${account.api} knows the credentials`);
    feeds.push(probe.result);
  }
  const first = login ?? report.skipped("login", "not known: no answer of Mimecast");
  return [first, ...(account.api === "1.0" ? keyNotes(report, first) : []), ...feeds];
}

/** What the API does not tell about the keys of API 1.0. */
function keyNotes(report: Reporter, login: CheckResult): CheckResult[] {
  if (login.outcome === "fail") {
    return [
      report.note(
        "keys",
        "the keys of a new API application work 30 minutes after it was made",
        "Wait, or make the access and secret key again",
      ),
    ];
  }
  return [
    report.note(
      "keys",
      'access keys end three days after they were made, unless the user\'s Authentication Profile has the TTL "Never Expires"; the API does not tell which',
      "Administration Console: Services | Applications, the profile of the user's application setting",
    ),
  ];
}

/** Clock and quota, from the headers of the last answer. */
export function headerResults(
  report: Reporter,
  api: AccountConfig["api"],
  last: LastAnswer | null,
): CheckResult[] {
  if (last === null) {
    return [report.skipped("clock", "no answer"), report.skipped("quota", "no answer")];
  }
  return [clock(report, api, last), quota(report, last)];
}

function clock(report: Reporter, api: AccountConfig["api"], last: LastAnswer): CheckResult {
  const theirs = Date.parse(last.headers.date ?? "");
  if (Number.isNaN(theirs)) return report.skipped("clock", "the answer has no Date header");
  const skewMs = last.atMs - theirs;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const text = `this host's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} Mimecast's`;
  if (Math.abs(skewMs) < NOTABLE_SKEW_MS) {
    return report.ok("clock", `within ${Math.max(1, seconds)} s of Mimecast's`);
  }
  const remedy =
    "Set it by NTP: API 1.0 refuses signatures of a wrong time, and windows of the feeds miss records";
  if (Math.abs(skewMs) < WRONG_SKEW_MS) return report.warn("clock", text, remedy);
  return report.fail("clock", text, remedy, api === "1.0" ? EXIT.auth : EXIT.partial);
}

function quota(report: Reporter, { headers }: LastAnswer): CheckResult {
  const [left, limit] = [headers["x-ratelimit-remaining"], headers["x-ratelimit-limit"]];
  if (left === undefined || !/^\d{1,9}$/.test(left)) {
    return report.ok("quota", "Mimecast's answers state no limit");
  }
  const of = limit === undefined || !/^\d{1,9}$/.test(limit) ? "" : ` of ${limit}`;
  const text = `${left}${of} calls are left`;
  return Number(left) > 0
    ? report.ok("quota", text)
    : report.warn(
        "quota",
        text,
        "Raise interval_secs, or give other programs keys of their own user",
      );
}
