import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogLevel } from "../../plugin/effects.ts";
import { createLog } from "../../plugin/host/log.ts";
import { runs } from "../support/amount.ts";

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0, 5);

function capture(level: LogLevel = "debug", secrets: string[] = []) {
  const lines: string[] = [];
  const log = createLog({
    level,
    secrets: () => secrets,
    now: () => NOW,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}

describe("createLog()", () => {
  test("writes one JSON object a line", () => {
    const { log, lines } = capture();
    log("info", "Collected", { account: "acme", records: 12 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: "info",
      time: "2026-01-31T12:00:00.005Z",
      pid: process.pid,
      account: "acme",
      records: 12,
      msg: "Collected",
    });
  });

  test.each([
    ["debug", 4],
    ["info", 3],
    ["warn", 2],
    ["error", 1],
  ] as const)("with level %s writes %i of four", (level, count) => {
    const { log, lines } = capture(level);
    for (const severity of ["debug", "info", "warn", "error"] as const) {
      log(severity, "x");
    }
    expect(lines).toHaveLength(count);
  });

  test("asks for the secrets at every line", () => {
    const secrets: string[] = [];
    const { log, lines } = capture("info", secrets);
    secrets.push("correct-horse");
    log("info", "it is correct-horse", { url: "https://x/?k=correct-horse" });
    expect(lines.join()).not.toContain("correct-horse");
  });

  test("lets no field take the place of its own", () => {
    const { log, lines } = capture();
    log("info", "real", { level: "error", time: "x", pid: 1, msg: "forged" });
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: "info",
      msg: "real",
      field_msg: "forged",
      field_level: "error",
    });
    expect(lines[0]!.match(/"(level|time|pid|msg)":/g)).toHaveLength(4);
  });

  test("writes one valid line without secrets whatever it is given", () => {
    const secret = 'Zq7!x-Kw92"p\\Lm4';
    const { log, lines } = capture("debug", [secret]);
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constant(`a\n${secret}%s`));
    const fields = fc.dictionary(text, fc.oneof(fc.anything(), text));
    fc.assert(
      fc.property(text, fields, (message, values) => {
        lines.length = 0;
        log("info", message, values);
        expect(lines).toHaveLength(1);
        expect(lines[0]!.indexOf("\n")).toBe(lines[0]!.length - 1);
        const line: unknown = JSON.parse(lines[0]!);
        expect(line).toMatchObject({ level: "info", time: "2026-01-31T12:00:00.005Z" });
        expect(lines[0]).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
      { numRuns: runs(500) },
    );
  });

  test("writes to stderr at once, and a closed stderr is no error", () => {
    const path = fileURLToPath(new URL("../../plugin/host/log.ts", import.meta.url));
    const program = `
      import { createLog } from ${JSON.stringify(path)};
      const log = createLog({ level: "info", secrets: () => [] });
      for (let i = 0; i < 3; i++) log("info", "line " + i);
      process.stdout.write("done");
      if (process.argv.includes("killed")) process.kill(process.pid, "SIGKILL");
      process.exit(0);
    `;
    const node = [process.execPath, "--input-type=module-typescript", "-e", program];
    const open = spawnSync(node[0]!, node.slice(1), { encoding: "utf8" });
    expect(open.stdout).toBe("done");
    expect(open.stderr.trimEnd().split("\n")).toHaveLength(3);
    const killed = spawnSync(node[0]!, [...node.slice(1), "killed"], { encoding: "utf8" });
    expect(killed.signal).toBe("SIGKILL");
    expect(killed.stderr.trimEnd().split("\n")).toHaveLength(3);
    const closed = spawnSync("/bin/sh", ["-c", 'exec 2>&-; exec "$@"', "sh", ...node], {
      encoding: "utf8",
    });
    expect(closed).toMatchObject({ status: 0, stdout: "done" });
  });

  test("loses no line where the pipe of stderr is full", () => {
    const path = fileURLToPath(new URL("../../plugin/host/log.ts", import.meta.url));
    // Node makes the pipe non-blocking when its stderr is first used.
    const program = `
      import { createLog } from ${JSON.stringify(path)};
      process.stderr.on("error", () => {});
      const log = createLog({ level: "info", secrets: () => [] });
      for (let i = 0; i < 2000; i++) log("info", "x".repeat(200));
    `;
    const script =
      '"$0" --input-type=module-typescript -e "$1" 2>&1 >/dev/null | { sleep 1; wc -l; }';
    const { stdout } = spawnSync("/bin/sh", ["-c", script, process.execPath, program], {
      encoding: "utf8",
    });
    expect(stdout.trim()).toBe("2000");
  });
});
