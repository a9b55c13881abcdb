import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAql } from "./aql.ts";
import { aqlProblems, propertiesOf } from "./aql_check.ts";

describe("parseAql()", () => {
  test("reads every clause", () => {
    const query = parseAql(
      `select QIDNAME(qid) as 'Event', sum(eventcount) AS "Sum", "A ""b""" FROM events WHERE NOT a = 1 AND (b ILIKE '%it''s%' OR c IS NOT NULL) AND d IN (1, 2) GROUP BY qid HAVING "Sum" > 2 * 3 - 1 ORDER BY "Sum" DESC, qid LIMIT 5 LAST 24 hours`,
    );
    expect(query.select.map(({ alias }) => alias)).toEqual(["Event", "Sum", null]);
    expect(query.select[2]?.value).toEqual({ kind: "field", name: 'A "b"', quoted: true });
    expect(query.where).toMatchObject({ operator: "AND" });
    expect(JSON.stringify(query.where)).toContain("%it's%");
    expect(query.having).toMatchObject({
      operator: ">",
      args: [{}, { operator: "-", args: [{ operator: "*" }, { value: 1 }] }],
    });
    expect(query).toMatchObject({ from: "events", limit: 5, last: { amount: 24, unit: "HOURS" } });
  });

  test.each([
    "",
    "SELECT FROM events",
    "SELECT a events",
    "SELECT a FROM events WHERE",
    "SELECT a FROM events WHERE a =",
    "SELECT a FROM events WHERE (a = 1",
    "SELECT a FROM events LAST 24",
    "SELECT a FROM events LAST 24 FORTNIGHTS",
    "SELECT a FROM events LAST 1 DAYS LIMIT 5",
    "SELECT a FROM events ORDER BY a GROUP BY a",
    "SELECT a FROM events WHERE a = 'x",
    "SELECT a AS FROM events",
    "SELECT f(a FROM events",
    "SELECT a; DROP b FROM events",
  ])("refuses %j", (text) => {
    expect(() => parseAql(text)).toThrow(/^Cannot read AQL: /);
  });

  const DASHBOARDS = "../shared/samples/qradar/pulse";
  const there = existsSync(DASHBOARDS);
  if (!there) process.stderr.write(`skipped: ${DASHBOARDS} is not there\n`);
  test.skipIf(!there)("reads the queries of real dashboards", () => {
    const queries = readdirSync(DASHBOARDS).flatMap((file) => {
      const { items } = JSON.parse(readFileSync(`${DASHBOARDS}/${file}`, "utf8"));
      return items.list.map(({ query }: { query: { queryVal: string } }) => query.queryVal);
    });
    expect(queries.length).toBeGreaterThan(20);
    for (const query of queries) expect(parseAql(query).from).toBe("events");
  });
});

describe("aqlProblems()", () => {
  const problems = (text: string) => aqlProblems(parseAql(text), new Set(["Mimecast Sender"]));

  test.each([
    `SELECT "Mimecast Sender", SUM(eventcount) AS "N" FROM events WHERE username = 'a' GROUP BY "Mimecast Sender" HAVING "N" > 1 ORDER BY "N" LAST 1 DAYS`,
    `SELECT starttime AS "T", MAX(devicetime) FROM events GROUP BY starttime / 60000 ORDER BY "T" LAST 1 HOURS`,
    "SELECT COUNT(*) FROM events LAST 5 MINUTES",
  ])("has none in %s", (text) => {
    expect(problems(text)).toEqual([]);
  });

  test.each([
    ["SELECT qid FROM flows LAST 1 DAYS", /flows/],
    ["SELECT qid FROM events", /LAST/],
    ["SELECT color FROM events LAST 1 DAYS", /unknown field color/],
    [`SELECT "Mimecast Color" FROM events LAST 1 DAYS`, /unknown property "Mimecast Color"/],
    ["SELECT QIDNAME(qid, 1) FROM events LAST 1 DAYS", /QIDNAME with 2/],
    ["SELECT COLOR(qid) FROM events LAST 1 DAYS", /COLOR/],
    ["SELECT qid FROM events WHERE SUM(eventcount) > 1 LAST 1 DAYS", /aggregate in WHERE/],
    ["SELECT username, COUNT(*) FROM events GROUP BY qid LAST 1 DAYS", /selects username/],
    ["SELECT username, COUNT(*) FROM events LAST 1 DAYS", /selects username/],
    ["SELECT qid FROM events ORDER BY username LAST 1 DAYS", /by username/],
    ['SELECT SUM(eventcount) AS "Count" FROM events LAST 1 DAYS', /alias "Count"/],
  ])("are found in %s", (text, problem) => {
    expect(problems(text).join("; ")).toMatch(problem);
  });

  test("knows which properties a query reads", () => {
    const query = parseAql(
      `SELECT username AS "User", "Mimecast Sender" FROM events ORDER BY "User" LAST 1 DAYS`,
    );
    expect([...propertiesOf(query)]).toEqual(["Mimecast Sender"]);
  });
});
