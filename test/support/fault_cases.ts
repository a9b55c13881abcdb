import type { Fault, FaultKind } from "./fake_mimecast/faults.ts";
import type { Switches } from "./fake_mimecast/switches.ts";
import { FAMILIES, type FamilyName } from "./fault_families.ts";

/** One thing that goes wrong in one family, and what has to come of it. */
export interface FaultCase {
  /** As the table shows it. */
  readonly name: string;
  readonly family: FamilyName;
  /** `times: 0` lasts for the first run. */
  readonly fault?: Omit<Fault, "path">;
  readonly switches?: Partial<Switches>;
  /** The switches are set back behind the first run. */
  readonly isLasting?: true;
  /** Exit codes of the runs until everything is there. */
  readonly exits: readonly number[];
  /** "level code" of every line of level warn or error, each once, in the order of the first. */
  readonly said: readonly string[];
  /** Requests that no correct client makes are expected: the fake refuses what it takes by default. */
  readonly isViolation?: true;
  /** Behind the first run, ten more records show up that happened so long before. */
  readonly lateMs?: number;
  /** How far the feed reaches back for late records; the configuration's default where absent. */
  readonly overlapSecs?: number;
  /** Seconds that the program waits for an answer. */
  readonly timeoutSecs?: number;
}

type Said = string | Readonly<Partial<Record<FamilyName, string>>>;

const APIS: readonly FamilyName[] = ["1.0 siem", "1.0 audit", "2.0 siem list", "2.0 ttp"];
const V1: readonly FamilyName[] = ["1.0 siem", "1.0 audit"];
const V2: readonly FamilyName[] = ["2.0 siem list", "2.0 ttp"];
const WINDOWS: readonly FamilyName[] = ["1.0 audit", "2.0 ttp"];
const ALL: readonly FamilyName[] = [...APIS, "2.0 siem file", "2.0 login"];
const FILES: readonly FamilyName[] = ["2.0 siem file"];
const ARCHIVE: readonly FamilyName[] = ["1.0 siem"];
const LIST: readonly FamilyName[] = ["2.0 siem list"];
const LOGIN: readonly FamilyName[] = ["2.0 login"];

/** Strikes once, and is over before the run is: exit code 0. */
function healed(kind: FaultKind, families: readonly FamilyName[], said?: Said): FaultCase[] {
  return cases(kind, families, [0], said, "warn");
}

/** Strikes once, and the run gives up: the next one heals it. */
function nextRun(
  kind: FaultKind,
  families: readonly FamilyName[],
  code: number,
  said: Said,
): FaultCase[] {
  return cases(kind, families, [code, 0], said, "error");
}

function cases(
  kind: FaultKind,
  families: readonly FamilyName[],
  exits: readonly number[],
  said: Said | undefined,
  level: "warn" | "error",
): FaultCase[] {
  return families.map((family) => {
    const code = typeof said === "string" ? said : said?.[family];
    return {
      name: kind,
      family,
      fault: { fault: kind },
      exits,
      said: code === undefined ? [] : [`${level} ${code}`],
    };
  });
}

/** A switch from the beginning on. */
function switched(
  switches: Partial<Switches>,
  families: readonly FamilyName[],
  values: Partial<FaultCase> = {},
): FaultCase[] {
  const name = Object.entries(switches)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join();
  return families.map((family) => ({ name, family, switches, exits: [0], said: [], ...values }));
}

/** A switch in the first run only. */
function lasting(
  switches: Partial<Switches>,
  families: readonly FamilyName[],
  code: number,
  said: string,
): FaultCase[] {
  return switched(switches, families, {
    isLasting: true,
    exits: [code, 0],
    said: [`error ${said}`],
  });
}

const FAILURE: Said = {
  "1.0 siem": "err_unexpected",
  "1.0 audit": "err_unexpected",
  "2.0 siem list": "internal_error",
  "2.0 ttp": "internal_error",
  "2.0 login": "internal_error",
  "2.0 siem file": "http_500",
};
const FAIL_ON_200: Said = { ...FAILURE, "2.0 ttp": "err_unexpected" };

const wrongClock = (clockAheadMs: number, families: readonly FamilyName[]) =>
  switched({ clockAheadMs }, families, { said: ["warn clock_wrong"] });
const refusedTokens = (times: number): FaultCase[] =>
  WINDOWS.map((family) => ({
    name: `page_token_refused, ${times === 0 ? "for a run" : `${times} times`}`,
    family,
    fault: { fault: "page_token_refused", nth: 2, times },
    exits: [0],
    said: [],
  }));
const late = (lateMs: number, families: readonly FamilyName[]): FaultCase[] =>
  families.map((family) => ({
    name: `records ${lateMs} ms late`,
    family,
    lateMs,
    overlapSecs: 10,
    exits: [0, 0],
    said: [],
  }));
const slow = (each: FaultCase): FaultCase => ({ ...each, timeoutSecs: 1 });
const resets = (reset: string | null, retryAfter?: string): FaultCase => ({
  name: `rate_limited, reset ${JSON.stringify(reset)}`,
  family: "2.0 ttp",
  fault: { fault: "rate_limited", reset, ...(retryAfter === undefined ? {} : { retryAfter }) },
  exits: [0],
  said: ["warn rate_limited"],
});
/** For a whole run, whatever is asked again. */
const whole = (kind: FaultKind, family: FamilyName, said: readonly string[]): FaultCase => ({
  name: `${kind}, for a run`,
  family,
  fault: { fault: kind, times: 0 },
  exits: [75, 0],
  said,
});

/** Every fault of faults.ts and every switch of switches.ts in every family that it can strike. */
export const FAULT_CASES: readonly FaultCase[] = [
  ...nextRun("app_id", V1, 77, "err_developer_key"),
  ...nextRun("signature", V1, 77, "err_xdk_invalid_signature"),
  ...nextRun("binding_expired", V1, 77, "binding_expired"),
  ...nextRun("incorrect_region", V1, 77, "wrong_region"),
  ...healed("token_expired", V2),
  ...healed("unauthorized", V2),
  ...nextRun("unauthorized", LOGIN, 77, "unauthorized"),
  ...nextRun("forbidden", APIS, 77, "forbidden"),
  ...nextRun("fail_on_200", APIS, 75, FAIL_ON_200),
  ...healed("fail_on_200", LOGIN, FAILURE),
  ...healed("rate_limited", [...APIS, ...LOGIN], "rate_limited"),
  ...["soon", "0", "-1", "1e9", "99999999999999999999", ""].map((reset) => resets(reset)),
  resets(null, "1"),
  resets(null),
  ...healed("server_error", ALL, FAILURE),
  ...healed("html_502", ALL, "http_502"),
  whole("html_502", "2.0 ttp", ["warn http_502", "error http_502"]),
  ...healed("empty_body", ["1.0 siem", ...FILES]),
  ...healed("empty_body", ["1.0 audit", ...V2], "not_json"),
  ...healed("empty_body", LOGIN, "no_token"),
  ...healed("not_json", APIS, "not_json"),
  ...healed("not_json", LOGIN, "no_token"),
  ...nextRun("invalid_siem_token", ARCHIVE, 75, "err_audit_siem_invalid_token"),
  ...healed("reset", ALL, "reset"),
  ...healed("reset_mid_body", ["1.0 audit", ...V2], "reset"),
  ...nextRun("reset_mid_body", [...ARCHIVE, ...FILES], 75, "reset"),
  ...healed("slow_body", [...APIS, ...FILES]),
  ...healed("stall_body", ["1.0 audit", ...V2], "timeout").map(slow),
  ...nextRun("stall_body", [...ARCHIVE, ...FILES], 75, "timeout").map(slow),
  ...healed("hang", ALL, "timeout").map(slow),
  ...healed("repeated_page", [...WINDOWS, ...LIST]),
  ...healed("duplicate_records", WINDOWS),
  ...healed("empty_page", [...WINDOWS, ...LIST]),
  ...healed("duplicate_urls", LIST),
  ...healed("missing_next_page", LIST),
  // With more than a page of files: test/e2e/siem_tokens.test.ts.
  ...healed("page_token_refused", LIST),
  ...healed("page_token_dead", LIST),
  ...healed("page_token_oversized", LIST),
  ...healed("truncated_json", ARCHIVE),
  whole("truncated_json", "1.0 siem", ["error truncated_json"]),
  ...healed("not_a_zip", ARCHIVE),
  whole("not_a_zip", "1.0 siem", ["error not_a_siem_file"]),
  ...healed("truncated_zip", ARCHIVE),
  whole("truncated_zip", "1.0 siem", ["error zip"]),
  ...healed("empty_zip", ARCHIVE),
  ...healed("traversal_name", ARCHIVE),
  ...healed("invalid_utf8", [...ARCHIVE, ...FILES]),
  ...healed("empty_data", ARCHIVE),
  ...healed("expired_link", FILES),
  whole("expired_link", "2.0 siem file", ["error link_expired"]),
  ...healed("crc_damaged", FILES),
  whole("crc_damaged", "2.0 siem file", ["error gzip"]),
  ...healed("truncated_gzip", FILES),
  whole("empty_body", "2.0 siem file", ["error empty"]),
  ...healed("non_json_line", FILES),

  ...lasting({ auth: "app_id" }, V1, 77, "err_developer_key"),
  ...lasting({ auth: "app_id" }, ["2.0 ttp"], 77, "InvalidClientIdentifier"),
  ...lasting({ auth: "signature" }, V1, 77, "err_xdk_invalid_signature"),
  ...lasting({ auth: "signature" }, ["2.0 ttp"], 77, "InvalidClientIdentifier"),
  ...lasting({ auth: "expired" }, V1, 77, "binding_expired"),
  ...lasting({ auth: "incorrect_region" }, V1, 77, "wrong_region"),
  ...APIS.flatMap((family) => {
    const forbidden = [FAMILIES[family].path.split("*")[0] as string];
    return lasting({ forbidden }, [family], 77, "forbidden");
  }),
  ...lasting({ maxSkewMs: -1 }, V1, 77, "err_xdk_invalid_signature"),
  ...lasting({ linkLifetimeSecs: 0 }, LIST, 75, "link_expired"),
  ...lasting({ maxPageSize: 100 }, WINDOWS, 75, "err_validation_null").map(
    (each): FaultCase => ({ ...each, isViolation: true }),
  ),
  ...switched({ rateLimit: { limit: 3, windowMs: 2_000 } }, V1),
  ...switched({ rateLimit: { limit: 3, windowMs: 2_000 } }, V2, {
    said: ["warn rate_limited"],
  }),
  ...switched({ emptyPageWithNext: false }, WINDOWS),
  ...refusedTokens(1),
  ...refusedTokens(3),
  ...refusedTokens(0),
  ...healed("page_token_oversized", WINDOWS, "token_too_long"),
  ...switched({ joinedTypes: false }, LIST),
  ...switched({ noIndicators: "fail" }, ["2.0 threat intel"]),
  {
    name: "page_token_dead, then records",
    family: "2.0 siem list",
    fault: { fault: "page_token_dead", nth: 2 },
    lateMs: 0,
    exits: [0, 0, 0],
    said: [],
  },
  ...late(5_000, WINDOWS),
  ...(["newest_first", "oldest_first"] as const).flatMap((order) => switched({ order }, WINDOWS)),
  ...switched({ equalRecords: 5 }, ["2.0 ttp url"]),
  ...wrongClock(7_200_000, V2),
  ...wrongClock(-7_200_000, V2),
  ...wrongClock(600_000, V1),
  ...wrongClock(-600_000, V1),
  ...switched({ overlapRecords: 5 }, WINDOWS),
  ...switched({ tokenOnLast: true }, ARCHIVE),
  ...switched({ invalidTokenStatus: 400 }, ARCHIVE),
  ...switched({ filesPerZip: 1 }, ARCHIVE),
  ...switched({ keyValueLineEnd: "\r" }, ARCHIVE),
  ...switched({ joinedTypes: false }, LIST),
  ...switched({ noIndicators: "fail" }, ["2.0 ttp"]),
  ...switched({ recordsPerFile: 2 }, [...ARCHIVE, ...LIST]),
  ...switched({ tokenLifetimeSecs: 1 }, V2),
];
