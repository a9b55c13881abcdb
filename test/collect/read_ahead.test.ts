import { describe, expect, it } from "vitest";
import { createReadAhead } from "../../plugin/collect/read_ahead.ts";
import type { Item } from "../../plugin/sources/source.ts";
import { settled } from "../model/gate.ts";

/** Items that note what is done with them. */
function scripted(blocks: Readonly<Record<string, readonly (string | Error)[]>>) {
  const log: string[] = [];
  const items = Object.entries(blocks).map(
    ([key, pieces]): Item => ({
      key,
      kind: "auto",
      async *records() {
        log.push(`${key} opened`);
        try {
          for (const piece of pieces) {
            if (piece instanceof Error) throw piece;
            yield Buffer.from(piece);
          }
        } finally {
          log.push(`${key} closed`);
        }
      },
      raw: async function* () {},
    }),
  );
  const next = (item: Item) => items[items.indexOf(item) + 1] ?? null;
  const read = async (reader: ReturnType<typeof createReadAhead>, item: Item) => {
    const texts: string[] = [];
    for await (const block of reader.records(item)) texts.push(String(block));
    return texts;
  };
  return { log, items, next, read };
}

describe("createReadAhead()", () => {
  it("opens the next item once the first block of this one is there, and gives every block once", async () => {
    const { log, items, next, read } = scripted({ a: ["a1", "a2"], b: ["b1"], c: [] });
    const reader = createReadAhead(next);
    const pieces = reader.records(items[0]!)[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe("a1");
    expect(log).toEqual(["a opened", "b opened"]);
    expect(String((await pieces.next()).value)).toBe("a2");
    expect((await pieces.next()).done).toBe(true);
    expect(await read(reader, items[1]!)).toEqual(["b1"]);
    expect(await read(reader, items[2]!)).toEqual([]);
    reader.close();
    await settled();
    expect(log.toSorted()).toEqual(
      ["a", "b", "c"].flatMap((key) => [`${key} closed`, `${key} opened`]),
    );
  });

  it("keeps an item's error until that item is read, and reads it anew after that", async () => {
    const broken = new Error("404");
    const { log, items, next, read } = scripted({ a: ["a1"], b: [broken] });
    const reader = createReadAhead(next);
    expect(await read(reader, items[0]!)).toEqual(["a1"]);
    await expect(read(reader, items[1]!)).rejects.toBe(broken);
    await expect(read(reader, items[1]!)).rejects.toBe(broken);
    expect(log.filter((each) => each === "b opened")).toHaveLength(2);
  });

  it("closes what it has opened for nothing", async () => {
    const { log, items, next } = scripted({ a: ["a1", "a2"], b: ["b1"] });
    const reader = createReadAhead(next);
    for await (const _ of reader.records(items[0]!)) break;
    reader.close();
    await settled();
    expect(log.toSorted()).toEqual(["a closed", "a opened", "b closed", "b opened"]);
  });

  it("waits for nothing that hangs when it is closed or another item is asked for", async () => {
    const { items, read } = scripted({ a: ["a1"], c: ["c1"] });
    const hanging: Item = {
      ...items[0]!,
      key: "b",
      async *records() {
        await new Promise(() => {});
        yield Buffer.from("never");
      },
    };
    const reader = createReadAhead((item) => (item === items[0] ? hanging : null));
    expect(await read(reader, items[0]!)).toEqual(["a1"]);
    expect(await read(reader, items[1]!)).toEqual(["c1"]);
    reader.close();
  });

  it("drops it too where another item is asked for", async () => {
    const { log, items, next, read } = scripted({ a: ["a1"], b: ["b1"], c: ["c1"] });
    const reader = createReadAhead(next);
    await read(reader, items[0]!);
    expect(await read(reader, items[2]!)).toEqual(["c1"]);
    await settled();
    expect(log).toContain("b closed");
  });

  it("opens nothing where there is to be no next one", async () => {
    const { log, items, read } = scripted({ a: ["a1"], b: ["b1"] });
    const reader = createReadAhead(() => null);
    await read(reader, items[0]!);
    reader.close();
    await settled();
    expect(log).toEqual(["a opened", "a closed"]);
  });
});
