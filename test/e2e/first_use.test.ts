import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { PROGRAM, runProgram } from "../support/program.ts";
import { hasShipper, mustHave, startShipper } from "../support/shippers.ts";
import { hasTerminal, KEYS, startTerminal } from "../support/terminal.ts";

/** A new user's way: setup at a terminal, check, the printed block in the shipper, lines at QRadar. No secret on the way. */

const closers = closersOfEach();

for (const name of ["syslog-ng", "fluent-bit", "vector"] as const) {
  const there = hasTerminal() && (hasShipper(name) || mustHave(name));
  if (!there) process.stderr.write(`skipped: ${name} or python3 is not on PATH\n`);
  describe.skipIf(!there)(`first use with ${name}`, () => {
    it("reaches QRadar from setup on, and shows the secrets nowhere", async () => {
      const records = { siem: 400, audit: 20, ttp_impersonation: 20 };
      const fake = await fakeFor(closers, { api: "2.0", seed: 13, records });
      const qradar = await qradarFor(closers, { parse: "all" });
      const workspace = workspaceFor(closers);
      const { env, folder, stateDir } = workspace;
      const { clientId, clientSecret } = fake.credentials;

      const setup = ["setup", "--base-url", fake.url, "--state-dir", stateDir, "--name", "acme"];
      const terminal = startTerminal([process.execPath, PROGRAM, ...setup], env);
      closers.push(() => terminal.close());
      await terminal.sees("Generation of the Mimecast API");
      terminal.type(KEYS.enter);
      await terminal.sees("Client ID");
      terminal.type(`${clientId}${KEYS.enter}`);
      await terminal.sees("Client Secret (not shown)");
      terminal.type(`${clientSecret}${KEYS.enter}`);
      await terminal.sees("Feeds to collect");
      terminal.type(KEYS.enter);
      await terminal.sees("Where the secrets are kept");
      terminal.type(KEYS.enter);
      await terminal.sees("Which shipper runs the program?");
      const down = ["fluent-bit", "vector", "syslog-ng"].indexOf(name);
      terminal.type(`${KEYS.down.repeat(down)}${KEYS.enter}`);
      await terminal.sees("Where QRadar listens");
      terminal.type(KEYS.enter);
      await terminal.sees("Bring event names, rules and the log source to QRadar");
      terminal.type(KEYS.enter);
      expect(await terminal.ended()).toBe(0);

      const check = await runProgram(["check", "--json"], env);
      expect(check.code).toBe(0);
      const at = `127.0.0.1:${qradar.port}`;
      const printed = await runProgram(["snippet", name, "--qradar", at], env);
      expect(printed.code).toBe(0);
      const block = join(folder, name === "fluent-bit" ? "block.yaml" : "block.conf");
      writeFileSync(block, `${name === "syslog-ng" ? "@version: 3.38\n" : ""}${printed.stdout}`);
      const shorten = name === "fluent-bit" ? { "interval_sec: 60": "interval_sec: 1" } : {};
      const shipper = await startShipper(name, workspace, qradar.port, shorten, block);
      closers.push(() => shipper.stop());
      await qradar.waitFor(fake.total(), 60_000);
      const commandLines = commandLinesNow();
      // The last record may be there before the last feed has said that there is no more.
      let status = await runProgram(["status"], env);
      for (let tries = 0; status.code !== 0 && tries < 300; tries++) {
        await delay(200);
        status = await runProgram(["status"], env);
      }
      await shipper.stop();
      const bundle = await runProgram(["bundle", "-o", join(folder, "bundle.tar.gz")], env);
      expect([status.code, bundle.code]).toEqual([0, 0]);

      expect(qradar.problems).toEqual([]);
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
      const said = [check, printed, status, bundle].flatMap((run) => [run.stdout, run.stderr]);
      const all = [terminal.shown(), shipper.said(), commandLines, ...said, ...filesBelow(folder)];
      expect(all.filter((text) => text.includes(clientSecret))).toEqual([]);
    });
  });
}

/** The command line of every process that can be read. */
function commandLinesNow(): string {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.map((pid) => readOrEmpty(`/proc/${pid}/cmdline`)).join("\n");
}

/** The content of every file that the run left: configuration, state, logs, the shipper's buffers. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((entry) => join(folder, String(entry)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map(readOrEmpty);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
