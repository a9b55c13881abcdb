import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where the tests find the release that test/package/make_release.ts has made. */
export const OUT = resolve("dist/release-test");
/** The platform that it is made for: this one. */
export const TARGET = `${process.platform}-${process.arch}`;
/** The version in package.json. */
export const VERSION = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string })
  .version;
/** The single executable. */
export const EXECUTABLE = join(OUT, `mimecast-input-${VERSION}-${TARGET}`);
