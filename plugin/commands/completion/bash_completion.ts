import type { CommandShape, OptionShape, ValueShape } from "./command_shape.ts";

/** Completion for bash 4 and later; needs no package. */
export function bashCompletion(
  commands: readonly CommandShape[],
  options: readonly OptionShape[],
): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion of mimecast-input
_mimecast_input_accounts() {
  local i config=()
  for ((i = 1; i < COMP_CWORD - 1; i++)); do
    case \${COMP_WORDS[i]} in
      -c | --config) config=(--config "\${COMP_WORDS[i + 1]}") ;;
    esac
  done
  mimecast-input completion accounts "\${config[@]}" 2>/dev/null
}
_mimecast_input() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${names.join(" | ")}) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
${commands.map(valueCases).join("")}  esac
  case "$command" in
    "") words="${[...names, ...flagsOf(options)].join(" ")}" ;;
${commands.map(wordCase).join("")}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _mimecast_input mimecast-input
`;
}

function valueCases({ name, options }: CommandShape): string {
  return options
    .filter(({ value }) => value !== null)
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => `"${name} ${flag}"`).join(" | ");
      return `    ${patterns}) ${reply(value)} return ;;\n`;
    })
    .join("");
}

function reply(value: ValueShape): string {
  if (value === "file") {
    return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur");';
  }
  if (value === "account") {
    return 'mapfile -t COMPREPLY < <(compgen -W "$(_mimecast_input_accounts)" -- "$cur");';
  }
  if (value === "text" || value === null) return "";
  return `mapfile -t COMPREPLY < <(compgen -W "${value.words.join(" ")}" -- "$cur");`;
}

function wordCase({ name, options, values }: CommandShape): string {
  const words = values.flatMap((value) =>
    typeof value === "object" && value !== null ? value.words : [],
  );
  const files = values.includes("file")
    ? ' [[ $cur == -* ]] || { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return; }'
    : "";
  return `    ${name}) words="${[...words, ...flagsOf(options)].join(" ")}"${files === "" ? "" : `;${files}`} ;;\n`;
}

function flagsOf(options: readonly OptionShape[]): string[] {
  return options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--")));
}
