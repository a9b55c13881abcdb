import { describe, expect, test } from "vitest";
import {
  isExpired,
  lockOf,
  rotatedName,
  rotatedNames,
} from "../../plugin/deliver/rotated_files.ts";

const folder = (...names: string[]) => ({ list: async () => names });
const [OLD, NEW] = ["a.leef.20260301T120000000Z", "a.leef.20260301T120000001Z"];

describe("rotatedNames()", () => {
  test("gives the files of this name, the oldest first, in whatever order the folder has them", async () => {
    const files = folder(NEW, "a.leef", "b.leef.20260301T120000000Z", OLD, `${OLD}.gz`, "a.leef.1");
    expect(await rotatedNames(files, "/var/log/a.leef")).toEqual([
      `/var/log/${OLD}`,
      `/var/log/${NEW}`,
    ]);
  });
});

describe("rotatedName()", () => {
  test("is later than every one that is there", async () => {
    const atMs = Date.UTC(2026, 2, 1, 12);
    expect(await rotatedName(folder(), "/x/a.leef", atMs)).toBe(`/x/${OLD}`);
    expect(await rotatedName(folder(NEW, OLD), "/x/a.leef", atMs)).toBe(
      "/x/a.leef.20260301T120000002Z",
    );
  });
});

describe("isExpired()", () => {
  test.each([
    [1_000, 100, 1_100, false],
    [1_000, 100, 1_101, true],
    [1_000, null, 9_999, false],
  ])("changed at %i, kept for %s, now %i: %s", (changedMs, keepMs, nowMs, wanted) => {
    expect(isExpired(changedMs, keepMs, nowMs)).toBe(wanted);
  });
});

test("lockOf() is a hidden file beside the file", () => {
  expect(lockOf("/var/log/a.leef")).toBe("/var/log/.a.leef.lock");
});
