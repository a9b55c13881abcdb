import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bashCompletion } from "../../../plugin/commands/completion/bash_completion.ts";
import {
  type CommandShape,
  commandShapes,
  optionShapes,
} from "../../../plugin/commands/completion/command_shape.ts";
import { fishCompletion } from "../../../plugin/commands/completion/fish_completion.ts";
import { zshCompletion } from "../../../plugin/commands/completion/zsh_completion.ts";
import { currentProgram } from "../../../scripts/man_page.ts";
import { createWorkspace, linesOf, onPath, runProgram } from "../../support/program.ts";

let folder = "";
let commands: readonly CommandShape[] = [];
const paths = { bash: "", zsh: "", fish: "" };
const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-completion-"));
  const program = await currentProgram();
  commands = commandShapes(program);
  for (const [shell, write] of Object.entries(WRITERS)) {
    const path = join(folder, `completion.${shell}`);
    writeFileSync(path, write(commands, optionShapes(program)));
    paths[shell as keyof typeof paths] = path;
  }
  writeFileSync(join(folder, "some file.yaml"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers behind these words; the last one is being typed. */
function inBash(words: readonly string[], env: NodeJS.ProcessEnv = process.env): string[] {
  const script = `source "$1"; shift; COMP_WORDS=(mimecast-input "$@"); COMP_CWORD=$#
    compopt() { :; }; _mimecast_input; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync("bash", ["-c", script, "bash", paths.bash, ...words], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  expect(run.stderr).toBe("");
  return linesOf(run.stdout);
}

/** What fish offers, without descriptions. */
function inFish(line: string): string[] {
  const script = `source ${paths.fish}; complete -C ${JSON.stringify(line)}`;
  const run = spawnSync("fish", ["--no-config", "-c", script], { cwd: folder, encoding: "utf8" });
  expect(run.stderr).toBe("");
  return linesOf(run.stdout).map((each) => each.split("\t")[0] as string);
}

describe("commandShapes()", () => {
  it("has every command, with choices and files where they are", () => {
    const setup = commands.find(({ name }) => name === "setup");
    const option = (flag: string) => setup?.options.find(({ flags }) => flags.includes(flag));
    expect(option("--api")?.value).toEqual({ words: ["2.0", "1.0"] });
    expect(option("-c")).toMatchObject({ flags: ["-c", "--config"], value: "file" });
    expect(option("--name")?.value).toBe("text");
    expect(option("--json")?.value).toBeNull();
    expect(commands.find(({ name }) => name === "completion")?.values).toEqual([
      { words: ["bash", "zsh", "fish"] },
    ]);
  });
});

describe("bashCompletion()", () => {
  it.skipIf(!onPath("bash"))("completes commands, options, choices and files in bash", () => {
    expect(inBash([""])).toEqual(
      expect.arrayContaining([...commands.map(({ name }) => name), "--help"]),
    );
    expect(inBash(["se"])).toEqual(["setup", "seal"]);
    expect(inBash(["setup", "--a"])).toEqual([
      "--api",
      "--app-id",
      "--app-id-env",
      "--app-key-env",
      "--access-key-env",
    ]);
    expect(inBash(["setup", "--api", ""])).toEqual(["2.0", "1.0"]);
    expect(inBash(["setup", "--name", ""])).toEqual([]);
    expect(inBash(["poll", "--config", "some"])).toEqual(["some file.yaml"]);
    expect(inBash(["snippet", "v"])).toEqual(["vector"]);
  });

  it.skipIf(!onPath("bash"))("completes the names of the accounts, with the built program", () => {
    const workspace = createWorkspace();
    try {
      const account = (name: string) =>
        `  - { name: ${name}, api: "2.0", region: uk, client_id: x, client_secret: { env: S } }\n`;
      const config = workspace.config(
        `accounts:\n${account("acme")}${account("acme-eu")}${account("zeta")}`,
      );
      const { MIMECAST_INPUT_CONFIG: _, ...elsewhere } = workspace.env;
      expect(inBash(["poll", "--account", "ac"], workspace.env)).toEqual(["acme", "acme-eu"]);
      expect(inBash(["check", "-c", config, "-a", ""], elsewhere)).toEqual([
        "acme",
        "acme-eu",
        "zeta",
      ]);
      expect(inBash(["check", "-c", "/nowhere", "-a", ""], elsewhere)).toEqual([]);
    } finally {
      workspace.remove();
    }
  });
});

describe("fishCompletion()", () => {
  it.skipIf(!onPath("fish"))("completes commands, options, choices and files in fish", () => {
    expect(inFish("mimecast-input ").toSorted()).toEqual(
      commands.map(({ name }) => name).toSorted(),
    );
    expect(inFish("mimecast-input setup --api ")).toEqual(["1.0", "2.0"]);
    expect(inFish("mimecast-input setup --app-k")).toEqual(["--app-key-env"]);
    expect(inFish("mimecast-input poll --config some").join()).toMatch(/some.+file\.yaml/);
    expect(inFish("mimecast-input snippet v")).toEqual(["vector"]);
  });
});

describe("zshCompletion()", () => {
  it.skipIf(!onPath("zsh"))("is a function that zsh knows for the program", () => {
    const script = `autoload -Uz compinit; compinit -D -u; source ${paths.zsh}; print $_comps[mimecast-input]`;
    const run = spawnSync("zsh", ["-fc", script], { encoding: "utf8" });
    expect(run).toMatchObject({ stdout: "_mimecast_input\n", stderr: "" });
    expect(spawnSync("zsh", ["-n", paths.zsh]).status).toBe(0);
  });
});

describe("mimecast-input completion", () => {
  it("prints the script of each shell and nothing else", async () => {
    const workspace = createWorkspace();
    try {
      for (const shell of Object.keys(WRITERS)) {
        const run = await runProgram(["completion", shell], workspace.env);
        expect(run).toMatchObject({ code: 0, stderr: "" });
        expect(run.stdout).toContain("mimecast-input");
      }
      expect((await runProgram(["completion", "csh"], workspace.env)).code).toBe(64);
    } finally {
      workspace.remove();
    }
  });
});
