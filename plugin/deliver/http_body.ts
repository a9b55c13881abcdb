import { OPEN_OBJECT } from "../text/char_code.ts";
import { otlpBody } from "./otlp.ts";

/** What is posted: lines, an array of objects, or an OTLP request. */
export type HttpForm = "lines" | "json" | "otlp_protobuf" | "otlp_json";

/** The body of a batch, not yet compressed, and its Content-Type. */
export interface HttpBody {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * A batch of whole lines in the form that the shipper's input reads. "json": an array of objects, for Fluent Bit, which
 * takes only application/json; a line of LEEF becomes `{"message": line}`. "lines": the lines as they are. `hasSyslog`: for
 * OTLP, with the attributes of a syslog exporter.
 */
export function httpBody(
  lines: Uint8Array,
  form: HttpForm,
  nowMs: number,
  hasSyslog = false,
): HttpBody {
  if (form === "otlp_protobuf") return otlpBody(lines, "protobuf", nowMs, hasSyslog);
  if (form === "otlp_json") return otlpBody(lines, "json", nowMs, hasSyslog);
  if (form === "json") return { type: "application/json", bytes: jsonArray(lines) };
  const isJson = lines[0] === OPEN_OBJECT;
  return { type: isJson ? "application/x-ndjson" : "text/plain; charset=utf-8", bytes: lines };
}

function jsonArray(lines: Uint8Array): Uint8Array {
  const texts = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
    .toString("utf8")
    .split("\n");
  const objects = texts.filter((text) => text !== "").map(jsonObject);
  return Buffer.from(`[${objects.join(",")}]`);
}

/** The engine's JSON lines begin with "{", its LEEF lines with "<". */
function jsonObject(line: string): string {
  return line.startsWith("{") ? line : JSON.stringify({ message: line });
}
