import { describe, expect, test } from "vitest";
import { readYaml } from "../../plugin/config/yaml_text.ts";

function yamlOf(text: string) {
  const read = readYaml(text);
  if ("problems" in read) {
    throw new Error(JSON.stringify(read.problems));
  }
  return read.yaml;
}

function problemsOf(text: string) {
  const read = readYaml(text);
  return "problems" in read ? read.problems : [];
}

describe("readYaml() knows the line of", () => {
  const { lineOf } = yamlOf(`# comment
a:

  b:
    # comment
    "text"
list:
  - x: 1
    y:
      - z
  -
    x: 2
shared: &s
  k: 1
again: *s
`);

  test.each([
    [["a"], 2],
    [["a", "b"], 4],
    [["list"], 7],
    [["list", 0], 8],
    [["list", 0, "x"], 8],
    [["list", 0, "y"], 9],
    [["list", 0, "y", 0], 10],
    [["list", 1, "x"], 12],
    [["again"], 15],
    [["again", "k"], 15],
    [["a", "none"], 2],
    [["list", 7], 7],
    [["none"], 2],
    [[], 2],
  ])("%j: %i", (path, line) => {
    expect(lineOf(path)).toBe(line);
  });

  test("nothing in an empty text", () => {
    expect(yamlOf("").lineOf(["a"])).toBeUndefined();
    expect(yamlOf("# comment").value).toBeNull();
  });
});

describe("readYaml()", () => {
  test("reads YAML 1.2: no octal by a zero, no yes and no, no dates, no merge keys", () => {
    const { value } = yamlOf("a: 0600\nb: yes\nc: 2026-01-31\nd: { <<: { x: 1 } }\ne: !!str 5");
    expect(value).toEqual({ a: 600, b: "yes", c: "2026-01-31", d: { "<<": { x: 1 } }, e: "5" });
  });

  test.each([
    ["a: 1\na: 2", 2, "a key is there twice"],
    ["a: !x 1", 1, "a tag"],
    ["x: 1\na: *b", 2, "is an alias"],
    ["a: *a", 1, "is an alias"],
    ["\na: @b", 2, "reserves"],
    ["a: 1\n---\nb: 2", 2, "more than one document"],
    ["a:\n\tb: 1", 2, "tab"],
    ['a: "\\q"', 1, "single quotes"],
    ["a: b: c", 1, "quotes"],
    ['a: "b', 1, "missing"],
    ["%x\n---\na: 1", 1, "directive"],
  ])("refuses %j", (text, line, words) => {
    const [first] = problemsOf(text);
    expect(first?.sentence).toContain(words);
    expect(first?.line).toBe(line);
  });

  test("names at most ten problems", () => {
    expect(problemsOf("a: @\n".repeat(50))).toHaveLength(10);
  });
});
