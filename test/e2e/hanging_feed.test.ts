import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, startProgram, until } from "../support/program.ts";

const closers = closersOfEach();

it.each(["--once", "--follow"])(
  "poll %s: a feed that hangs keeps no other feed of its account",
  async (mode) => {
    const records = { siem: 500, audit: 40, ttp_url: 30 };
    const fake = await fakeFor(closers, { api: "2.0", records, seed: 3 });
    const workspace = workspaceFor(closers);
    // Every answer of one feed never comes, and the client waits a minute for each.
    for (const path of ["/siem/v1/batch/events/cg", "/api/ttp/url/get-logs"]) {
      fake.faults.push({ path, fault: "hang", times: 0 });
    }
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }));
    const child = startProgram(["poll", mode], workspace.env);
    const ended = new Promise<number | null>((done) => child.once("close", done));
    let out = "";
    child.stdout?.on("data", (piece: Buffer) => {
      out += piece;
    });
    const delivered = () => new Set(linesOf(out).map(idOf)).size;
    const asked = () => fake.requests("/api/dlp/get-logs") > 0;
    await until(() => asked() && delivered() >= 40, 20_000, "what is behind the feeds that hang");
    for (const path of ["/siem/v1/batch/events/cg", "/api/ttp/url/get-logs"]) {
      expect(fake.requests(path)).toBe(1);
    }
    // The requests that hang end with the run.
    child.kill("SIGTERM");
    const late = new Promise((done) => setTimeout(done, 120_000, "still there").unref());
    expect(await Promise.race([ended, late])).toBe(0);
    const seen = new Set(linesOf(out).flatMap((line) => idOf(line) ?? []));
    expect(seen).toEqual(new Set(fake.ids("audit")));
  },
);
