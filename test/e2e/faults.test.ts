import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases, IS_ALL } from "../support/amount.ts";
import { errorCodeRows, fits } from "../support/error_codes.ts";
import { DEFAULT_SWITCHES } from "../support/fake_mimecast/switches.ts";
import { FAULT_CASES, type FaultCase } from "../support/fault_cases.ts";
import { FAMILIES } from "../support/fault_families.ts";
import {
  type FaultResult,
  faultTable,
  playFault,
  type SaidLine,
  saidShort,
} from "../support/fault_run.ts";

/** Every fault and every switch of the fake in every family of feeds, with the built program. */

/** Their messages are compared with those of docs/error-codes.csv by name. */
const QUOTED = [
  ["the truncated zip", "truncated_zip, for a run", "zip"],
  ["the expired link", "expired_link, for a run", "link_expired"],
  ["the 429 with a strange reset header", 'rate_limited, reset "soon"', "rate_limited"],
  ["the HTML 502", "html_502, for a run", "http_502"],
  ["the 418", "binding_expired", "binding_expired"],
] as const;
/** All of them, or a tenth. */
const PLAYED = FAULT_CASES.filter(
  (each) => cases(FAULT_CASES, 10).includes(each) || QUOTED.some(([, name]) => name === each.name),
);

/** Cases mostly wait. */
const AT_A_TIME = 8;

const results = new Map<FaultCase, FaultResult>();
const resultOf = (played: FaultCase): FaultResult => {
  const result = results.get(played);
  if (result === undefined) throw new Error("The case was not played");
  return result;
};

beforeAll(async () => {
  const waiting = [...PLAYED];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.set(next, await playFault(next));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
});

afterAll(() => {
  const rows = PLAYED.flatMap((played) => {
    const result = results.get(played);
    return result === undefined ? [] : [[played, result] as const];
  });
  process.stdout.write(`\n${faultTable(rows)}\n`);
});

describe("a fault of Mimecast", () => {
  it.each(PLAYED.map((played) => [played.family, played.name, played] as const))(
    "%s: %s loses and doubles nothing, and is told as it should be",
    (_family, _name, played) => {
      const { exits, said, lost, doubled, violations } = resultOf(played);
      expect({ exits, said: saidShort(said), lost, doubled }).toEqual({
        exits: played.exits,
        said: played.said,
        lost: [],
        doubled: 0,
      });
      if (!played.isViolation) expect(violations).toEqual([]);
    },
  );

  it("is in the list, whichever it is", () => {
    const source = readFileSync(
      new URL("../support/fake_mimecast/faults.ts", import.meta.url),
      "utf8",
    );
    const kinds = source
      .slice(0, source.indexOf("export interface Fault"))
      .matchAll(/^ {2}\| "(\w+)"/gm);
    const played = new Set(FAULT_CASES.map(({ fault }) => fault?.fault));
    const all = [...kinds].map(([, kind]) => kind);
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((kind) => !played.has(kind as never))).toEqual([]);
    const switched = new Set(FAULT_CASES.flatMap(({ switches }) => Object.keys(switches ?? {})));
    expect(Object.keys(DEFAULT_SWITCHES).filter((name) => !switched.has(name))).toEqual([]);
    const families = new Set(FAULT_CASES.map(({ family }) => family));
    expect([...families].toSorted()).toEqual(Object.keys(FAMILIES).toSorted());
  });
});

describe("docs/error-codes.csv", () => {
  const rows = errorCodeRows();
  const everySaid = (): SaidLine[] => PLAYED.flatMap((played) => [...resultOf(played).said]);
  const rowsOf = (code: string) => {
    const own = rows.filter((row) => row.code === code);
    if (own.length > 0) return own;
    return rows.filter((row) => row.code === (code.startsWith("http_") ? "http_…" : "err_…"));
  };

  it("quotes the message of everything that was said", () => {
    const unquoted = everySaid().filter(
      ({ code, message }) => !rowsOf(code).some((row) => fits(row.message, message)),
    );
    expect(unquoted).toEqual([]);
  });

  it.each(QUOTED)("quotes the message of %s as it was printed", (_what, name, code) => {
    const played = PLAYED.find((each) => each.name === name)!;
    const line = resultOf(played).said.find((each) => each.code === code)!;
    expect(rowsOf(code).some((row) => fits(row.message, line.message))).toBe(true);
  });

  it("gives those that need somebody a remedy in the line itself", () => {
    const auth = everySaid().filter(
      ({ level, code }) =>
        level === "error" &&
        /err_developer_key|binding_expired|wrong_region|forbidden|signature|Identifier/.test(code),
    );
    expect(auth.length).toBeGreaterThan(IS_ALL ? 10 : 0);
    expect(auth.filter(({ hint }) => hint === undefined)).toEqual([]);
  });
});
