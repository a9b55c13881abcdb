import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, PROGRAM, until } from "../support/program.ts";

const closers = closersOfEach();

it("a back-fill can be stopped anywhere and goes on where it was", async () => {
  const spanMs = 6 * 86_400_000;
  const records = { siem: 3_000, audit: 3_000 };
  const switches = { recordsPerFile: 100 };
  const fake = await fakeFor(closers, { api: "2.0", records, seed: 13, spanMs, switches });
  const workspace = workspaceFor(closers);
  // Slow enough to be stopped in the middle.
  const more = "poll: { start: 7d }\noutput: { max_events_per_second: 2000 }\n";
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
  const path = join(workspace.folder, "lines.leef");

  async function runFor(bytes: number): Promise<number | null> {
    const file = openSync(path, "a", 0o600);
    const before = statSync(path).size;
    const child = spawn(process.execPath, [PROGRAM, "poll", "--once"], {
      env: workspace.env,
      stdio: ["ignore", file, "ignore"],
    });
    closeSync(file);
    const ended = new Promise<number | null>((done) => child.on("close", done));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await until(() => isOver || statSync(path).size - before > bytes, 60_000, "lines");
    child.kill("SIGTERM");
    return ended;
  }

  for (let stop = 0; stop < 4; stop++) expect(await runFor(150_000)).toBe(0);
  const stopped = linesOf(readFileSync(path, "utf8")).filter((line) => idOf(line) !== null).length;
  expect(stopped).toBeGreaterThan(0);
  expect(stopped).toBeLessThan(6_000);
  expect(await runFor(Number.POSITIVE_INFINITY)).toBe(0);
  const ids = linesOf(readFileSync(path, "utf8"))
    .map(idOf)
    .filter((id) => id !== null);
  expect(new Set(ids)).toEqual(new Set(fake.ids()));
  // Into a file every line counts once it is written: nothing comes twice.
  expect(ids).toHaveLength(6_000);
  expect(fake.violations).toEqual([]);
});
