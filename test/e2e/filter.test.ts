import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram } from "../support/program.ts";

const closers = closersOfEach();

it.each(["1.0", "2.0"] as const)(
  "filter, API %s: delivers what it names, counts the rest, asks for nothing that is dropped",
  async (api) => {
    const records = { siem: 600, audit: 60, ttp_url: 30 };
    const fake = await fakeFor(closers, { api, records, seed: 5 });
    const workspace = workspaceFor(closers);
    const metricsFile = join(workspace.stateDir, "metrics.prom");
    const filter = "filter: { only: [receipt, process, audit], drop: [process_accepted] }\n";
    const more = `${filter}metrics_file: ${metricsFile}\n`;
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    const events = linesOf(run.stdout)
      .filter((line) => idOf(line) !== null)
      .map((line) => parseLeef(line));
    const cats = new Set(events.map(({ attributes }) => attributes.get("cat")));
    expect(cats).toEqual(new Set(["receipt", "process", "audit"]));
    expect(events.map(({ eventId }) => eventId)).not.toContain("process_accepted");

    const path = join(workspace.stateDir, "acme", "checkpoint");
    const { sources } = parseCheckpoint(readFileSync(path), path);
    const siem = sources.siem!;
    const delivered = events.filter(({ attributes }) => attributes.get("cat") !== "audit").length;
    expect(siem.records).toBe(delivered);
    expect(siem.filtered).toBeGreaterThan(0);
    const read = api === "1.0" ? 600 : fake.total("receipt") + fake.total("process");
    expect(siem.records + siem.filtered!).toBe(read);
    expect(sources.audit).not.toHaveProperty("filtered");
    const status = await runProgram(["status", "--json"], workspace.env);
    const [{ feeds }] = JSON.parse(status.stdout).accounts;
    expect(feeds.find((each: { feed: string }) => each.feed === "siem").filtered).toBe(
      siem.filtered,
    );
    const metric = `mimecast_input_filtered_records_total{account="acme",source="siem"}`;
    expect(readFileSync(metricsFile, "utf8")).toContain(`${metric} ${siem.filtered}\n`);

    expect(fake.requests("/api/ttp/url/get-logs")).toBe(0);
    if (api === "2.0") expect(fake.handedOutCount("delivery")).toBe(0);
    const second = await runProgram(["poll", "--once"], workspace.env);
    expect(second.stdout).toBe("");
    expect(fake.violations).toEqual([]);
  },
);
