import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
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
  const filters = {
    none: "",
    wasm: `[FILTER]\n    Name wasm\n    Match *\n    Wasm_Path ${resolve("dist/mimecast.wasm")}\n    Function_Name mimecast_leef\n    Accessible_Paths /tmp\n`,
    lua: `[FILTER]\n    Name lua\n    Match *\n    script ${join(folder, "leef.lua")}\n    call leef\n`,
  };
  writeFileSync(join(folder, "parsers.conf"), "[PARSER]\n    Name json\n    Format json\n");
  const speeds: FilterSpeed[] = [];
  for (const [name, filter] of Object.entries(filters)) {
    const config = join(folder, `${name}.conf`);
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
