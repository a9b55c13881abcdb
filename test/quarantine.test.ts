import { describe, expect, it } from "vitest";
import { LinkExpiredError, StateError } from "../plugin/errors.ts";
import { keepInQuarantine } from "../plugin/quarantine.ts";
import type { Item } from "../plugin/sources/source.ts";
import type { FakeEffects, FakeOptions } from "./support/fake_effects.ts";
import { chunked, createFakeEffects } from "./support/fake_effects.ts";

const FOLDER = "/state/acme";

function itemOf(pieces: Iterable<Uint8Array | Error>, key = "a.json.gz"): Item {
  return { key, kind: "auto", records: () => chunked([]), raw: () => chunked(pieces) };
}

async function kept(item: Item, options: FakeOptions = {}, stream = "siem receipt") {
  const effects = createFakeEffects(options);
  const name = await keepInQuarantine(effects, FOLDER, stream, item);
  return { effects, name };
}

const inQuarantine = (effects: FakeEffects) =>
  [...effects.disk.keys()].filter((path) => path.startsWith(`${FOLDER}/quarantine/`));

describe("keepInQuarantine()", () => {
  it("keeps the bytes as they came, under time, stream and a hash of the item", async () => {
    const { effects, name } = await kept(itemOf([Buffer.from("damaged "), Buffer.from("gzip")]));
    expect(name).toMatch(/^2026-03-01T120000000Z-siem_receipt-[0-9a-f]{12}$/);
    expect(effects.disk.get(`${FOLDER}/quarantine/${name}`)).toEqual(Buffer.from("damaged gzip"));
    expect(effects.folders).toContain(`${FOLDER}/quarantine`);
  });

  it.each([
    ["a path upwards", "../../etc/passwd"],
    ["an absolute path", "/abs"],
    ["a NUL", "a\0b"],
    ["a folder", ".."],
    ["a long key", "x".repeat(5000)],
    ["a change of direction", "\u202e\n"],
  ])("makes a plain file name of %s, in the item and in the stream", async (_what, hostile) => {
    const { effects, name } = await kept(itemOf([], hostile), {}, hostile.slice(0, 100));
    expect(name).toMatch(/^[0-9TZ-]+-[A-Za-z0-9_]*-[0-9a-f]{12}$/);
    expect(inQuarantine(effects)).toEqual([`${FOLDER}/quarantine/${name}`]);
  });

  it("tells two items of one moment apart", async () => {
    const first = await kept(itemOf([], "a"));
    const second = await kept(itemOf([], "b"));
    expect(first.name).not.toBe(second.name);
  });

  it("is null, and leaves nothing, where Mimecast does not give the bytes again", async () => {
    const expired = new LinkExpiredError("Cannot download: 403", { code: "link_expired" });
    const { effects, name } = await kept(itemOf([Buffer.from("first part"), expired]));
    expect(name).toBeNull();
    expect(inQuarantine(effects)).toEqual([]);
    expect(effects.logs).toMatchObject([{ level: "warn", fields: { item: "a.json.gz" } }]);
  });

  it("fails where the disk does not take them: data is not stepped over for that", async () => {
    const full = new StateError("full", { code: "state_enospc" });
    const onFile: FakeOptions["onFile"] = (operation) => {
      if (operation === "spool") throw full;
    };
    await expect(kept(itemOf([Buffer.from("x")]), { onFile })).rejects.toBe(full);
  });

  it("keeps the first 100 MiB of a longer item, and says that it is cut", async () => {
    const mebibyte = new Uint8Array(1024 * 1024);
    const pieces = (count: number) => Array.from({ length: count }, () => mebibyte);
    const whole = await kept(itemOf(pieces(100)));
    expect(whole.effects.logs).toEqual([]);
    const { effects, name } = await kept(itemOf([...pieces(99), new Uint8Array(2 * 1024 * 1024)]));
    expect(effects.disk.get(`${FOLDER}/quarantine/${name}`)?.length).toBe(100 * 1024 * 1024);
    expect(effects.logs).toMatchObject([{ level: "warn", fields: { bytes: 104_857_600 } }]);
  });
});
