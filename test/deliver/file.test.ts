import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "../../plugin/deliver/delivery.ts";
import { type FileOptions, fileDelivery } from "../../plugin/deliver/file.ts";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

/** On the real file system, with a clock that the test moves. */

const MIB = 1_048_576;
const DAY_MS = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-file-"));
});
const open: Delivery[] = [];
afterEach(async () => {
  for (const delivery of open.splice(0)) await delivery.close?.();
  rmSync(folder, { recursive: true, force: true });
});

const path = () => join(folder, "events.leef");
const names = () => readdirSync(folder).sort();
const linesOf = (bytes: number, letter: string) =>
  Buffer.from(`${letter.repeat(1023)}\n`.repeat(bytes / 1024));

async function opened(more: Partial<FileOptions> = {}) {
  const fake = createFakeEffects();
  const syncs: string[] = [];
  const files = nodeFiles();
  const effects = {
    ...fake,
    files: {
      ...files,
      append: async (...wanted: Parameters<typeof files.append>) => {
        const file = await files.append(...wanted);
        return {
          ...file,
          sync: async () => {
            syncs.push(wanted[0]);
            await file.sync();
          },
        };
      },
    },
  };
  const options: FileOptions = {
    path: path(),
    rotateBytes: MIB,
    maxTotalBytes: 4 * MIB,
    keepMs: null,
    mode: 0o640,
    group: null,
    ...more,
  };
  let released = 0;
  const delivery = await fileDelivery(effects, options, () => {
    released++;
  });
  open.push(delivery);
  return { effects: fake, delivery, syncs, released: () => released };
}

describe("fileDelivery()", () => {
  it("makes the file with its mode, appends to one that is there, and gives up its lock", async () => {
    const first = await opened();
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    expect(first.delivery.safety).toBe("taken");
    await first.delivery.write(Buffer.from("a\n"));
    await first.delivery.close?.();
    expect(first.released()).toBe(1);
    const second = await opened();
    await second.delivery.write(Buffer.from("b\n"));
    expect(second.delivery.accepted()).toBe(2);
    expect(readFileSync(path(), "utf8")).toBe("a\nb\n");
  });

  it("ends a line that a killed process has left, and never cuts the file", async () => {
    writeFileSync(path(), "whole\nhal");
    const { delivery } = await opened();
    await delivery.write(Buffer.from("next\n"));
    expect(readFileSync(path(), "utf8")).toBe("whole\nhal\nnext\n");
  });

  it("syncs once for all that was written, not again where nothing came, and says when it is too early", async () => {
    const { effects, delivery, syncs } = await opened({ rotateBytes: 4 * MIB });
    await delivery.write(Buffer.from("a\n"));
    expect(delivery.isFlushDue?.()).toBe(false);
    await Promise.all([delivery.flush(), delivery.flush()]);
    await delivery.flush();
    expect(syncs).toHaveLength(1);
    await delivery.write(Buffer.from("b\n"));
    effects.advance(999);
    expect(delivery.isFlushDue?.()).toBe(false);
    effects.advance(1);
    expect(delivery.isFlushDue?.()).toBe(true);
    await delivery.flush();
    await delivery.write(linesOf(MIB / 2, "c"));
    expect(delivery.isFlushDue?.()).toBe(false);
    await delivery.write(linesOf(MIB / 2, "d"));
    expect(delivery.isFlushDue?.()).toBe(true);
  });

  it("renames a full file, synced, and begins a new one: the old inode keeps its lines", async () => {
    const { delivery, syncs } = await opened();
    await delivery.write(linesOf(MIB - 1024, "a"));
    const { ino } = statSync(path());
    await delivery.write(linesOf(2048, "b"));
    expect(syncs).toEqual([path()]);
    const [current, rotated] = names();
    expect(current).toBe("events.leef");
    expect(rotated).toMatch(/^events\.leef\.20260301T120000\d{3}Z$/);
    const old = join(folder, rotated as string);
    expect(statSync(old)).toMatchObject({ ino, size: MIB - 1024 });
    expect(statSync(path()).size).toBe(2048);
  });

  it("fills a file and all of them to the last byte, and begins no file behind an empty one", async () => {
    const { delivery, effects } = await opened({ rotateBytes: 2048, maxTotalBytes: 7168 });
    await delivery.write(linesOf(4096, "a"));
    expect(names()).toEqual(["events.leef"]);
    await delivery.write(linesOf(1024, "b"));
    await delivery.write(linesOf(1024, "c"));
    expect(names()).toHaveLength(2);
    await delivery.write(linesOf(1024, "d"));
    expect(names()).toHaveLength(3);
    await expect(delivery.write(linesOf(1024, "e"))).rejects.toMatchObject({ code: "output_full" });
    expect(effects.logs.map(({ message }) => message)).toEqual([
      "The file of output.file is full, a new one is begun",
      "The file of output.file is full, a new one is begun",
    ]);
  });

  it("never waits for a reader, as a pipe does", async () => {
    const { delivery } = await opened();
    const written = delivery.write(Buffer.from("a\n"));
    expect([delivery.isWriting(), delivery.readerWaits()]).toEqual([false, false]);
    await written;
  });

  it("gives a later name than every rotated file has, also where the clock was set back", async () => {
    writeFileSync(join(folder, "events.leef.20990101T000000000Z"), "x\n");
    const { delivery } = await opened();
    await delivery.write(linesOf(MIB, "a"));
    await delivery.write(linesOf(1024, "b"));
    expect(names()).toEqual([
      "events.leef",
      "events.leef.20990101T000000000Z",
      "events.leef.20990101T000000001Z",
    ]);
  });

  it("waits where all files together have no room, lets what is said through, and goes on once there is", async () => {
    const { delivery } = await opened();
    for (const letter of ["a", "b", "c"]) await delivery.write(linesOf(MIB, letter));
    await delivery.write(linesOf(MIB - 65_536, "d"));
    const all = names();
    await expect(delivery.write(linesOf(16_384, "e"))).rejects.toMatchObject({
      code: "output_full",
      name: "StateError",
    });
    await delivery.write(linesOf(4096, "h"));
    expect(names()).toEqual(all);
    const total = () => names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    for (let index = 0; index < 100; index++) {
      await delivery.write(linesOf(4096, "h")).catch(() => {});
    }
    expect(total()).toBeLessThanOrEqual(4 * MIB);

    rmSync(join(folder, all[1] as string));
    await delivery.write(linesOf(16_384, "e"));
    expect(total()).toBeLessThanOrEqual(4 * MIB);
  });

  it("removes rotated files only after keepMs, never the last one, and none that is not its own", async () => {
    const old = (name: string, ageDays: number) => {
      const file = join(folder, name);
      writeFileSync(file, "x\n");
      const atSecs = (Date.UTC(2026, 2, 1, 12) - ageDays * DAY_MS) / 1000;
      utimesSync(file, atSecs, atSecs);
    };
    old("events.leef.20260101T000000000Z", 9);
    old("events.leef.20260102T000000000Z", 8);
    old("events.leef.20260103T000000000Z", 2);
    old("events.leef.20260104T000000000Z", 9);
    old("events.leef.backup", 100);
    old("other", 100);
    await opened({ keepMs: null });
    expect(names()).toHaveLength(7);
    await opened({ keepMs: 7 * DAY_MS });
    expect(names()).toEqual([
      "events.leef",
      "events.leef.20260103T000000000Z",
      "events.leef.20260104T000000000Z",
      "events.leef.backup",
      "other",
    ]);
  });

  it.each([
    ["renamed", () => renameSync(path(), join(folder, "moved"))],
    ["removed", () => rmSync(path())],
  ])("writes to a new file where somebody else has %s it", async (_, act) => {
    const { delivery } = await opened();
    await delivery.write(Buffer.from("a\n"));
    act();
    await delivery.write(Buffer.from("b\n"));
    expect(readFileSync(path(), "utf8")).toBe("b\n");
  });

  it.each([
    ["a symbolic link", () => symlinkSync(join(folder, "elsewhere"), path()), "state_eloop"],
    [
      "a file with a second name",
      () => {
        writeFileSync(join(folder, "precious"), "");
        linkSync(join(folder, "precious"), path());
      },
      "state_untrusted",
    ],
  ])("refuses %s", async (_, make, code) => {
    make();
    await expect(opened()).rejects.toMatchObject({ name: "StateError", code });
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
  });

  it("refuses a folder that is not there, and a group that is unknown", async () => {
    await expect(opened({ path: join(folder, "no", "events.leef") })).rejects.toMatchObject({
      name: "StateError",
      code: "state_enoent",
    });
    await expect(opened({ group: "no-such-group" })).rejects.toMatchObject({
      name: "ConfigError",
      code: "output_group",
    });
    expect(names()).toEqual([]);
  });

  it("appends behind what another process has written", async () => {
    const { delivery } = await opened();
    await delivery.write(Buffer.from("a\n"));
    appendFileSync(path(), "from outside\n");
    await delivery.write(Buffer.from("b\n"));
    expect(readFileSync(path(), "utf8")).toBe("a\nfrom outside\nb\n");
  });
});
