import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../plugin/host/log.ts";
import { createLogFile, LOG_FILE } from "../../plugin/host/log_file.ts";

let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mimecast-log-"));
  folder = join(root, "state", ".log");
  mkdirSync(join(root, "state"));
});
afterEach(() => rmSync(root, { recursive: true }));

function logFile(values: Partial<Parameters<typeof createLogFile>[0]> = {}) {
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const file = createLogFile({ folder, maxFileBytes: 1000, maxFiles: 3, onFailure, ...values });
  return { file, failures };
}

function linesIn(): string[] {
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    expect(text.endsWith("\n")).toBe(true);
    return text.split("\n").slice(0, -1);
  });
}

describe("createLogFile() and another user", () => {
  it.each([
    ["a planted link", () => symlinkSync(join(root, "victim"), join(folder, LOG_FILE))],
    [
      "a file that every user can write to",
      () => {
        writeFileSync(join(folder, LOG_FILE), "");
        chmodSync(join(folder, LOG_FILE), 0o666);
      },
    ],
    ["a folder that every user can write to", () => chmodSync(folder, 0o777)],
    ["a state directory that every user can write to", () => chmodSync(join(root, "state"), 0o777)],
  ])("keeps nothing with %s", (_what, plant) => {
    writeFileSync(join(root, "victim"), "precious");
    mkdirSync(folder);
    plant();
    const { file, failures } = logFile();
    file.write("one\n");
    file.write("two\n");
    expect(failures).toHaveLength(1);
    expect(readFileSync(join(root, "victim"), "utf8")).toBe("precious");
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name), "utf8")).not.toContain("one");
  });
});

describe("createLogFile()", () => {
  it("makes folder and file for its owner only, with the first line", () => {
    const { file } = logFile();
    expect(() => statSync(folder)).toThrow();
    file.write("one\n");
    expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
    expect((statSync(join(folder, LOG_FILE)).mode & 0o777).toString(8)).toBe("600");
  });

  it("puts a file aside before it grows beyond its limit, and keeps so many", () => {
    const { file } = logFile();
    for (let index = 0; index < 100; index++) file.write(`${String(index).padStart(99, "0")}\n`);
    expect(readdirSync(folder)).toEqual([LOG_FILE, `${LOG_FILE}.1`, `${LOG_FILE}.2`]);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000);
    }
    const kept = linesIn()
      .map(Number)
      .sort((a, b) => a - b);
    expect(kept).toEqual(Array.from({ length: 30 }, (_, index) => index + 70));
  });

  it("with one file begins again in its place", () => {
    const { file } = logFile({ maxFiles: 1, maxFileBytes: 50 });
    for (let index = 0; index < 10; index++) file.write(`${"x".repeat(30)}${index}\n`);
    expect(readdirSync(folder)).toEqual([LOG_FILE]);
    expect(statSync(join(folder, LOG_FILE)).size).toBeLessThanOrEqual(50);
  });

  it("writes a line that is longer than a file all the same", () => {
    const { file } = logFile();
    file.write(`${"x".repeat(5000)}\n`);
    file.write("y\n");
    expect(
      linesIn()
        .map((line) => line.length)
        .sort((a, b) => a - b),
    ).toEqual([1, 5000]);
  });

  it("goes on in the new file where another process has put the old one aside", () => {
    const { file } = logFile();
    file.write("old\n");
    renameSync(join(folder, LOG_FILE), join(folder, `${LOG_FILE}.1`));
    file.write("new\n");
    expect(readFileSync(join(folder, LOG_FILE), "utf8")).toBe("new\n");
  });

  it("two writers lose no line while there is room, and tear none", () => {
    const writers = [logFile({ maxFiles: 50 }), logFile({ maxFiles: 50 })];
    const wanted: string[] = [];
    for (let index = 0; index < 300; index++) {
      const line = `${index}-${"z".repeat(index % 97)}`;
      writers[index % 2]?.file.write(`${line}\n`);
      wanted.push(line);
    }
    expect(linesIn().sort()).toEqual(wanted.sort());
  });

  it("makes no state directory, and begins once there is one", () => {
    rmSync(join(root, "state"), { recursive: true });
    const { file, failures } = logFile();
    file.write("before\n");
    expect(readdirSync(root)).toEqual([]);
    mkdirSync(join(root, "state"));
    file.write("after\n");
    expect(linesIn()).toEqual(["after"]);
    expect(failures).toEqual([]);
  });

  it("fails once and quietly: the program goes on", () => {
    writeFileSync(folder, "in the way");
    const { file, failures } = logFile();
    file.write("a\n");
    file.write("b\n");
    expect(failures).toMatchObject([{ code: "ENOTDIR" }]);
  });
});

describe("createLog() with keep", () => {
  it("keeps the very lines of stderr, masked", () => {
    const shown: string[] = [];
    const kept: string[] = [];
    const log = createLog({
      level: "info",
      secrets: () => ["marked-secret"],
      destination: { write: (line) => void shown.push(line) },
      keep: { write: (line) => void kept.push(line) },
    });
    log("info", "the marked-secret", { field: "marked-secret" });
    log("debug", "below the level");
    expect(kept).toEqual(shown);
    expect(kept).toHaveLength(1);
    expect(kept[0]).not.toContain("marked-secret");
  });
});
