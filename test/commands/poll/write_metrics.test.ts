import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../../support/closers.ts";
import { configFor } from "../../support/fake_config.ts";
import { runProgram } from "../../support/program.ts";

const closers = closersOfEach();

describe("metrics_file", () => {
  it("is written after a round, for others to read, and tells what status tells", async () => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3, siem: 20 } });
    const path = join(workspace.folder, "mimecast_input.prom");
    workspace.config(
      configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, `metrics_file: ${path}\n`),
    );
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("644");
    const text = readFileSync(path, "utf8");
    expect(text).toContain('mimecast_input_records_total{account="acme",source="audit"} 3\n');
    expect(text).toContain('mimecast_input_records_total{account="acme",source="siem"} 20\n');
    expect(text).toContain('mimecast_input_checkpoint_readable{account="acme"} 1\n');
    expect(readdirSync(workspace.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("that can't be written is no reason to stop", async () => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
    const more = "metrics_file: /nowhere/at/all/x.prom\n";
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("Cannot write the metrics file");
  });
});
