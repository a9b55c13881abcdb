import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { IS_ALL, cases as someOf } from "../support/amount.ts";
import { PROGRAM } from "../support/program.ts";
import { type WrongInput, wrongInputs, wrongOutcome } from "../support/wrong_inputs.ts";

/**
 * Wrong configurations, command lines, files and environments, given to the built program: each has its exit code and
 * its message in test/golden/wrong_inputs. The golden files are read line by line whenever they change.
 */

const SECRET = "QXSECRETXQ";
const AT_ONCE = 3;
const folder = mkdtempSync(join(tmpdir(), "wrong-inputs-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function outcomes(cases: readonly WrongInput[], prefix: string, command: readonly string[]) {
  const texts = new Array<string>(cases.length);
  const wrong: string[] = [];
  const left = cases.map((each, index) => [index, each] as const);
  async function worker(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, each] = next;
      const { code, text, raw } = await wrongOutcome(
        each,
        join(folder, `${prefix}${index}`),
        command,
      );
      if (code !== (each.exit ?? 78)) wrong.push(`${each.name}: exit code ${code}\n${text}`);
      if (raw.includes(SECRET)) wrong.push(`${each.name}: a secret`);
      texts[index] = `## ${each.name}\nexit ${code}\n${text}\n`;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(wrong).toEqual([]);
  return texts;
}

/** What no message may hold, whatever was wrong. */
function faultsOf(text: string): string[] {
  const [title = ""] = text.split("\n");
  const faults: readonly [RegExp, string][] = [
    [/^ +at .*[:(]\d+/m, "a stack"],
    [/a defect of the program:/, "a defect"],
    [
      /(?<!\[state_)\bE(?:NOENT|ACCES|PERM|ISDIR|NOTDIR|EXIST|ROFS|NOSPC|LOOP|NAMETOOLONG)\b/,
      "a raw code",
    ],
    [/\bundefined\b|\[object Object\]|\bNaN\b/, "a value of JavaScript"],
  ];
  const found = faults.filter(([pattern]) => pattern.test(text)).map(([, what]) => what);
  const errors = text.split("\n").filter((line) => line.startsWith("error: "));
  if (new Set(errors).size < errors.length) found.push("a message twice");
  return found.map((what) => `${title}: ${what}`);
}

/** Nobody: root is refused no file. */
const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const isRoot = process.getuid?.() === 0;

describe("the built program, given something wrong", () => {
  it.each([
    ["configuration", []],
    ["commands", []],
    ["permissions", isRoot ? AS_NOBODY : []],
  ])("says what, where and what to do: %s", async (kind, prefix) => {
    const cases = wrongInputs(`${kind}.yaml`);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    const texts = await outcomes(someOf(cases, 6), kind, [...prefix, process.execPath, PROGRAM]);
    expect(texts.flatMap(faultsOf)).toEqual([]);
    const golden = `../golden/wrong_inputs/${kind}.txt`;
    if (IS_ALL) return expect(texts.join("\n")).toMatchFileSnapshot(golden);
    const wanted = readFileSync(new URL(golden, import.meta.url), "utf8").split(/\n(?=## )/);
    for (const text of texts) expect(wanted).toContain(text);
  });

  it("has at least 200 cases", () => {
    const all = ["configuration", "commands", "permissions"].flatMap((kind) =>
      wrongInputs(`${kind}.yaml`),
    );
    expect(all.length).toBeGreaterThanOrEqual(200);
  });
});
