import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { currentProgram, manPage } from "../../scripts/man_page.ts";
import { createWorkspace, onPath, runProgram } from "../support/program.ts";

const PATH = "docs/man/mimecast-input.1";

describe("docs/man/mimecast-input.1", () => {
  it("is what the commands say (npm run man)", async () => {
    expect(readFileSync(PATH, "utf8")).toBe(manPage(await currentProgram()));
  });

  it.skipIf(!onPath("man"))("is a page that man shows without a warning", () => {
    const run = spawnSync("man", ["--warnings=all", "-l", "-Tutf8", PATH], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: bold and underlined as groff writes them
    const text = run.stdout.replaceAll(/.\u0008|\u001b\[[0-9;]*m/g, "");
    expect(text).toContain("EXIT STATUS");
    expect(text).toContain("--client-secret-env <variable>");
    expect(text).toContain("mimecast-input poll --once");
  });

  it.skipIf(!onPath("mandoc"))("has no fault that mandoc knows", () => {
    const run = spawnSync("mandoc", ["-T", "lint", "-W", "warning", PATH], { encoding: "utf8" });
    // The page has no date, so that it changes only with what it says.
    const lines = run.stdout
      .split("\n")
      .filter((line) => line !== "" && !/missing date/.test(line));
    expect(lines).toEqual([]);
  });

  it("lists every variable of the environment that the program reads", () => {
    const [, section = ""] = readFileSync(PATH, "utf8").split(".SH ENVIRONMENT\n");
    const sources = readdirSync("plugin", { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.startsWith("engine/"))
      .map((path) => readFileSync(`plugin/${path}`, "utf8"))
      .join("\n");
    const read = [...sources.matchAll(/\benv(?:\.|\(")([A-Z][A-Z_]{2,})\b/g)].map(
      ([, name]) => name!,
    );
    expect(read).toContain("MIMECAST_INPUT_SHARD");
    expect([...new Set(read)].filter((name) => !section.includes(name))).toEqual([]);
  });

  it("lists every exit code", async () => {
    const [, section = ""] = readFileSync(PATH, "utf8").split(".SH EXIT STATUS\n");
    const listed = [...(section.split(".SH")[0] as string).matchAll(/^\.B (\d+)$/gm)];
    const codes = Object.values(EXIT).toSorted((a, b) => a - b);
    expect(listed.map(([, code]) => Number(code))).toEqual(codes);
  });
});

describe("every command", () => {
  it("has examples in its help, and names the nearest option for a wrong one", async () => {
    const workspace = createWorkspace();
    try {
      for (const command of (await currentProgram()).commands) {
        const help = await runProgram([command.name(), "--help"], workspace.env);
        expect(help, command.name()).toMatchObject({ code: 0, stderr: "" });
        expect(help.stdout, command.name()).toMatch(/\nExamples?:\n {2}/);
      }
      const wrong = await runProgram(["setup", "--regoin", "uk"], workspace.env);
      expect(wrong.code).toBe(64);
      expect(wrong.stderr).toContain("Did you mean --region?");
    } finally {
      workspace.remove();
    }
  });
});
