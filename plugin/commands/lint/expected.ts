import type { Config, Target } from "../../config/config.ts";
import { MAX_LINE_BYTES } from "../../decode/lines.ts";

type Format = Config["output"]["format"];

/** How lines get into a shipper: it starts the program, or the program has this target. */
export type Way = "exec" | Target["kind"];

/** What the shipper has to be fit for. */
export interface Expected {
  readonly format: Format;
  /** `output.max_line_bytes`: no LEEF line is longer. */
  readonly leefLineBytes: number;
  /** No line that we write is longer, its line feed not counted. */
  readonly longestLineBytes: number;
  /** Largest body that is posted to the shipper's HTTP input, before compression; null: lines go to stdout. */
  readonly batchBytes: number | null;
  readonly way: Way;
  /** `output.otlp.syslog_attributes`; absent: not known. */
  readonly syslogAttributes?: boolean;
  /** `output.file.path`; "" with another way. */
  readonly path: string;
}

/** Room for the envelope of a JSON line: account, ids, times (plugin/engine/envelope.ts). */
const ENVELOPE_BYTES = 4096;

/**
 * A JSON line holds the vendor's record, which is cut at `MAX_LINE_BYTES`; `message` of json+leef holds the LEEF line,
 * in which every byte may be escaped.
 */
export function expectedFor(
  format: Format,
  leefLineBytes: number,
  batchBytes: number | null,
  target: Target | null = null,
): Expected {
  const json = MAX_LINE_BYTES + ENVELOPE_BYTES;
  const longestLineBytes =
    format === "leef" ? leefLineBytes : format === "json" ? json : json + 2 * leefLineBytes;
  const way = target?.kind ?? (batchBytes === null ? "exec" : "http");
  const path = target?.kind === "file" ? target.path : "";
  const syslog = target?.kind === "otlp" ? { syslogAttributes: target.syslogAttributes } : {};
  return { ...syslog, format, leefLineBytes, longestLineBytes, batchBytes, way, path };
}

/** What a configuration makes. */
export function expectedOf({ output, target }: Pick<Config, "output" | "target">): Expected {
  const batchBytes = target === null || target.kind === "file" ? null : target.maxBatchBytes;
  return expectedFor(output.format, output.maxLineBytes, batchBytes, target);
}

/** The same with what the command line of `poll` says: `--format` wins over the configuration. */
export function expectedBy(command: string, expected: Expected): Expected {
  const format =
    /(?:^|[\s"',])(?:-f|--format)(?:[\s"',=]+)(leef|json\+leef|json)(?=$|[\s"',])/.exec(
      command,
    )?.[1];
  return format === undefined
    ? expected
    : {
        ...expected,
        ...expectedFor(format as Format, expected.leefLineBytes, expected.batchBytes),
      };
}

/** A round size above the longest line, in bytes. */
export function roomFor(expected: Expected): number {
  return 2 ** Math.ceil(Math.log2(Math.max(65_536, expected.longestLineBytes + 1024)));
}
