import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { optionShapes } from "../../plugin/commands/completion/command_shape.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { currentProgram } from "../../scripts/man_page.ts";
import { anchors, blocks, pages, prose, shellCommands } from "../support/markdown.ts";

const PAGES = pages();
const BLOCKS = PAGES.flatMap(blocks);
const ABOUT = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };

/** Programs that an operator or developer has; every other word in front of a command is a mistake. */
const PROGRAMS =
  `apt-get bash cat cd chmod chown cp curl cut dnf docker echo export for done do env fish git grep gzip gunzip head helm install jq journalctl kubectl
  logger ls man mkdir mv node npm nc openssl printf promtool rm sed sh sha256sum sleep sort source sudo syslog-ng systemctl systemd-ask-password
  systemd-creds systemd-analyze tail tar tee touch uniq useradd watch wc zcat zsh`.split(/\s+/);

/** IBM's own, on the QRadar console. */
const OF_QRADAR = ["/opt/qradar/bin/contentManagement.pl", "/opt/qradar/bin/qidmap_cli.sh"];
let program: Command;
beforeAll(async () => {
  program = await currentProgram();
});

/** What is wrong with a command line of ours; undefined: nothing. */
function commandProblem(words: readonly string[]): string | undefined {
  const [name, ...rest] = words;
  if (name === undefined || /^(--version|--help|-V|-h|…|COMMAND|help)$/.test(name))
    return undefined;
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) return `no command "${name}"`;
  const flags = optionShapes(command).flatMap((option) => option.flags);
  const own = rest.slice(0, rest.findIndex((word) => /^[<>]|^2>/.test(word)) >>> 0);
  const wrong = own
    .filter((word) => /^--?[a-z]/i.test(word))
    .map((word) => word.split("=")[0] as string)
    .find((flag) => !flags.includes(flag));
  return wrong === undefined ? undefined : `${name} has no option ${wrong}`;
}

/** What is wrong with any command line. */
function problem(words: readonly string[]): string | undefined {
  const [first = "", second = "", third = ""] = words;
  const isAssignment = /^[A-Z_]+=/.test(first);
  if (isAssignment) return words.length === 1 ? undefined : problem(words.slice(1));
  if (first === "sudo" && second === "-u") return problem(words.slice(3));
  if (first === "sudo" || first === "env" || first === "do")
    return problem(words.slice(1).filter((word, index) => index > 0 || !word.startsWith("-")));
  if (/(^|\/)mimecast-input$/.test(first)) return commandProblem(words.slice(1));
  if (first === "npm" && second === "run") {
    return Object.hasOwn(ABOUT.scripts, third) ? undefined : `no script "${third}"`;
  }
  if (first === "node" && second.startsWith("scripts/")) {
    return existsSync(second) ? undefined : `no file ${second}`;
  }
  return [...PROGRAMS, ...OF_QRADAR].includes(first) ? undefined : `no program "${first}" is known`;
}

const of = (...languages: string[]) =>
  BLOCKS.filter(({ language }) => languages.includes(language));

describe("the blocks of README and docs", () => {
  it("name their language, one that is checked or that is no code", () => {
    const known = [
      "",
      "text",
      "sh",
      "yaml",
      "json",
      "toml",
      "sql",
      "conf",
      "ini",
      "promql",
      "http",
      "mermaid",
    ];
    for (const { at, language } of BLOCKS) expect(known, at).toContain(language);
    expect(of("sh").length).toBeGreaterThan(5);
    expect(of("yaml").length).toBeGreaterThan(1);
  });

  it("in YAML are YAML, and configurations where they have accounts", () => {
    for (const { at, text } of of("yaml")) {
      const document = parseDocument(text);
      expect(document.errors, at).toEqual([]);
      const value = document.toJS() as { accounts?: unknown } | null;
      if (value !== null && typeof value === "object" && value.accounts !== undefined) {
        const facts = { fileName: at, mode: 0o600 };
        expect(() => parseConfig(text, {}, facts), at).not.toThrow();
      }
    }
  });

  it("in JSON are JSON", () => {
    for (const { at, text } of of("json")) expect(() => JSON.parse(text), at).not.toThrow();
  });

  it("for a shell call programs that are there, with options that they know", () => {
    const wrong = of("sh").flatMap(({ at, text }) =>
      shellCommands(text).flatMap((words) => {
        const found = problem(words);
        return found === undefined ? [] : [`${at}: ${found}: ${words.join(" ")}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the text of README and docs", () => {
  it("names commands and options of ours that exist", () => {
    const wrong = PAGES.filter(({ path }) => path !== "CHANGELOG.md").flatMap((page) =>
      [...prose(page).matchAll(/`(mimecast-input [^`]+)`/g)].flatMap(([, line = ""]) =>
        shellCommands(line).flatMap((words) => {
          const found = words[0] === "mimecast-input" ? problem(words) : undefined;
          return found === undefined ? [] : [`${page.path}: ${found}: ${line}`];
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("names scripts that exist", () => {
    const wrong = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/`npm run ([\w:]+)`|`node (scripts\/[\w/.]+)[^`]*`/g)].flatMap(
        ([all, script, file]) => {
          const found =
            script === undefined ? existsSync(file!) : Object.hasOwn(ABOUT.scripts, script);
          return found ? [] : [`${page.path}: ${all}`];
        },
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("links to files and headings that are there", () => {
    const wrong = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
        if (/^[a-z]+:/.test(link)) return [];
        const [file = "", anchor] = link.split("#");
        const path = file === "" ? page.path : normalize(join(dirname(page.path), file));
        if (!existsSync(path)) return [`${page.path}: no file ${link}`];
        const target = PAGES.find((each) => each.path === path);
        if (anchor === undefined || target === undefined) return [];
        return anchors(target).has(anchor) ? [] : [`${page.path}: no heading ${link}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    [["mimecast-input", "pol"], 'no command "pol"'],
    [["mimecast-input", "poll", "--onec"], "poll has no option --onec"],
    [["sudo", "mimecast-input", "seal", "--nope"], "seal has no option --nope"],
    [["sudo", "-u", "vector", "mimecast-input", "seal", "--nope"], "seal has no option --nope"],
    [["npm", "run", "nothing"], 'no script "nothing"'],
    [["frobnicate"], 'no program "frobnicate" is known'],
    [["mimecast-input", "poll", "--once", ">", "--file"], undefined],
  ])("finds what is wrong with %j", (words, expected) => {
    expect(problem(words)).toBe(expected);
  });

  it("takes a shell text apart", () => {
    const text = 'a "b | c" | d # e\nsource <(f g) && h \\\n  i\n';
    expect(shellCommands(text)).toEqual([
      ["a", "b | c"],
      ["d"],
      ["source"],
      ["f", "g"],
      ["h", "i"],
    ]);
  });
});
