import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { engineSettings } from "../../plugin/config/engine_settings.ts";
import { createEngine, loadEngine } from "../../plugin/encode/engine.ts";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };
import { parse, V2 } from "../support/config_text.ts";
import { parseLeef } from "../support/leef_reference.ts";

const WASM = new URL("../../dist/mimecast.wasm", import.meta.url);
if (!existsSync(WASM)) {
  throw new Error('Cannot find dist/mimecast.wasm: run "npm run build" first');
}
const MODULE = loadEngine(readFileSync(WASM));

const RECORD = '{"type":"receipt","subtype":"Acc","action":"Acc","timestamp":1769860800000}\n';

/** The line that the engine makes with these sections of the configuration. */
function lineWith(sections: Record<string, unknown>, account = ""): string {
  const config = parse(`${V2}${account}${stringify(sections)}`);
  const engine = createEngine(MODULE, engineSettings(config, config.accounts[0]!));
  engine.begin("siem");
  const bytes = [...engine.encode(Buffer.from(RECORD))].map((chunk) => Buffer.from(chunk.bytes));
  engine.end();
  return Buffer.concat(bytes).toString("utf8").trimEnd();
}

const KEYS = [...new Set(MAPPING.attributes.map(({ key }) => key))];
const FREE = KEYS.filter((key) => !["cat", "devTime", "eventUid"].includes(key));

describe("the engine accepts what parseConfig() accepts:", () => {
  test("a new name of 40 characters for every attribute", () => {
    const rename = Object.fromEntries(
      FREE.map((key, index) => [key, `x${String(index).padStart(39, "0")}`]),
    );
    const line = parseLeef(lineWith({ mapping: { rename } }));
    expect(line.attributes.get(rename.sev!)).toBe("2");
    expect(line.attributes.has("sev")).toBe(false);
  });

  test("leaving out every attribute that is not fixed", () => {
    const line = parseLeef(lineWith({ mapping: { drop: FREE } }));
    expect([...line.attributes.keys()].sort()).toEqual(["cat", "devTime", "eventUid"]);
  });

  test("a severity for every EventID", () => {
    const severity = Object.fromEntries(
      MAPPING.events.map(({ id }, index) => [id, (index % 10) + 1]),
    );
    severity.receipt_accepted = 9;
    const line = parseLeef(lineWith({ mapping: { severity } }));
    expect(line.attributes.get("sev")).toBe("9");
  });

  test.each([1024, 32_000])("a line limit of %i bytes", (max_line_bytes) => {
    expect(lineWith({ output: { max_line_bytes } })).toContain("|receipt_accepted|");
  });

  test.each([
    { leef_version: "1.0" },
    { delimiter: "tab" },
    { usr_name: "sender" },
    { usr_name: "recipient" },
  ])("%j", (output) => {
    expect(parseLeef(lineWith({ output })).eventId).toBe("receipt_accepted");
  });

  test.each(["json", "json+leef"])("the format %s", (format) => {
    const label = "    account_label: 'Ä \"quoted\" \\ label'\n";
    const line = JSON.parse(lineWith({ output: { format } }, label)) as Record<string, unknown>;
    expect(line.account).toBe('Ä "quoted" \\ label');
  });

  test("a host name of 255 characters, unchanged", () => {
    const hostname = `h${"o".repeat(253)}t`;
    expect(parseLeef(lineWith({ output: { hostname } })).hostname).toBe(hostname);
  });
});
