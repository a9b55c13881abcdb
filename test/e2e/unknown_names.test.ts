import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram, type Workspace } from "../support/program.ts";
import { smallConfig, startSmallMimecast } from "../support/small_mimecast.ts";

const closers = closersOfEach();

function withMetrics(): Workspace & { readonly metrics: string } {
  const workspace = workspaceFor(closers);
  return { ...workspace, metrics: join(workspace.stateDir, "metrics.prom") };
}

const unknownIn = async (workspace: Workspace) => {
  const { stdout } = await runProgram(["status", "--json"], workspace.env);
  return JSON.parse(stdout).accounts[0].feeds.flatMap(
    ({
      feed,
      unknown,
    }: {
      feed: string;
      unknown: { kind: string; name: string; count: number }[];
    }) => unknown.map(({ kind, name, count }) => [feed, kind, name, count]),
  );
};

describe("what the mapping does not know", () => {
  it("is told by status, metrics, health line and log, without a word of the records", async () => {
    const record = { type: "receipt", action: "Acc", timestamp: 1_767_225_600_000 };
    const records = [
      record,
      { ...record, shade: "SECRET" },
      { ...record, shade: "SECRET", type: "new type" },
      { ...record, type: "new type", subject: "SECRET" },
      { ...record, type: "new type", "jo.lind@example.com": 1 },
    ];
    const file = gzipSync(records.map((each) => `${JSON.stringify(each)}\n`).join(""));
    const server = await startSmallMimecast({ file });
    closers.push(() => server.close());
    const workspace = withMetrics();
    const more = `metrics_file: ${workspace.metrics}\n`;
    workspace.config(smallConfig(workspace.stateDir, server.url, { more }));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);

    const lines = linesOf(run.stdout).map((line) => parseLeef(line));
    const health = lines.find(
      ({ eventId, attributes }) => eventId === "health_ok" && attributes.get("endpoint") === "siem",
    );
    expect(health?.attributes.get("unknownCount")).toBe("6");
    expect(health?.attributes.get("unknownName")).toBe("type new type");

    expect(await unknownIn(workspace)).toEqual([
      ["siem", "type", "new type", 3],
      ["siem", "field", "shade", 2],
      ["siem", "field", "", 1],
    ]);
    const { stdout } = await runProgram(["status"], workspace.env);
    const day = new Date().toISOString().slice(0, 7);
    expect(stdout).toContain(`siem: 3 records with unknown type "new type" since ${day}`);
    const metrics = readFileSync(workspace.metrics, "utf8");
    const labels = 'account="acme",source="siem",kind="type",name="new type"';
    expect(metrics).toContain(`mimecast_input_unknown_total{${labels}} 3\n`);

    const warned = linesOf(run.stderr).map((line) => JSON.parse(line));
    const names = warned.filter(({ msg }) => /mapping does not know/.test(msg));
    expect(names).toHaveLength(3);
    expect(names[0]).toMatchObject({ level: "warn", account: "acme", source: "siem" });
    expect(`${stdout}${metrics}${JSON.stringify(names)}`).not.toMatch(/SECRET|jo\.lind/);
  });

  it.each(["1.0", "2.0"] as const)("is nothing in the usual records of API %s", async (api) => {
    const records = {
      siem: 300,
      audit: 40,
      ttp_url: 40,
      ttp_attachment: 40,
      ttp_impersonation: 40,
    };
    const fake = await fakeFor(closers, { api, records, seed: 7 });
    const workspace = withMetrics();
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }));
    expect((await runProgram(["poll", "--once"], workspace.env)).code).toBe(0);
    expect(await unknownIn(workspace)).toEqual([]);
  });
});
