import { describe, expect, it } from "vitest";
import { shortHash } from "../../../plugin/sources/short_hash.ts";
import { type PageRecord, WindowMemory } from "../../../plugin/sources/window/window_memory.ts";

const NOTHING = { before: "", walk: "", old: [] };
const record = (text: string, second: number, isUnique = false): PageRecord => ({
  text,
  isUnique,
  second,
  oldText: (number) => (isUnique ? `old ${text}` : `${text}#${number}`),
});
/** The same memory, by way of the checkpoint. */
const stored = (memory: WindowMemory) =>
  new WindowMemory(JSON.parse(JSON.stringify(memory.toCursor())));

describe("WindowMemory", () => {
  it("knows how many records a walk met, and from when to when", () => {
    const memory = new WindowMemory(NOTHING);
    expect([memory.walked, memory.walkedSeconds]).toEqual([0, null]);
    memory.take([record("a", 50), record("b", 20), record("c", 70), record("d", 60)], false);
    expect([memory.walked, memory.walkedSeconds]).toEqual([4, { first: 20, last: 70 }]);
    expect(stored(memory).walkedSeconds).toEqual({ first: 20, last: 70 });
    memory.beginAgain();
    expect([memory.walked, memory.walkedSeconds]).toEqual([0, null]);
  });

  it("takes a record with an id once, in a walk, in the next one, and after an older version", () => {
    const old = [`${(40).toString(36)}.${shortHash("old c")}`];
    const memory = new WindowMemory({ ...NOTHING, old });
    const page = [record("a", 50, true), record("a", 50, true), record("c", 50, true)];
    expect(memory.take(page, false)).toEqual([true, false, false]);
    memory.beginAgain();
    expect(stored(memory).take(page, false)).toEqual([false, false, false]);
  });

  it("takes of equal records without an id as many as there are more of them than before", () => {
    const old = [`${(40).toString(36)}.${shortHash("b#1")}`];
    const memory = new WindowMemory({ ...NOTHING, old });
    const two = [record("a", 50), record("a", 50), record("b", 50)];
    expect(memory.take(two, false)).toEqual([true, true, false]);
    memory.beginAgain();
    const next = stored(memory);
    expect(next.take([...two, record("a", 50), record("b", 51)], false)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it("forgets what happened before the moment from which it will be asked again", () => {
    const old = ["9.x", `${(100).toString(36)}.y`, `${(101).toString(36)}.z`];
    const memory = new WindowMemory({ ...NOTHING, old });
    memory.take([record("a", 99), record("b", 100), record("c", 101)], false);
    const cursor = memory.endWalk(100_999);
    expect(cursor.walk).toBe("");
    expect(cursor.before).toBe(
      `${(100).toString(36)}:${shortHash("b")};${(101).toString(36)}:${shortHash("c")}`,
    );
    expect(cursor.old).toEqual(old.slice(1));
  });
});

describe("WindowMemory.take() of a page that repeats what came before", () => {
  /** Records of a walk that rises by a second each. */
  const rising = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => record(`r${from + index}`, from + index));

  it("leaves the head out that ends the page before, where it would go back in time", () => {
    const memory = new WindowMemory(NOTHING);
    memory.take(rising(100, 10), false);
    const page = [...rising(107, 3), record("new", 110)];
    expect(memory.take(page, false)).toEqual([false, false, false, true]);
  });

  it.each([
    ["is not the end of the page before", 9, (page: PageRecord[]) => page.slice(0, -1).reverse()],
    ["is of one second", 10, () => [record("r109", 109), record("x", 110)]],
    ["comes in a walk whose order is not known", 5, () => [...rising(103, 2), record("x", 110)]],
  ])("takes a head that %s", (_what, count, pageOf) => {
    const memory = new WindowMemory(NOTHING);
    const walk = rising(100, count);
    memory.take(walk, false);
    const page = pageOf(walk);
    expect(memory.take(page, false)).toEqual(page.map(() => true));
  });

  it("takes equal records of a walk in no order", () => {
    const memory = new WindowMemory(NOTHING);
    memory.take([...rising(100, 9), record("back", 50), ...rising(120, 2)], false);
    expect(memory.take([...rising(120, 2), record("x", 130)], false)).toEqual([true, true, true]);
  });

  it("leaves a whole page out that names itself, and only then", () => {
    for (const [namesItself, isTaken] of [
      [true, false],
      [false, true],
    ] as const) {
      const memory = new WindowMemory(NOTHING);
      const page = [record("a", 50), record("b", 50)];
      memory.take(page, false);
      expect(memory.take(page, namesItself)).toEqual([isTaken, isTaken]);
    }
  });

  it("takes what is new on a page that names itself", () => {
    const memory = new WindowMemory(NOTHING);
    memory.take([record("a", 50), record("b", 50)], false);
    expect(memory.take([record("a", 50), record("c", 50)], true)).toEqual([true, true]);
  });
});
