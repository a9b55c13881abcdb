import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, describe, expect, it } from "vitest";
import { bundledFolders } from "../../scripts/release/bundled_folders.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** esbuild's metafile of main.js, bundled with the packages in `files` as the program is. */
function metafileOf(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mimecast-input-bundle-")));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { metafile } = buildSync({
    absWorkingDir: folder,
    entryPoints: ["main.js"],
    outfile: "dist/out.cjs",
    bundle: true,
    platform: "node",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  return JSON.stringify(metafile);
}

describe("bundledFolders()", () => {
  it("names the packages with code in the bundle, of any scope and depth, and none that only was read", () => {
    const metafile = metafileOf({
      "main.js": 'import { a } from "a"; import { gone } from "gone"; a();',
      "lib/own.js": "",
      "node_modules/a/index.js":
        'import { b } from "b/lib/b.js"; import c from "@scope/c"; export const a = () => b(c);',
      "node_modules/a/node_modules/b/lib/b.js": "export const b = (x) => console.log(x);",
      "node_modules/b/lib/b.js": 'console.log("another version, which nobody asks for");',
      "node_modules/@scope/c/index.js": "module.exports = 3;",
      "node_modules/gone/package.json": '{ "sideEffects": false, "main": "index.js" }',
      "node_modules/gone/index.js": "export const gone = 1;",
      "node_modules/not-imported/index.js": "",
    });
    expect(bundledFolders(metafile)).toEqual([
      "node_modules/@scope/c",
      "node_modules/a",
      "node_modules/a/node_modules/b",
    ]);
  });

  it("does not take a metafile that tells of no package for a bundle without any", () => {
    expect(() => bundledFolders(metafileOf({ "main.js": "console.log(1)" }))).toThrow(/metafile/);
  });
});
