import { readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { terminalSvg } from "../../scripts/terminal_svg.ts";

/** The texts of an SVG; throws where it is not well-formed. */
function textsOf(svg: string): string[] {
  const texts: string[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    if (name === "text") texts.push("");
  });
  parser.on("text", (text) => {
    if (texts.length > 0) texts.push((texts.pop() as string) + text.replaceAll("\n", ""));
  });
  parser.write(svg).close();
  return texts;
}

describe("terminalSvg()", () => {
  it("shows each line as it is, cut to the columns", () => {
    const lines = [
      { text: '<134>1 a & b "c"', atMs: 0 },
      { text: "x".repeat(30), atMs: 5 },
    ];
    const svg = terminalSvg(lines, { columns: 20, rows: 2 });
    expect(textsOf(svg)).toEqual(['<134>1 a & b "c"', `${"x".repeat(19)}…`]);
  });

  it("scrolls by the lines that do not fit, and shows none before the one above", () => {
    const lines = Array.from({ length: 5 }, (_, index) => ({ text: `${index}`, atMs: 10 * index }));
    const svg = terminalSvg(lines, { columns: 20, rows: 3 });
    expect(svg.match(/translate\(/g)).toHaveLength(2);
    const times = [...svg.matchAll(/to="visible" begin="([\d.]+)s"/g)].map(([, at]) => Number(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(5);
  });
});

it("docs/demo.svg is of a run in which nothing was lost, and what was dropped on purpose was healed", () => {
  const texts = textsOf(readFileSync("docs/demo.svg", "utf8"));
  expect(texts[0]).toBe("$ npm ci && npm run demo");
  expect(texts).toContain("lost 0, duplicates 0, lines QRadar could not read 0");
  const plain = texts.map((text) => text.trim());
  expect(plain).toContain("incomplete: --heal sends what is missing");
  expect(plain.indexOf("complete")).toBeGreaterThan(
    plain.findIndex((text) => text.includes("--heal")),
  );
  expect(plain.some((text) => /^acme-v2: right, (\d+) of \1 /.test(text))).toBe(true);
});
