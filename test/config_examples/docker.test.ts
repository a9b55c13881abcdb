import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The file is parsed, and what it names has to be there; test/package builds and runs the image. */

interface Instruction {
  readonly name: string;
  readonly words: readonly string[];
}

/** Instructions of a Dockerfile: continued lines joined, comments left out. */
function instructions(text: string): Instruction[] {
  return text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", ...words] = line.trim().split(/\s+/);
      return { name, words };
    });
}

const KNOWN = "FROM WORKDIR COPY RUN ENV USER VOLUME ENTRYPOINT".split(" ");

describe("config-examples/docker/Dockerfile", () => {
  const all = instructions(readFileSync("config-examples/docker/Dockerfile", "utf8"));
  const lastFrom = all.findLastIndex(({ name }) => name === "FROM");
  const final = all.slice(lastFrom);
  const one = (name: string) => final.filter((each) => each.name === name);

  it("is made of instructions that Docker knows, in two stages with pinned images", () => {
    for (const { name } of all) expect(KNOWN).toContain(name);
    const images = all.filter(({ name }) => name === "FROM").map(({ words }) => words[0] as string);
    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(/:\d/);
    expect(all[0]?.words.slice(1)).toEqual(["AS", "build"]);
  });

  it("builds on the Node that package.json names, with scripts that are there", () => {
    const about = JSON.parse(readFileSync("package.json", "utf8"));
    expect(all[0]?.words[0]).toContain(`node:${about.devDependencies.node.split(".")[0]}-`);
    for (const { name, words } of all) {
      if (name !== "RUN") continue;
      for (const [, script] of words.join(" ").matchAll(/npm run ([\w:]+)/g)) {
        expect(about.scripts).toHaveProperty([script as string]);
      }
    }
  });

  it("runs as a user with a number that is not root's, and starts without a shell", () => {
    expect(one("USER").at(-1)?.words.join("")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const entry = JSON.parse(one("ENTRYPOINT")[0]?.words.join(" ") as string);
    const copied = one("COPY").map(({ words }) => words.at(-1));
    expect(copied).toContain(entry.at(-1));
  });

  it("copies what exists, and keeps state on volumes", () => {
    for (const { words } of all.filter(({ name }) => name === "COPY")) {
      if (words.some((word) => word.startsWith("--from="))) continue;
      const paths = words.filter((word) => !word.startsWith("--")).slice(0, -1);
      for (const path of paths) expect(existsSync(path), path).toBe(true);
    }
    const volumes = JSON.parse(one("VOLUME")[0]?.words.join(" ") as string);
    expect(volumes).toEqual(["/var/lib/mimecast-input", "/var/lib/fluent-bit"]);
    const example = readFileSync("config-examples/fluent-bit/fluent-bit.yaml", "utf8");
    expect(example).toContain("storage.path: /var/lib/fluent-bit/");
  });

  it("names no secret", () => {
    for (const { name, words } of all) {
      if (name === "ENV" || name === "ARG")
        expect(words.join(" ")).not.toMatch(/secret|key|token/i);
    }
  });
});
