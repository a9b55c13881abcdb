import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const SCRIPTS = [
  "fake.ts",
  "demo.ts",
  "bench.ts",
  "bench_start.ts",
  "chaos.ts",
  "soak.ts",
  "fuzz.mjs",
];

function run(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [`scripts/${script}`, ...args], { encoding: "utf8" });
}

describe.each(SCRIPTS)("%s", (script) => {
  it("shows its help, and says in words what is wrong with a command line", () => {
    const help = run(script, "--help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: npm run [a-z:]+ -- \[options\]\n/);
    for (const wrong of [["--no-such-option"], ["word"]]) {
      const refused = run(script, ...wrong);
      expect(refused).toMatchObject({ status: 64, stdout: "" });
      expect(refused.stderr).toMatch(/^error: .*\n.*--help/);
      expect(refused.stderr).not.toMatch(/^ +at /m);
    }
  });
});

describe("wholeNumber()", () => {
  it.each([
    ["fake.ts", "--records", "many"],
    ["fake.ts", "--records", "-1"],
    ["fuzz.mjs", "--runs", "0"],
    ["soak.ts", "--minutes", "1.5"],
    ["chaos.ts", "--kills", "1e3"],
  ])("of %s refuses %s %s", (script, option, value) => {
    const refused = run(script, `${option}=${value}`);
    expect(refused.status).toBe(64);
    expect(refused.stderr).toContain("It must be a whole number of at least");
  });
});

it("no page tells people to run a script of TypeScript with a Node that may be too old", () => {
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync("docs").map((name) => `docs/${name}`),
  ];
  const found = pages
    .filter((page) => page.endsWith(".md"))
    .filter((page) => /node scripts\/\w+\.ts/.test(readFileSync(page, "utf8")));
  expect(found).toEqual([]);
});
