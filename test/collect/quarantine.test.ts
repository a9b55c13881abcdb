import { describe, expect, it } from "vitest";
import { keepInQuarantine } from "../../plugin/collect/quarantine.ts";
import {
  ApiError,
  AuthError,
  BudgetError,
  DecodeError,
  LinkExpiredError,
  NetworkError,
  StateError,
} from "../../plugin/errors.ts";
import type { Item } from "../../plugin/sources/source.ts";
import type { FakeEffects, FakeOptions } from "../support/fake_effects.ts";
import { chunked, createFakeEffects } from "../support/fake_effects.ts";

const FOLDER = "/state/acme";

function itemOf(pieces: Iterable<Uint8Array | Error>, key = "a.json.gz"): Item {
  return { key, kind: "auto", records: () => chunked([]), raw: () => chunked(pieces) };
}

async function kept(item: Item, options: FakeOptions = {}, stream = "siem receipt") {
  const effects = createFakeEffects(options);
  const name = await keepInQuarantine(effects, FOLDER, { stream, cursor: 4 }, item);
  return { effects, name };
}

const inQuarantine = (effects: FakeEffects) =>
  [...effects.disk.keys()].filter((path) => path.startsWith(`${FOLDER}/quarantine/`));

describe("keepInQuarantine()", () => {
  it("keeps the bytes as they came, under the stream and a hash of page and item", async () => {
    const { effects, name } = await kept(itemOf([Buffer.from("damaged "), Buffer.from("gzip")]));
    expect(name).toMatch(/^siem_receipt-[0-9a-f]{24}$/);
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
    expect(name).toMatch(/^[A-Za-z0-9_]*-[0-9a-f]{24}$/);
    expect(inQuarantine(effects)).toEqual([`${FOLDER}/quarantine/${name}`]);
  });

  it("tells items and pages apart, and writes the same file at another try", async () => {
    const { effects, name } = await kept(itemOf([], "a"));
    const again = (cursor: number, key: string) =>
      keepInQuarantine(effects, FOLDER, { stream: "siem receipt", cursor }, itemOf([], key));
    expect(await again(4, "a")).toBe(name);
    expect(new Set([name, await again(4, "b"), await again(5, "a")]).size).toBe(3);
    expect(inQuarantine(effects)).toHaveLength(3);
  });

  it.each([
    ["an expired link", new LinkExpiredError("Cannot download: 403", { code: "link_expired" })],
    ["a refusal", new ApiError("gone", { code: "http_404", status: 404, retryable: false })],
    ["damage on the way", new DecodeError("Cannot read: cut", { code: "answer_cut" })],
  ])(
    "is null, and leaves nothing, where Mimecast does not give the bytes: %s",
    async (_, error) => {
      const { effects, name } = await kept(itemOf([Buffer.from("first part"), error]));
      expect(name).toBeNull();
      expect(inQuarantine(effects)).toEqual([]);
      expect(effects.logs).toMatchObject([{ level: "warn", fields: { item: "a.json.gz" } }]);
    },
  );

  it.each([
    ["a reset connection", new NetworkError("reset", { code: "reset" })],
    [
      "a server that is overloaded",
      new ApiError("", { code: "http_503", status: 503, retryable: true }),
    ],
    ["a rate limit", new BudgetError(1000, 0)],
    ["credentials that are refused", new AuthError("no", { code: "unauthorized" })],
    ["the end of the run", new Error("SIGTERM")],
  ])("fails, and leaves nothing, where it is cut short by %s", async (_what, error) => {
    const effects = createFakeEffects();
    const item = itemOf([Buffer.from("first part"), error]);
    const keeping = keepInQuarantine(effects, FOLDER, { stream: "siem", cursor: 4 }, item);
    await expect(keeping).rejects.toBe(error);
    expect(inQuarantine(effects)).toEqual([]);
  });

  it("is durable before its name is given out", async () => {
    const effects = createFakeEffects();
    const asked: unknown[] = [];
    const spool = effects.files.spool;
    Object.assign(effects.files, {
      spool: (path: string, chunks: AsyncIterable<Uint8Array>, durable?: boolean) => {
        asked.push(durable);
        return spool(path, chunks, durable);
      },
    });
    await keepInQuarantine(effects, FOLDER, { stream: "siem", cursor: 4 }, itemOf([]));
    expect(asked).toEqual([true]);
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
