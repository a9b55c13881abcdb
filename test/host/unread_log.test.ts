import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultStateDir, findStateDir } from "../../plugin/config/state_dir.ts";
import { LOG_FILE } from "../../plugin/host/log_file.ts";
import { createUnreadLog } from "../../plugin/host/unread_log.ts";

const ERROR = '{"level":"error","msg":"a"}\n';
const INFO = '{"level":"info","msg":"b"}\n';

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mimecast-unread-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function kept(stateDir: string): string {
  return readFileSync(join(root, stateDir, ".log", LOG_FILE), "utf8");
}

describe("createUnreadLog()", () => {
  it("makes the state directory for its owner only, and keeps every line there", () => {
    const told: string[] = [];
    const log = createUnreadLog([join(root, "state")], (line) => told.push(line));
    log.write(ERROR);
    log.write(INFO);
    expect(kept("state")).toBe(ERROR + INFO);
    expect((statSync(join(root, "state")).mode & 0o777).toString(8)).toBe("700");
    expect(told).toEqual([]);
  });

  it("takes the next directory where one can't be used, and the first again once it can", () => {
    const log = createUnreadLog([join(root, "no", "parent"), join(root, "state")], () => {});
    log.write(ERROR);
    mkdirSync(join(root, "no", "parent"), { recursive: true });
    log.write(INFO);
    expect([kept("state"), kept("no/parent")]).toEqual([ERROR, INFO]);
  });

  it("puts the configured directory first", () => {
    const log = createUnreadLog([join(root, "usual")], () => {});
    log.useStateDir(join(root, "configured"));
    log.write(ERROR);
    expect(kept("configured")).toBe(ERROR);
    expect(() => kept("usual")).toThrow();
  });

  it("tells the system's log of warnings and errors where no directory can be used", () => {
    writeFileSync(join(root, "file"), "");
    const told: string[] = [];
    const log = createUnreadLog([join(root, "file")], (line) => told.push(line));
    log.write(INFO);
    log.write(ERROR);
    log.write('{"level":"warn","msg":"c"}\n');
    expect(told).toEqual([ERROR, '{"level":"warn","msg":"c"}\n']);
  });

  it("keeps to the sizes of the configuration", () => {
    const log = createUnreadLog([], () => {});
    log.useStateDir(join(root, "state"), { maxFileBytes: 100, maxFiles: 2 });
    for (let index = 0; index < 50; index++) log.write(ERROR);
    expect(kept("state").length).toBeLessThanOrEqual(100);
  });
});

describe("findStateDir()", () => {
  it.each([
    ["accounts: [\nstate_dir: /a/b # c\n", "/a/b"],
    ['state_dir: "/a b"\r\nx: [', "/a b"],
    ["state_dir: '/a'", "/a"],
    ["state_dir: relative\n", null],
    ["# state_dir: /a\n", null],
    ["  state_dir: /a\n", null],
    ["", null],
  ])("%j: %s", (text, wanted) => {
    expect(findStateDir(text)).toBe(wanted);
  });
});

describe("defaultStateDir()", () => {
  it.each([
    [undefined, "/var/lib/mimecast-input"],
    ["relative", "/var/lib/mimecast-input"],
    ["/a:/b", "/a"],
  ])("%s: %s", (text, wanted) => {
    expect(defaultStateDir(text === undefined ? {} : { STATE_DIRECTORY: text })).toBe(wanted);
  });
});
