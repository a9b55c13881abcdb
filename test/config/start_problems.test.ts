import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../plugin/config/parse_config.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const ACCOUNT = 'api: "2.0", region: uk, client_id: x, client_secret: { env: S }';

function problems(text: string): readonly string[] {
  try {
    parseConfig(text, {}, { fileName: "c", mode: null, nowMs: NOW });
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
}

describe("a start that lies in the future", () => {
  it("is refused wherever it is, with its line", () => {
    const text = `accounts:
  - name: a
    start: "2026-02-01"
    sources: [{ name: audit, start: "2030-01-01" }, { name: siem, start: "2026-01-31" }]
    ${ACCOUNT.replaceAll(", ", "\n    ")}
poll: { start: "2026-01-31T13:00:00Z" }
`;
    expect(problems(text)).toEqual([
      'line 3: "accounts[0].start" must not be later than now (2026-01-31T12:00Z): current value is "2026-02-01"',
      'line 4: "accounts[0].sources[0].start" must not be later than now (2026-01-31T12:00Z): current value is "2030-01-01"',
      'line 9: "poll.start" must not be later than now (2026-01-31T12:00Z): current value is "2026-01-31T13:00:00Z"',
    ]);
  });

  it("is every moment after now, and no other", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1990"), max: new Date("2100"), noInvalidDate: true }),
        (date) => {
          const text = `accounts: [{ name: a, ${ACCOUNT} }]\npoll: { start: "${date.toISOString()}" }\n`;
          expect(problems(text).length > 0).toBe(date.getTime() > NOW);
        },
      ),
    );
  });
});

describe("a text that was not UTF-8", () => {
  it("is refused with its path, and is not quoted", () => {
    const text = `accounts: [{ name: a, ${ACCOUNT}, account_label: "M\ufffdller" }]\n`;
    expect(problems(text)).toEqual([
      'line 1: "accounts[0].account_label" holds a character that is not UTF-8: save the file as UTF-8',
    ]);
  });

  it("does not matter in a comment, and aliases that lead in a circle end", () => {
    expect(problems(`# M\ufffdller\naccounts: [{ name: a, ${ACCOUNT} }]\n`)).toEqual([]);
    expect(problems("accounts: &a [*a]\n").join()).toMatch(/must be a mapping/);
  });
});
