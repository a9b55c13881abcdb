import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import asc from "assemblyscript/asc";
import { onPath } from "../test/support/program.ts";
import { measure, medians } from "./bench_measure.ts";

/** Records per second of one filter, by difference of Fluent Bit's user CPU with and without it. */
export interface FilterSpeed {
  readonly name: string;
  readonly userSecs: number;
  /** null for the run without a filter. */
  readonly recordsPerSec: number | null;
}

/** As much as Lua can: no JSON parser, no hash, no limits; it only joins the fields that the record brings. */
const LUA = `
local order = {"account", "type", "eventUid"}
local keys = {"accountId","direction","action","senderEnvelope","senderHeader","messageId","subject","recipients",
  "processingId","aggregateId","rejectionType","rejectionCode","rejectionInfo","tlsVersion","tlsCipher","senderIp"}
function leef(tag, timestamp, record)
  local event = record["event"]
  if type(event) ~= "table" then return 0, timestamp, record end
  local line = {"<134>1 " .. tostring(record["time"]) .. " mimecast LEEF:2.0|Mimecast|Email Security|2.0|" .. tostring(record["type"]) .. "|^|cat=" .. tostring(record["type"])}
  for _, key in ipairs(keys) do
    local value = event[key]
    if type(value) == "string" and value ~= "" then
      line[#line + 1] = key .. "=" .. string.gsub(value, "[%c%^|]+", " ")
    end
  end
  record["message"] = table.concat(line, "^")
  return 2, timestamp, record
end
`;

/** A module that gives every record back as it came: what Fluent Bit needs to hand records to any module. */
const NOTHING = `
let used: usize = 0;
export function malloc(size: u32): usize {
  const at = 0x10000 + used;
  used = (used + size + 7) & ~7;
  return at;
}
export function free(address: usize): void {}
export function nothing(tag: usize, tagLength: u32, seconds: u32, nanoseconds: u32, record: usize, length: u32): usize {
  used = 0;
  return record;
}
`;

/** Measures the filters in a real Fluent Bit; null where there is none on PATH. `records` are our `json` lines. */
export async function filterSpeeds(
  folder: string,
  records: string,
  count: number,
  rounds: number,
): Promise<readonly FilterSpeed[] | null> {
  if (!onPath("fluent-bit")) return null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "leef.lua"), LUA);
  const wasm = resolve("dist/mimecast.wasm");
  const filters = {
    none: "",
    "a module that does nothing": wasmFilter(await nothing(folder), "nothing"),
    "mimecast_leef, interpreted": wasmFilter(wasm, "mimecast_leef"),
    ...(onPath("flb-wamrc") ? compiledFilters(compiled(wasm, folder)) : {}),
    lua: `[FILTER]\n    Name lua\n    Match *\n    script ${join(folder, "leef.lua")}\n    call leef\n`,
  };
  writeFileSync(join(folder, "parsers.conf"), "[PARSER]\n    Name json\n    Format json\n");
  const speeds: FilterSpeed[] = [];
  for (const [name, filter] of Object.entries(filters)) {
    const config = join(folder, `${name.replaceAll(/\W+/g, "_")}.conf`);
    writeFileSync(config, configuration(folder, records, filter));
    const runs = [];
    for (let round = 0; round < rounds; round++)
      runs.push(await measure("fluent-bit", ["-q", "-c", config]));
    const { userSecs } = medians(runs);
    const without = speeds[0]?.userSecs;
    const recordsPerSec = without === undefined ? null : count / Math.max(userSecs - without, 0.01);
    speeds.push({ name, userSecs, recordsPerSec });
  }
  return speeds;
}

function compiledFilters(path: string): Readonly<Record<string, string>> {
  return {
    "mimecast_leef, compiled by flb-wamrc": wasmFilter(path, "mimecast_leef"),
    "mimecast_leef_only, compiled by flb-wamrc": wasmFilter(path, "mimecast_leef_only"),
  };
}

function wasmFilter(path: string, filter: string): string {
  return `[FILTER]\n    Name wasm\n    Match *\n    Wasm_Path ${path}\n    Function_Name ${filter}\n    Accessible_Paths /tmp\n`;
}

async function nothing(folder: string): Promise<string> {
  const { binary, stderr } = await asc.compileString(NOTHING, {
    runtime: "stub",
    initialMemory: 64,
    optimizeLevel: 3,
    disable: ["bulk-memory", "simd"],
  });
  if (binary === null) throw new Error(`Cannot compile the module that does nothing: ${stderr}`);
  const path = join(folder, "nothing.wasm");
  writeFileSync(path, binary);
  return path;
}

/** The same module as machine code: Fluent Bit takes it in the place of the .wasm file. */
function compiled(wasm: string, folder: string): string {
  const path = join(folder, "mimecast.aot");
  execFileSync("flb-wamrc", ["-o", path, wasm], { stdio: "ignore" });
  return path;
}

function configuration(folder: string, records: string, filter: string): string {
  return `[SERVICE]
    Flush 1
    Grace 1
    Parsers_File ${join(folder, "parsers.conf")}
[INPUT]
    Name exec
    Tag bench
    Command cat ${records}
    Oneshot true
    Exit_After_Oneshot true
    Buf_Size 1100000
    Parser json
    Mem_Buf_Limit 4G
${filter}[OUTPUT]
    Name null
    Match *
`;
}
