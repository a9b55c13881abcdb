import type { CommandShape, OptionShape, ValueShape } from "./command_shape.ts";

/** Completion for zsh: to be sourced after compinit, or as the file `_mimecast-input` on fpath. */
export function zshCompletion(
  commands: readonly CommandShape[],
  options: readonly OptionShape[],
): string {
  const described = commands.map(({ name, description }) => quoted(`${name}:${description}`));
  const general = options.map(optionSpec);
  return `#compdef mimecast-input
_mimecast_input_accounts() {
  local config=\${opt_args[--config]:-\${opt_args[-c]}}
  compadd -- \${(f)"$(mimecast-input completion accounts \${config:+--config} \${config:+"$config"} 2>/dev/null)"}
}
_mimecast_input() {
  local context state line
  typeset -A opt_args
  local -a commands=(
    ${described.join("\n    ")}
  )
  _arguments -C ${general.join(" ")} '1:command:->command' '*::argument:->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $words[1] in
${commands.map(commandCase).join("")}      esac
      ;;
  esac
}
if [[ $funcstack[1] == _mimecast_input || $funcstack[1] == _mimecast-input ]]; then
  _mimecast_input "$@"
else
  compdef _mimecast_input mimecast-input
fi
`;
}

function commandCase({ name, options, values }: CommandShape): string {
  const positions = values.map((value, index) => quoted(`${index + 1}:value${action(value)}`));
  const specs = [...options.map(optionSpec), ...positions].map(
    (spec) => ` \\\n            ${spec}`,
  );
  return `        ${name})\n          _arguments${specs.join("")}\n          ;;\n`;
}

function optionSpec({ flags, description, value }: OptionShape): string {
  const text = `[${description.replaceAll(/[[\]:\\]/g, "\\$&")}]${value === null ? "" : `:value${action(value)}`}`;
  const [first, second] = flags;
  return second === undefined
    ? quoted(`${first}${text}`)
    : `${quoted(`(${first} ${second})`)}{${first},${second}}${quoted(text)}`;
}

function action(value: ValueShape): string {
  if (value === "file") return ":_files";
  if (value === "account") return ":_mimecast_input_accounts";
  return typeof value === "object" && value !== null ? `:(${value.words.join(" ")})` : ": ";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
