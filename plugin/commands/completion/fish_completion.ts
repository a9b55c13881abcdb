import type { CommandShape, OptionShape, ValueShape } from "./command_shape.ts";

/** Completion for fish 3 and later. */
export function fishCompletion(
  commands: readonly CommandShape[],
  options: readonly OptionShape[],
): string {
  const lines = [
    "# fish completion of mimecast-input",
    "complete -c mimecast-input -f",
    ...options.map((option) => optionLine("__fish_use_subcommand", option)),
    ...commands.flatMap((command) => [
      `complete -c mimecast-input -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
      ...commandLines(command),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines({ name, options, values }: CommandShape): string[] {
  const when = `__fish_seen_subcommand_from ${name}`;
  const positions = values.map(
    (value) => `complete -c mimecast-input -n '${when}'${argument(value)}`,
  );
  return [...options.map((option) => optionLine(`'${when}'`, option)), ...positions];
}

function optionLine(when: string, { flags, description, value }: OptionShape): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const taken = value === null ? "" : value === "file" ? " -r -F" : ` -x${argument(value)}`;
  return `complete -c mimecast-input -n ${when} ${names.join(" ")}${taken} -d ${quoted(description)}`;
}

function argument(value: ValueShape): string {
  if (value === "file") return " -F";
  if (value === "account") return ` -a '(mimecast-input completion accounts 2>/dev/null)'`;
  return typeof value === "object" && value !== null ? ` -a ${quoted(value.words.join(" "))}` : "";
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
