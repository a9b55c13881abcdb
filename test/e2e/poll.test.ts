import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram } from "../support/program.ts";

/** All ten SIEM types and the other feeds of the vendor's app, 10,000 records a generation. */
const RECORDS = { siem: 9_000, audit: 500, ttp_impersonation: 500 };
const TOTAL = 10_000;
const SOURCES = "poll: { start: 7d }\n";

const closers = closersOfEach();

async function fakeOf(api: "1.0" | "2.0", records = RECORDS): Promise<Fake> {
  const fake = await fakeFor(closers, { api, records, seed: 7 });
  return fake;
}

/** The events of mimecast itself: what the program says of itself is left out. */
function eventsOf(stdout: string): string[] {
  return linesOf(stdout).filter((line) => idOf(line) !== null);
}

describe("mimecast-input poll --once", () => {
  for (const api of ["1.0", "2.0"] as const) {
    it(`API ${api}: every record is one valid line, and a second run adds none`, async () => {
      const fake = await fakeOf(api);
      const workspace = workspaceFor(closers);
      workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, SOURCES));

      const first = await runProgram(["poll", "--once"], workspace.env);
      expect(first.stderr).not.toMatch(/"level":"error"/);
      expect(first.code).toBe(0);
      const lines = eventsOf(first.stdout);
      expect(lines).toHaveLength(TOTAL);
      for (const line of lines) parseLeef(line);
      const ids = new Set(lines.map((line) => idOf(line)));
      expect(ids).toEqual(new Set(fake.ids()));
      expect(ids).toEqual(fake.handedOut());
      expect(fake.violations).toEqual([]);

      const second = await runProgram(["poll", "--once"], workspace.env);
      expect(second.code).toBe(0);
      expect(second.stdout).toBe("");
    });
  }

  it("asks again only what is new once the interval is over", async () => {
    const fake = await fakeOf("2.0", { siem: 1_000, audit: 50, ttp_impersonation: 50 });
    const workspace = workspaceFor(closers);
    const more = "poll: { start: 7d, interval_secs: 1 }\n";
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
    const first = await runProgram(["poll", "--once"], workspace.env);
    fake.add({ siem: 100, audit: 10 });
    await new Promise((done) => setTimeout(done, 1_100));
    const second = await runProgram(["poll", "--once"], workspace.env);
    const ids = [...eventsOf(first.stdout), ...eventsOf(second.stdout)].map((line) => idOf(line));
    expect(ids).toHaveLength(1_210);
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    expect(fake.violations).toEqual([]);
  });

  it("collects several accounts of both generations in one run", async () => {
    const few = { siem: 200, audit: 20, ttp_impersonation: 20 };
    const [one, two] = [await fakeOf("1.0", few), await fakeOf("2.0", few)];
    const workspace = workspaceFor(closers);
    const fakes = {
      eins: { fake: one, api: "1.0" as const },
      zwei: { fake: two, api: "2.0" as const },
    };
    workspace.config(configFor(workspace.stateDir, fakes, SOURCES));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    const hosts = eventsOf(run.stdout).map((line) => parseLeef(line).hostname);
    expect(hosts.filter((host) => host === "mimecast-eins")).toHaveLength(240);
    expect(hosts.filter((host) => host === "mimecast-zwei")).toHaveLength(240);

    const only = await runProgram(["poll", "--once", "--account", "drei"], workspace.env);
    expect(only.code).toBe(78);
    expect(only.stderr).toContain("Known accounts: eins, zwei");
  });
});

describe("mimecast-input", () => {
  it("names the exit codes in --help and the nearest command for a wrong one", async () => {
    const { env } = workspaceFor(closers);
    const help = await runProgram(["--help"], env);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("Exit codes: 0");
    const wrong = await runProgram(["pol"], env);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('Did you mean "poll"?');
    const none = await runProgram(["poll", "--once", "--accounts", "acme"], env);
    expect(none.code).toBe(64);
  });
});
