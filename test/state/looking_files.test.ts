import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Files } from "../../plugin/effects.ts";
import { lookingFiles } from "../../plugin/state/looking_files.ts";
import { collect, createFakeEffects } from "../support/fake_effects.ts";

const PATHS = ["/state/a/checkpoint", "/state/a/journal", "/state/b/checkpoint"];
const AT_FIRST = { "/state/a/checkpoint": "old", "/state/b/checkpoint": "older" };

type Step = (files: Files) => Promise<unknown>;
const bytesOf = (text: string) => Buffer.from(text);
const textOf = async (files: Files, path: string) =>
  Buffer.from((await files.read(path)) ?? []).toString();
const anyPath = fc.constantFrom(...PATHS);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anyPath, fc.string()).map(
    ([path, text]): Step =>
      (files) =>
        files.replace(path, bytesOf(text)),
  ),
  fc.tuple(anyPath, fc.string()).map(
    ([path, text]): Step =>
      (files) =>
        files.overwrite(path, bytesOf(text)),
  ),
  anyPath.map(
    (path): Step =>
      (files) =>
        files.remove(path),
  ),
  anyPath.map(
    (path): Step =>
      (files) =>
        files.makeFolder(path),
  ),
);

describe("lookingFiles()", () => {
  it("shows the run its own changes, and never changes the disk", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
        const { files, disk } = createFakeEffects({ files: AT_FIRST });
        const before = [...disk.entries()];
        const looking = lookingFiles(files, "/tmp/x", () => false);
        const same = createFakeEffects({ files: AT_FIRST }).files;
        for (const step of steps) {
          await step(looking);
          await step(same);
        }
        for (const path of PATHS) {
          const [mine, real] = [await looking.read(path), await same.read(path)];
          expect(mine && Buffer.from(mine)).toEqual(real && Buffer.from(real));
        }
        for (const folder of ["/state/a", "/state/b", "/state"]) {
          const known = (await same.list(folder)).filter((name) => name.length > 1);
          expect((await looking.list(folder)).filter((name) => name.length > 1)).toEqual(known);
        }
        expect([...disk.entries()]).toEqual(before);
      }),
    );
  });

  it("goes on with what it has read, whatever the shipper's run writes meanwhile", async () => {
    const { files } = createFakeEffects({ files: AT_FIRST });
    const looking = lookingFiles(files, "/tmp/x", () => false);
    expect(await textOf(looking, "/state/a/checkpoint")).toBe("old");
    expect(await looking.read("/state/a/journal")).toBeNull();
    await files.replace("/state/a/checkpoint", bytesOf("newer"));
    await files.replace("/state/a/journal", bytesOf("new"));
    expect(await textOf(looking, "/state/a/checkpoint")).toBe("old");
    expect(await looking.read("/state/a/journal")).toBeNull();
  });

  it("keeps a shared file true where it is there, and makes none", async () => {
    const { files, disk } = createFakeEffects({ files: { "/state/.rate_limits/x": "1" } });
    const looking = lookingFiles(files, "/tmp/x", (path) => path.includes("/.rate_limits/"));
    await looking.overwrite("/state/.rate_limits/x", bytesOf("2"));
    await looking.overwrite("/state/.rate_limits/y", bytesOf("2"));
    expect(String(disk.get("/state/.rate_limits/x"))).toBe("2");
    expect(disk.has("/state/.rate_limits/y")).toBe(false);
  });

  it("reads a shared file each time: other processes write it", async () => {
    const path = "/state/.rate_limits/x";
    const { files } = createFakeEffects({ files: { [path]: "1" } });
    const looking = lookingFiles(files, "/tmp/x", (each) => each === path);
    expect(await textOf(looking, path)).toBe("1");
    await files.overwrite(path, bytesOf("2"));
    expect(await textOf(looking, path)).toBe("2");
  });

  it("makes and removes only folders of its own, and reads there what is there", async () => {
    const { files, disk, folders } = createFakeEffects({
      files: { ...AT_FIRST, "/tmp/x": "a", "/tmp/x/page": "b", "/tmp/xy": "c" },
    });
    const looking = lookingFiles(files, "/tmp/x", () => false);
    for (const path of ["/tmp/x", "/tmp/x/a", "/tmp/xy", "/state/a"]) {
      await looking.makeFolder(path);
    }
    expect([...folders]).toEqual(["/tmp/x", "/tmp/x/a"]);
    expect(await textOf(looking, "/tmp/x/page")).toBe("b");
    await files.replace("/tmp/x/page", bytesOf("newer"));
    expect(await textOf(looking, "/tmp/x/page")).toBe("newer");
    for (const path of ["/tmp/x/page", "/tmp/x", "/tmp/xy", "/state/a/checkpoint"]) {
      await looking.remove(path);
      expect(await looking.read(path)).toBeNull();
    }
    expect([...disk.keys()].toSorted()).toEqual([...Object.keys(AT_FIRST), "/tmp/xy"].toSorted());
  });

  it("streams the disk's bytes", async () => {
    const { files } = createFakeEffects({ files: { "/tmp/x/page": "bytes" } });
    const looking = lookingFiles(files, "/tmp/x", () => false);
    expect(String(await collect(looking.stream("/tmp/x/page")))).toBe("bytes");
  });

  it("hides a removed folder, but not what is written there later", async () => {
    const { files } = createFakeEffects({ files: AT_FIRST });
    const looking = lookingFiles(files, "/tmp/x", () => false);
    await looking.remove("/state/a");
    await looking.replace("/state/a/new", bytesOf("new"));
    expect(await looking.read("/state/a/checkpoint")).toBeNull();
    expect(await looking.list("/state/a")).toEqual(["new"]);
    expect(await looking.read("/state/b/checkpoint")).not.toBeNull();
  });

  it("spools into its own folder only", async () => {
    const { files, disk } = createFakeEffects();
    const looking = lookingFiles(files, "/tmp/x", () => false);
    const pieces = async function* () {
      yield bytesOf("zip");
    };
    await expect(looking.spool("/state/a/tmp/1", pieces())).rejects.toThrow("leaves no trace");
    await looking.spool("/tmp/x/a/tmp/1", pieces());
    expect([...disk.keys()]).toEqual(["/tmp/x/a/tmp/1"]);
  });
});
