import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfAll, workspaceFor } from "../support/closers.ts";
import { type Finished, linesOf, runProgram, type Workspace } from "../support/program.ts";
import {
  SMALL_FILE,
  SMALL_RECORDS,
  type SmallAnswer,
  type SmallMimecast,
  type SmallOptions,
  smallConfig,
  startSmallMimecast,
} from "../support/small_mimecast.ts";

/** The built program and answers that are not what was asked for. */

const HTML =
  "<!DOCTYPE html>\n<html><body>Access to this page was blocked by policy</body></html>\n";
const page = (status = 200, type = "text/html"): SmallAnswer => ({
  status,
  headers: { "content-type": type },
  body: HTML,
});

const closers = closersOfAll();

interface Setting {
  readonly server: SmallMimecast;
  readonly workspace: Workspace;
  run(): Promise<Finished>;
}

/** `quarantine_after: 2`; a feed is due again at once. */
async function setting(options: SmallOptions, more = ""): Promise<Setting> {
  const server = await startSmallMimecast(options);
  closers.push(() => server.close());
  const workspace = workspaceFor(closers);
  const poll = "poll: { interval_secs: 1, quarantine_after: 2, max_run_secs: 2 }\n";
  workspace.config(smallConfig(workspace.stateDir, server.url, { more: `${poll}${more}` }));
  return {
    server,
    workspace,
    async run() {
      const result = await runProgram(["poll", "--once"], workspace.env);
      await new Promise((done) => setTimeout(done, 1_100));
      return result;
    },
  };
}

const saidBy = (run: Finished) => linesOf(run.stderr).map((line) => JSON.parse(line));
const codesOf = (run: Finished) =>
  new Set(saidBy(run).flatMap(({ level, code }) => (level === "error" ? [code] : [])));
const recordsOf = (run: Finished) => linesOf(run.stdout).filter((line) => /record \d/.test(line));

function quarantined({ workspace }: Setting): Buffer[] {
  const folder = `${workspace.stateDir}/acme/quarantine`;
  try {
    return readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`));
  } catch {
    return [];
  }
}

const good = gzipSync(`${SMALL_RECORDS.join("\n")}\n`);
const damaged = Buffer.from(good);
damaged[0] = 0x1e;
const hidden = Buffer.concat([good, Buffer.alloc(1), good]);

describe.concurrent("a batch file that is none", () => {
  it.each<readonly [string, string, SmallAnswer, Buffer]>([
    ["a gateway's page", "not_gzip", page(), Buffer.from(HTML)],
    ["a page that calls itself gzip", "not_gzip", page(200, "application/gzip"), Buffer.from(HTML)],
    ["gzip with a damaged first byte", "not_gzip", { body: damaged }, damaged],
    [
      "plain records",
      "not_gzip",
      { body: SMALL_RECORDS.join("\n") },
      Buffer.from(SMALL_RECORDS.join("\n")),
    ],
    ["a page as gzip", "not_records", { body: gzipSync(HTML) }, gzipSync(HTML)],
    ["gzip with a member behind a zero byte", "gzip", { body: hidden }, hidden],
  ])(
    "%s is an error, asked for again, then kept and stepped over, and never malformed events",
    async (_what, code, answer, kept) => {
      const here = await setting({
        answer: ({ path }) => (path === SMALL_FILE ? answer : undefined),
      });
      const first = await here.run();
      expect(codesOf(first)).toEqual(new Set([code]));
      expect(first.code).not.toBe(EXIT.ok);
      expect(first.stdout).not.toContain("malformed");
      expect(quarantined(here)).toEqual([]);
      expect(here.server.asked.filter((line) => line.endsWith(SMALL_FILE)).length).toBeGreaterThan(
        1,
      );
      await here.run();
      expect(quarantined(here)).toEqual([kept]);
    },
  );

  it("is taken as if nothing had been once it comes as it should", async () => {
    let isBlocked = true;
    const here = await setting({
      answer: ({ path }) => (path === SMALL_FILE && isBlocked ? page() : undefined),
    });
    expect(recordsOf(await here.run())).toEqual([]);
    isBlocked = false;
    expect(recordsOf(await here.run())).toHaveLength(3);
  });
});

describe.concurrent("a refusal of something else in the place of a file", () => {
  it("costs no file however often it comes, and the file comes once it is gone", async () => {
    let isBlocked = true;
    const here = await setting({
      answer: ({ path }) => (path === SMALL_FILE && isBlocked ? page(403) : undefined),
    });
    for (let run = 0; run < 4; run++) {
      expect(codesOf(await here.run())).toEqual(new Set(["not_mimecast"]));
    }
    expect(quarantined(here)).toEqual([]);
    isBlocked = false;
    const last = await here.run();
    expect(recordsOf(last)).toHaveLength(3);
    expect(last.stdout).not.toContain("gap");
  });
});

describe.concurrent("an answer of the API that is none", () => {
  it.each([
    [200, "text/html", "warn"],
    [200, "application/json", "warn"],
    [302, "text/plain", "error"],
    [403, "text/html", "error"],
    [404, "text/html", "error"],
  ])("of %i and %s is not Mimecast's, and moves no feed", async (status, type, level) => {
    let isBlocked = true;
    const here = await setting({
      answer: ({ path }) => (path !== "/oauth/token" && isBlocked ? page(status, type) : undefined),
    });
    const run = await here.run();
    const [first] = saidBy(run).filter((line) => line.level === "warn" || line.level === "error");
    expect(first).toMatchObject({ level, code: "not_mimecast" });
    expect(run.stdout).not.toContain("malformed");
    isBlocked = false;
    expect(recordsOf(await here.run())).toHaveLength(3);
  });
});
