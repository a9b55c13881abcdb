import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach } from "../support/closers.ts";
import { linesOf, runProgram, startProgram, until } from "../support/program.ts";
import { isLost, type Scene, scene, uidOf } from "../support/reconcile_scene.ts";

/** Through the built program: reconciliations by `qradar.reconcile`, beside `poll --follow` and by a timer. */

const closers = closersOfEach();
const RECORDS = { siem: 200, audit: 60 };
const isOurs = (line: string) => line.includes("|health_");

const scheduled = ({ config, api }: Scene) =>
  runProgram(["reconcile", "--scheduled", "--config", config], { QRADAR_TOKEN: api.token });

async function statusOf({ config }: Scene) {
  const run = await runProgram(["status", "--json", "--config", config], {});
  const { accounts } = JSON.parse(run.stdout) as {
    accounts: readonly { readonly reconciled: Readonly<Record<string, unknown>> | null }[];
  };
  return { code: run.code, reconciled: accounts[0]!.reconciled };
}

describe("reconcile --scheduled", () => {
  it("heals, says so in a health event and in status, and does it again only where it is due", async () => {
    const at = await scene(closers, "2.0", RECORDS, {
      reconcile: "{ since: 166h, wait_secs: 0, every_secs: 7200 }",
      metrics: true,
    });
    at.arrived.push(...at.delivered.filter((line) => !isLost(line)));
    const lost = at.delivered.filter(isLost).map(uidOf).sort();
    const first = await scheduled(at);
    // What was sent has not arrived: nobody has read the pipe.
    expect(first.code, first.stderr).toBe(75);
    const lines = linesOf(first.stdout);
    const healed = lines.filter((line) => !isOurs(line));
    expect(healed.map(uidOf).sort()).toEqual(lost);
    const [said] = lines.filter(isOurs);
    expect(said).toContain("|health_incomplete|");
    expect(said).toContain(`QRadar lacks ${lost.length} of`);
    expect(await statusOf(at)).toMatchObject({
      code: 0,
      reconciled: { verdict: "undecided", missing: lost.length, healed: lost.length },
    });
    const again = await scheduled(at);
    expect(again).toMatchObject({ code: 0, stdout: "" });

    at.arrived.push(...healed);
    at.makeDue();
    const second = await scheduled(at);
    expect(second.code, second.stderr).toBe(0);
    expect(linesOf(second.stdout)).toHaveLength(1);
    expect(second.stdout).toContain("|health_complete|");
    const { reconciled } = await statusOf(at);
    expect(reconciled).toMatchObject({ verdict: "complete", missing: 0 });
    expect(reconciled?.complete_up_to).not.toBeNull();
  });

  it("says a failure in a health event, and is never complete by it", async () => {
    const at = await scene(closers, "2.0", { audit: 20 }, { reconcile: "{ since: 166h }" });
    at.arrived.push(...at.delivered);
    at.api.switches.refuse = { path: "/", status: 401 };
    const run = await scheduled(at);
    expect(run.code, run.stderr).toBe(75);
    expect(run.stderr).toContain('"code":"qradar_token"');
    expect(linesOf(run.stdout)).toHaveLength(1);
    expect(run.stdout).toContain("|health_error|");
    const { reconciled } = await statusOf(at);
    expect(reconciled).toMatchObject({ verdict: "failed", complete_up_to: null });
  });

  it("is refused without qradar.reconcile", async () => {
    const at = await scene(closers, "2.0", { audit: 5 });
    const run = await scheduled(at);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"reconcile_schedule"');
  });
});

describe("poll --follow with qradar.reconcile", () => {
  it("heals what was lost while it goes on collecting", async () => {
    const at = await scene(closers, "2.0", RECORDS, {
      poll: ", interval_secs: 3600",
      reconcile: "{ since: 166h, wait_secs: 4, every_secs: 2 }",
      polls: 0,
      metrics: true,
    });
    const child = startProgram(["poll", "--follow", "--config", at.config], {
      QRADAR_TOKEN: at.api.token,
    });
    let rest = "";
    let stderr = "";
    const health: string[] = [];
    const dropped = new Set<string>();
    child.stderr?.on("data", (piece: Buffer) => {
      stderr += piece.toString();
    });
    child.stdout?.on("data", (piece: Buffer) => {
      const lines = (rest + piece.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (isOurs(line)) health.push(line);
        // Lost once; what is sent again arrives.
        else if (isLost(line) && !dropped.has(uidOf(line))) dropped.add(uidOf(line));
        else at.arrived.push(line);
      }
    });
    closers.push(() => child.kill("SIGKILL"));
    await until(() => health.some((line) => line.includes("|health_complete|")), 60_000, "health");
    expect(dropped.size).toBeGreaterThan(20);
    const uids = at.arrived.map(uidOf);
    const old = [...dropped].filter((uid) => !uids.includes(uid));
    // Those of the last hour are not compared yet.
    expect(old.length).toBeLessThan(dropped.size / 2);
    expect(new Set(uids).size).toBe(uids.length);
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    expect(at.api.open()).toBe(0);
    expect(stderr).not.toContain('"level":"error"');
    const metrics = readFileSync(join(at.workspace.folder, "metrics.prom"), "utf8");
    expect(metrics).toMatch(/^mimecast_input_missing_records\{account="acme"\} 0$/m);
    expect(metrics).toMatch(/^mimecast_input_complete_up_to_timestamp_seconds/m);
  });

  it("ends a search of QRadar when it is told to stop", async () => {
    const at = await scene(closers, "2.0", { audit: 20 }, { reconcile: "{ since: 166h }" });
    at.api.switches.endless = true;
    const child = startProgram(["poll", "--follow", "--config", at.config], {
      QRADAR_TOKEN: at.api.token,
    });
    closers.push(() => child.kill("SIGKILL"));
    child.stdout?.resume();
    child.stderr?.resume();
    await until(() => at.api.open() === 1, 60_000, "a search");
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    expect(at.api.open()).toBe(0);
    expect((await statusOf(at)).reconciled).toBeNull();
  });
});
