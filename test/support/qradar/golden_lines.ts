import { readdirSync, readFileSync } from "node:fs";
import { type LeefLine, parseLeef } from "../leef_reference.ts";

/** A line of test/golden, and what the reference reader makes of it. */
export interface GoldenLine {
  readonly file: string;
  readonly text: string;
  readonly leef: LeefLine;
}

const FOLDER = new URL("../../golden/lines/", import.meta.url);

/** Every golden LEEF line of the engine: each record type, both API generations, each delimiter. */
export function goldenLines(): GoldenLine[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".leef"));
  return files.sort().flatMap((file) => {
    const lines = readFileSync(new URL(file, FOLDER), "utf8").trimEnd().split("\n");
    return lines.map((text) => ({ file, text, leef: parseLeef(text) }));
  });
}
