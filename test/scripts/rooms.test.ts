import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  circleIn,
  diagram,
  filesOf,
  importsOf,
  readTexts,
  roomsOf,
  withRooms,
} from "../../scripts/rooms.ts";

const PAGE = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");
const TEXTS = readTexts(fileURLToPath(new URL("../../plugin", import.meta.url)));

describe("the rooms of plugin/", () => {
  test("are those of the picture in docs/architecture.md", () => {
    expect(withRooms(PAGE, diagram(roomsOf(TEXTS)))).toBe(PAGE);
  });

  test("import each other without a circle, types included", () => {
    expect(circleIn(roomsOf(TEXTS))).toBeNull();
  });

  test("hold no circle of files, types included", () => {
    expect(circleIn(filesOf(TEXTS))).toBeNull();
  });

  test("leave nothing but the entry, the command line, the world and the errors at the top", () => {
    const top = [...TEXTS.keys()].filter((path) => !path.includes("/"));
    expect(top).toEqual(["cli.ts", "effects.ts", "errors.ts", "main.ts"]);
  });
});

describe("what the picture is made from", () => {
  test("imports of all forms are seen", () => {
    const text = `import { a } from "./a.ts";
import type { B } from "../b/b.ts";
export { c } from "./c.ts";
import "./d.ts";
const e = await import("./e.ts");
import { z } from "zod";
import {
  long,
} from "../long.ts";
`;
    expect(importsOf(text)).toEqual(["./a.ts", "../b/b.ts", "./c.ts", "./e.ts", "../long.ts"]);
  });

  test("files of one room are seen apart", () => {
    const texts = new Map([
      ["a/b.ts", 'import type { C } from "./c.ts";\n'],
      ["a/c.ts", 'import { b } from "./b.ts";\n'],
    ]);
    expect(circleIn(roomsOf(texts))).toBeNull();
    expect(circleIn(filesOf(texts))).toEqual(["a/b.ts", "a/c.ts", "a/b.ts"]);
  });

  test("a circle is named, however long", () => {
    const graph = new Map([
      ["a", new Set(["b"])],
      ["b", new Set(["c"])],
      ["c", new Set(["d"])],
      ["d", new Set(["b"])],
    ]);
    expect(circleIn(graph)).toEqual(["b", "c", "d", "b"]);
    expect(circleIn(new Map([["a", new Set(["b"])]]))).toBeNull();
  });

  test("arrows that others imply are left out", () => {
    const rooms = new Map([
      ["main.ts", new Set(["collect", "client"])],
      ["collect", new Set(["client", "errors.ts"])],
      ["client", new Set<string>()],
      ["errors.ts", new Set<string>()],
    ]);
    expect(diagram(rooms).split("\n").slice(2, -1)).toEqual([
      '  collect["collect"] --> client["client"]',
      '  main_ts["main.ts"] --> collect["collect"]',
    ]);
  });

  test("a page without marks is refused", () => {
    expect(() => withRooms("a", "b")).toThrow(/rooms:begin/);
  });
});
