import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Argument, Command, Option } from "commander";
import { configOption } from "../plugin/commands/cli_command.ts";
import { currentProgram } from "./man_page.ts";

/**
 * Writes docs/commands.md from the definitions of the commands in plugin/commands/NAME/cli.ts; with `--check` fails where
 * the page is out of date.
 */

const HEAD = `# Commands

<!-- Written by scripts/commands_docs.ts from the definitions of the commands. -->

\`mimecast-input COMMAND [OPTIONS]\`; \`mimecast-input COMMAND --help\` shows the same as this page.
`;

/** The option that almost every command has: shown once, at the top. */
const COMMON = configOption();

/** The page. */
export function commandsPage(program: Command): string {
  const commands = program.commands.filter((command) => command.name() !== "help");
  const list = commands.map((command) => {
    return `| [\`${command.name()}\`](#${command.name()}) | ${command.description()} |`;
  });
  return [
    HEAD,
    `| command | what it does |\n| --- | --- |\n${list.join("\n")}\n`,
    `Commands that read the configuration take:\n\n${TABLE_HEAD}\n${optionRow(COMMON)}\n`,
    ...commands.map(section),
    `## Exit codes\n\n${exitCodes(program)}\n`,
  ].join("\n");
}

const TABLE_HEAD = "| argument or option | meaning |\n| --- | --- |";

function section(command: Command): string {
  const rows = [
    ...command.registeredArguments.map(argumentRow),
    ...command.options.filter((option) => !option.hidden && !isCommon(option)).map(optionRow),
  ];
  const options = rows.length === 0 ? "" : `${TABLE_HEAD}\n${rows.join("\n")}\n`;
  return `## ${command.name()}\n\n${options}${notes(afterText(command))}`;
}

const isCommon = ({ flags, description }: Option) =>
  flags === COMMON.flags && description === COMMON.description;

function argumentRow(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  const choices = chosen(argument.argChoices);
  return cells(
    argument.required ? `\`<${name}>\`` : `\`[${name}]\``,
    argument.description + choices,
  );
}

function optionRow(option: Option): string {
  const env = option.envVar === undefined ? "" : `; environment: \`${option.envVar}\``;
  const fallback = option.defaultValue === undefined ? "" : `; default: \`${option.defaultValue}\``;
  const meaning = `${option.description}${chosen(option.argChoices)}${env}${fallback}`;
  return cells(`\`${option.flags}\``, meaning);
}

function chosen(choices: readonly string[] | undefined): string {
  return choices === undefined ? "" : `: ${choices.map((choice) => `\`${choice}\``).join(", ")}`;
}

function cells(...texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}

/** The text below the options in the help: examples, exit codes, remarks. */
function afterText(command: Command): string {
  let shown = "";
  command.configureOutput({
    writeOut: (text) => {
      shown += text;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return shown.slice(command.helpInformation().length).trim();
}

function notes(text: string): string {
  return text
    .split("\n\n")
    .map((part) => {
      const [first, ...lines] = part.split("\n");
      return first === "Examples:"
        ? `\n\`\`\`sh\n${lines.map((line) => line.trim()).join("\n")}\n\`\`\`\n`
        : `\n${part}\n`;
    })
    .join("");
}

/** "Exit codes: 0 all went well, 1 …" as a table. */
function exitCodes(program: Command): string {
  const text = afterText(program)
    .replaceAll(/\s+/g, " ")
    .replace(/^Exit codes: |\.$/g, "");
  const rows = text.split(/, (?=\d)/).map((part) => {
    const [, code = "", meaning = ""] = /^(\d+) (.*)$/.exec(part) ?? [];
    return cells(code, meaning);
  });
  return `| code | meaning |\n| --- | --- |\n${rows.join("\n")}`;
}

const PATH = fileURLToPath(new URL("../docs/commands.md", import.meta.url));

async function main(check: boolean): Promise<number> {
  const wanted = commandsPage(await currentProgram());
  if (!check) {
    await writeFile(PATH, wanted);
    return 0;
  }
  const page = await readFile(PATH, "utf8").catch(() => "");
  if (page === wanted) return 0;
  process.stderr.write("docs/commands.md is out of date: run npm run commands\n");
  return 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
