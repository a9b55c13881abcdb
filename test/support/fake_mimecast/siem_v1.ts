import { z } from "zod";
import { type Answer, type Call, json, violate } from "./call.ts";
import { invalidSiemToken } from "./fault_answers.ts";
import { readBody } from "./read_body.ts";
import { damagedContent, fileName, once } from "./siem_v1_content.ts";
import type { SiemFile, World } from "./world.ts";
import { writeZip, type ZipEntry } from "./zip_writer.ts";

const RETENTION_MS = 7 * 86_400_000;

const REQUEST = z.strictObject({
  data: z.tuple([
    z.strictObject({
      type: z.literal("MTA"),
      compress: z.boolean().optional(),
      fileFormat: z.literal(["json", "JSON", "key_value"]).optional(),
      token: z.string().min(1).optional(),
    }),
  ]),
});

/** POST /api/audit/get-siem-logs: one cursor over files of mixed types (reference 1.5). */
export function getSiemLogs(world: World, call: Call): Answer {
  const read = readBody(world, call, REQUEST);
  if ("refused" in read) return read.refused;
  const [item] = read.value.data;
  const position = item.token === undefined ? oldest(world) : placeOf(world, call, item.token);
  if (position === null) return invalidSiemToken(world.switches.invalidTokenStatus);
  const fault = call.fault?.fault;
  const wanted = item.compress === true ? world.switches.filesPerZip : 1;
  const files = fault === "empty_zip" ? [] : world.files.slice(position, position + wanted);
  if (files.length === 0 && fault !== "empty_zip") return lastToken(world, position);
  const format = item.fileFormat?.toLowerCase() === "json" ? "json" : "key_value";
  const headers = {
    "content-type": "application/octet-stream",
    "mc-siem-token": writeToken(world, position + files.length),
  };
  if (fault === "empty_body") return { status: 200, headers, body: "" };
  if (fault === "not_a_zip")
    return { status: 200, headers, body: "this is neither a zip nor JSON" };
  return item.compress === true
    ? zipAnswer(world, call, files, format, headers)
    : rawAnswer(world, call, files[0] as SiemFile, format, headers);
}

type Headers = Readonly<Record<string, string>>;
type Format = "json" | "key_value";

function zipAnswer(
  world: World,
  call: Call,
  files: readonly SiemFile[],
  format: Format,
  headers: Headers,
): Answer {
  const disposition = { "content-disposition": 'attachment; filename="siem_logs.zip"' };
  const body = writeZip(entriesOf(world, call, files, format));
  const cut = call.fault?.fault === "truncated_zip" ? withoutDirectory(body) : body;
  return { status: 200, headers: { ...headers, ...disposition }, body: cut };
}

/** A zip that ends before its central directory, whose two pieces come last. */
async function* withoutDirectory(zip: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const held: Uint8Array[] = [];
  for await (const piece of zip) {
    held.push(piece);
    if (held.length > 2) yield held.shift() as Uint8Array;
  }
}

function* entriesOf(
  world: World,
  call: Call,
  files: readonly SiemFile[],
  format: Format,
): Generator<ZipEntry> {
  const fault = call.fault?.fault;
  if (fault === "empty_data") {
    yield { name: "receipt_0.json", content: once('{ "type" : "MTA", "data" : [] }') };
  }
  for (const [position, file] of files.entries()) {
    const name = fileName(file, format);
    const hit = position === 0 || fault === "truncated_zip" ? call : { ...call, fault: null };
    const shown = position === 0 && fault === "traversal_name" ? `../../../../tmp/${name}` : name;
    yield { name: shown, content: damagedContent(world, hit, file, format) };
  }
}

function rawAnswer(
  world: World,
  call: Call,
  file: SiemFile,
  format: Format,
  headers: Headers,
): Answer {
  const name = fileName(file, format);
  const shown = call.fault?.fault === "traversal_name" ? `../../../../tmp/${name}` : name;
  const disposition = { "content-disposition": `attachment; filename="${shown}"` };
  const body =
    call.fault?.fault === "empty_data"
      ? once('{ "type" : "MTA", "data" : [] }')
      : damagedContent(world, call, file, format);
  return { status: 200, headers: { ...headers, ...disposition }, body };
}

/** Nothing more: the exact live body; the header only where the switch asks for it (reference 1.5, 7). */
function lastToken(world: World, position: number): Answer {
  const header: Headers = world.switches.tokenOnLast
    ? { "mc-siem-token": writeToken(world, position) }
    : {};
  return json(200, { meta: { isLastToken: true, status: 200 }, data: [], fail: [] }, header);
}

function oldest(world: World): number {
  const position = world.files.findIndex(({ atMs }) => atMs >= world.now() - RETENTION_MS);
  return position === -1 ? world.files.length : position;
}

/** A token lives as long as the files: 7 days. */
function placeOf(world: World, call: Call, token: string): number | null {
  const match = /^siem:(\d+):(\d+):(\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"));
  if (match === null || Number(match[1]) !== world.seed) {
    violate(world, call.path, "siem_token", "the token was never handed out");
    return null;
  }
  const age = world.now() - Number(match[3]);
  return age > RETENTION_MS ? null : Number(match[2]);
}

function writeToken(world: World, position: number): string {
  return Buffer.from(`siem:${world.seed}:${position}:${world.now()}`).toString("base64url");
}
