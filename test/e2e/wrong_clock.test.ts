import { expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram } from "../support/program.ts";

const closers = closersOfEach();

it.each([-5, 5])(
  "API 1.0: a host whose clock is %i hours off collects after one refused request",
  async (hours) => {
    const now = () => Date.now() + hours * 3_600_000;
    const fake = await fakeFor(closers, {
      api: "1.0",
      now,
      records: { siem: 100, audit: 20 },
      seed: 4,
    });
    const workspace = workspaceFor(closers);
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "1.0" } }));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.ok);
    const said = linesOf(run.stderr).map((line) => JSON.parse(line));
    expect(said.filter(({ level }) => level === "error")).toEqual([]);
    expect(said).toContainEqual(expect.objectContaining({ code: "clock_wrong" }));
    const ids = linesOf(run.stdout).flatMap((line) => idOf(line) ?? []);
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    expect(ids).toHaveLength(fake.total());
  },
);

it.each([-26, -3, 3, 26])(
  "API 2.0: a feed that begins after another one has told the time has no false gap where Mimecast's clock is %i h ahead",
  async (hours) => {
    const now = () => Date.now() + hours * 3_600_000;
    const records = { audit: 20, siem: 300, threat_intel: 30 };
    const fake = await fakeFor(closers, { api: "2.0", now, records, seed: 4 });
    const workspace = workspaceFor(closers);
    const feeds =
      "    sources: [audit, { name: siem, mode: stream }, threat_intel]\npoll: { start: 30d }\n";
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, feeds));
    // The others begin once this one knows the time.
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.ok);
    const status = await runProgram(["status", "--json"], workspace.env);
    expect(JSON.parse(status.stdout).accounts[0].gaps).toEqual([]);
    expect(run.stdout).not.toContain("Gap in");
    const ids = linesOf(run.stdout).flatMap((line) => idOf(line) ?? []);
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    expect(ids).toHaveLength(fake.total());
  },
);
