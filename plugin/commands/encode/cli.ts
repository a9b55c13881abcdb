import { Option } from "commander";
import type { EngineSettings } from "../../encode/engine.ts";
import type { Host } from "../../host/host.ts";
import { type AddCommand, examples, formatOption, wholeNumber } from "../cli_command.ts";
import { type EncodeOptions, encode, explainRecords, WIDEST_LINE } from "./encode.ts";
import type { Explanation } from "./explain.ts";
import { explanationText } from "./explain_text.ts";

interface Flags {
  readonly format?: EngineSettings["format"];
  readonly account?: string;
  readonly hostname?: string;
  readonly api?: EngineSettings["api"];
  readonly maxLineBytes?: number;
  readonly explain?: true;
  readonly json?: true;
}

/** `encode`. */
export const addEncode: AddCommand = (program, { host }) => {
  program
    .command("encode")
    .description(
      "turn stored records (one JSON object or key=value line a line, or wrapped as Mimecast wraps them, gzip recognized) into lines",
    )
    .argument("[file...]", "files to read; standard input without one")
    .addOption(formatOption("what to write (default: leef)"))
    .option("-a, --account <name>", "account of records that name none")
    .option("--hostname <name>", "host of the syslog header (default: mimecast-ACCOUNT)")
    .addOption(
      new Option("--api <version>", "API generation of records that do not show it").choices([
        "1.0",
        "2.0",
      ]),
    )
    .option(
      "--max-line-bytes <n>",
      "upper bound of a LEEF line (default: 4096)",
      wholeNumber(1024, WIDEST_LINE),
    )
    .option(
      "--explain",
      "instead of lines: how each field was used, and what decided event, severity, user, source and time",
    )
    .addOption(
      new Option("--json", "as --explain, but one JSON object a record").implies({ explain: true }),
    )
    .addHelpText(
      "after",
      examples(
        "zcat archive/*.json.gz | mimecast-input encode > lines.leef",
        "mimecast-input encode --format json+leef --account acme siem.ndjson.gz",
        "mimecast-input encode --explain siem.ndjson.gz",
      ),
    )
    .action((files: string[], flags: Flags) => runEncode(files, flags, host));
};

async function runEncode(files: readonly string[], flags: Flags, host: Host): Promise<void> {
  const { stdout, log } = await host.effects(null);
  const inputs =
    files.length === 0
      ? [{ name: "standard input", pieces: host.openInput(null) }]
      : files.map((file) => ({ name: JSON.stringify(file), pieces: host.openInput(file) }));
  const options: EncodeOptions = flags;
  const streams = { inputs, write: (bytes: Uint8Array) => stdout.write(bytes) };
  if (flags.explain) {
    const { color, columns } = host.screen;
    const view = { color, columns };
    const show = flags.json
      ? (each: Explanation) => `${JSON.stringify(each)}\n`
      : (each: Explanation, number: number) => `${explanationText(each, number, view)}\n`;
    await explainRecords(host.engine(), streams, options, show);
    return;
  }
  const { records, malformed, unknown } = await encode(host.engine(), streams, options);
  if (malformed > 0) log("warn", "Some records could not be parsed", { records, malformed });
  for (const { kind, name, count } of unknown) {
    log("warn", "The mapping does not know something in the records", {
      kind,
      name,
      count,
      hint: "mimecast-input encode --explain shows the records with it",
    });
  }
}
