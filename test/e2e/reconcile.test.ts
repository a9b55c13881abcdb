import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TEST_UID } from "../../plugin/commands/test_uid.ts";
import { closersOfAll } from "../support/closers.ts";
import { linesOf } from "../support/program.ts";
import { hourOf, isLost, reconcile, scene, uidOf } from "../support/reconcile_scene.ts";

/** Through the built program: a console that lacks some of what was delivered, and an export of its ids. */

const closers = closersOfAll();
const RECORDS = { siem: 400, audit: 60, ttp_url: 80, ttp_impersonation: 30 };

describe.concurrent("reconcile", () => {
  it("names exactly what the console lacks, sends exactly that, and is then complete", async () => {
    const at = await scene(closers, "2.0", RECORDS);
    const lost = at.delivered.filter(isLost);
    at.arrived.push(...at.delivered.filter((line) => !isLost(line)));
    // A test event is none of Mimecast's records.
    const [line = ""] = at.delivered;
    at.arrived.push(line.replace(uidOf(line), `${TEST_UID}0123456700000001`));
    // One came twice.
    at.arrived.push(at.arrived[0]!);

    const first = await reconcile(at, "--json");
    expect(first.code, first.stderr).toBe(1);
    const report = first.report();
    expect(report.not_listed).toEqual([]);
    expect(report.missing_records.map(({ uid }) => uid).sort()).toEqual(lost.map(uidOf).sort());
    expect(report).toMatchObject({
      verdict: "incomplete",
      at_mimecast: at.delivered.length,
      missing: lost.length,
      twice: 1,
      unknown_to_mimecast: 0,
    });
    expect(at.api.open()).toBe(0);

    const healing = await reconcile(at, "--heal");
    expect(healing.code, healing.stderr).toBe(75);
    expect(linesOf(healing.stdout).sort()).toEqual([...lost].sort());
    expect(healing.stderr).toContain("sent again");
    at.arrived.push(...linesOf(healing.stdout));

    const second = await reconcile(at, "--json");
    expect(second.code, second.stderr).toBe(0);
    expect(second.report()).toMatchObject({ verdict: "complete", missing: 0, twice: 1 });
  });

  it("asks for ids only in hours whose numbers differ, and of a complete console for none", async () => {
    const at = await scene(closers, "2.0", { audit: 400 });
    at.arrived.push(...at.delivered);
    const { code, stderr } = await reconcile(at, "--json");
    expect(code, stderr).toBe(0);
    expect(at.api.searches).toHaveLength(1);
    // From an hour that has another one: of an hour without any there is nothing to ask.
    const hours = at.arrived.map(hourOf);
    at.arrived.splice(
      hours.findIndex((hour, index) => hours.indexOf(hour) < index),
      1,
    );
    expect((await reconcile(at)).code).toBe(1);
    expect(at.api.searches).toHaveLength(3);
  });

  it("takes an export instead of the console", async () => {
    const at = await scene(closers, "2.0", { siem: 200, ttp_url: 40 });
    const file = join(at.workspace.folder, "export.csv");
    const rows = at.delivered.filter((line) => !isLost(line)).map((line) => `x,${uidOf(line)}`);
    writeFileSync(file, `Time,Mimecast Event UID\n${rows.join("\n")}\n`);
    const { report, code } = await reconcile(at, "--uids", file, "--json");
    expect(code).toBe(1);
    const lost = at.delivered.filter(isLost).map(uidOf);
    expect(
      report()
        .missing_records.map(({ uid }) => uid)
        .sort(),
    ).toEqual(lost.sort());
    expect(at.api.searches).toEqual([]);
  });

  it("compares SIEM of API 1.0 too, which Mimecast serves by token only", async () => {
    const at = await scene(closers, "1.0", { siem: 60, audit: 40 });
    const lost = at.delivered.filter(isLost);
    at.arrived.push(...at.delivered.filter((line) => !isLost(line)));
    const { code, report, stderr } = await reconcile(at, "--json");
    expect(code, stderr).toBe(1);
    expect(report().not_listed).toEqual([]);
    expect(
      report()
        .missing_records.map(({ uid }) => uid)
        .sort(),
    ).toEqual(lost.map(uidOf).sort());
  });

  it("is undecided of what Mimecast has deleted", async () => {
    const at = await scene(closers, "2.0", { siem: 60, audit: 40 });
    at.arrived.push(...at.delivered);
    const { code, stdout, stderr } = await reconcile(at, "--since", "9d");
    expect(code, stderr).toBe(75);
    expect(stdout).toContain("not compared: siem: Mimecast keeps it for 7 days");
    expect(stdout).toContain("undecided");
  });

  it.each([
    ["a token that has expired", { path: "/ariel", status: 401 }, "qradar_token"],
    ["a right that is missing", { path: "/config", status: 403 }, "qradar_forbidden"],
    [
      "a search that is refused",
      { path: "/ariel/searches", status: 422, code: 2000 },
      "qradar_refused",
    ],
  ])("tells %s, and is never complete by mistake", async (_name, refuse, code) => {
    const at = await scene(closers, "2.0", { audit: 20 });
    at.arrived.push(...at.delivered);
    at.api.switches.refuse = refuse;
    const run = await reconcile(at);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`"code":"${code}"`);
    expect(run.stdout).toBe("");
  });

  it("does not believe a search that says that it lacks events", async () => {
    const at = await scene(closers, "2.0", { audit: 20 });
    at.arrived.push(...at.delivered);
    at.api.switches.complaints = [
      { severity: "WARN", message: "host 192.0.2.11 could not be searched" },
    ];
    const run = await reconcile(at, "--heal");
    expect(run.code).toBe(75);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain('"code":"qradar_search"');
    expect(run.stderr).toContain("host 192.0.2.11");
    at.api.switches.complaints = [{ severity: "INFO", message: "done" }];
    expect((await reconcile(at)).code).toBe(0);
  });

  it("waits out a console that is busy, and ends a search that never ends, deleting it", async () => {
    const at = await scene(closers, "2.0", { audit: 20 });
    at.arrived.push(...at.delivered);
    at.api.switches.refuse = { path: "/ariel", status: 503, code: 1010, times: 1 };
    expect((await reconcile(at)).code).toBe(0);
    at.api.switches.endless = true;
    const run = await reconcile(at, "--search-secs", "1");
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('"code":"qradar_search"');
    expect(at.api.open()).toBe(0);
  });
});
