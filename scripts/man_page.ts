import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { commandLine } from "../plugin/cli.ts";
import { optionShapes } from "../plugin/commands/completion/command_shape.ts";
import type { Host } from "../plugin/host/host.ts";

/**
 * Writes docs/man/mimecast-input.1 from the commander definitions; with `--check` fails where the page is out of date.
 * Macros of man(7), in the part that groff and mandoc share.
 */
export function manPage(program: Command): string {
  const help = helpOf(program);
  return `.\\" Made by npm run man
.TH MIMECAST-INPUT 1 "" "mimecast-input ${roff(program.version() ?? "")}" "User Commands"
.SH NAME
mimecast-input \\- Mimecast e\\-mail security logs as an input of a log shipper
.SH SYNOPSIS
.B mimecast-input
.I command
.RI [ options ]
.SH DESCRIPTION
${paragraph(program.description())}
.SH COMMANDS
${program.commands.map(commandSection).join("")}.SH EXIT STATUS
${exitStatus(help)}.SH ENVIRONMENT
.TP
.B MIMECAST_INPUT_CONFIG
The configuration, where \\-\\-config does not name one.
.TP
.B MIMECAST_INPUT_SHARD
The accounts of this one of several processes, where \\-\\-shard does not name it: 2/5.
.TP
.B NO_COLOR
No colors, whatever its value.
.TP
.BR HTTPS_PROXY ", " HTTP_PROXY ", " NO_PROXY
The way to Mimecast, where network.proxy of the configuration does not name one.
.TP
.BR STATE_DIRECTORY ", " CREDENTIALS_DIRECTORY
Set by systemd: the state directory, and where credentials are.
.TP
.B JOURNAL_STREAM
Set by systemd: standard error is read by the journal.
.TP
.BR NODE_EXTRA_CA_CERTS
PEM file with further trusted certificates, beside network.ca_file.
.TP
.B NODE_TLS_REJECT_UNAUTHORIZED
Without effect: certificates are always verified.
.TP
.BR TERM ", " LC_ALL ", " LC_CTYPE ", " LANG
Whether the terminal shows more than ASCII.
.SH FILES
.TP
.I /etc/mimecast-input/config.yaml
The configuration.
.TP
.I /var/lib/mimecast-input
Checkpoints, locks and quarantine, one folder for each account.
`;
}

function commandSection(command: Command): string {
  const usage = roff(`${command.name()} ${command.usage()}`);
  const options = optionShapes(command).map(({ flags, description }) => {
    const spelled = command.options.find(({ long }) => long !== null && flags.includes(long ?? ""));
    return `.TP\n.B ${roff(spelled?.flags ?? flags.join(", "))}\n${paragraph(description)}\n`;
  });
  const [, after] = helpOf(command).split("\nExamples:\n");
  const examples = after === undefined ? "" : `.PP\nExamples:\n.PP\n.nf\n${verbatim(after)}.fi\n`;
  return `.SS ${usage}\n${paragraph(command.description())}\n${options.join("")}${examples}`;
}

/** The list below \`--help\`: "Exit codes: 0 all went well, 1 …". */
function exitStatus(help: string): string {
  const [, text = ""] = help.split("Exit codes: ");
  const codes = text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "")
    .split(/, (?=\d)/);
  return codes
    .map((code) => {
      const [, number = "", meaning = ""] = /^(\d+) (.*)$/.exec(code) ?? [];
      return `.TP\n.B ${number}\n${paragraph(meaning)}\n`;
    })
    .join("");
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => 100,
  });
  command.outputHelp();
  return text;
}

function paragraph(text: string): string {
  return text
    .split("\n")
    .map((line) => guarded(roff(line)))
    .join("\n");
}

function verbatim(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `${guarded(roff(line))}\n`)
    .join("");
}

/** A line that begins with a dot or an apostrophe would be a request. */
function guarded(line: string): string {
  return line.replace(/^(?=[.'])/, "\\&");
}

function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
}

const PATH = fileURLToPath(new URL("../docs/man/mimecast-input.1", import.meta.url));

/** The program as it is built now; nothing of it is run: definitions use the host in their actions only. */
export async function currentProgram(): Promise<Command> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const host = { version: JSON.parse(text).version } as Host;
  return commandLine({ host, exit: () => {} });
}

async function main(check: boolean): Promise<number> {
  const wanted = manPage(await currentProgram());
  if (!check) {
    await writeFile(PATH, wanted);
    return 0;
  }
  if ((await readFile(PATH, "utf8").catch(() => "")) === wanted) return 0;
  process.stderr.write("docs/man/mimecast-input.1 is out of date: run npm run man\n");
  return 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
