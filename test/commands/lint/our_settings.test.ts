import { describe, expect, it } from "vitest";
import { ourFindings } from "../../../plugin/commands/lint/our_settings.ts";
import { EXAMPLES } from "../../../plugin/commands/snippet/ways.ts";
import { parseConfig } from "../../../plugin/config/parse_config.ts";
import { SHIPPERS, type ShipperName } from "../../../plugin/config/shipper.ts";

function configOf(more: string) {
  return parseConfig(
    `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X } }]\n${more}`,
    {},
    { fileName: "c", mode: 0o600 },
  );
}

function rules(shipper: ShipperName, more: string): string[] {
  return ourFindings(shipper, configOf(more), "/c").map(({ rule }) => rule);
}

const STARTERS = SHIPPERS.filter((name) => EXAMPLES[name].exec !== undefined);

describe("shipper:", () => {
  it.each(SHIPPERS.filter((name) => !STARTERS.includes(name)))(
    "%s needs an output, because it starts no program",
    (shipper) => {
      expect(rules(shipper, `shipper: ${shipper}`)).toEqual(["output"]);
      const more = "output: { file: { path: /var/log/m.leef } }";
      expect(rules(shipper, `shipper: ${shipper}\n${more}`)).toEqual([]);
    },
  );

  it.each(STARTERS)("%s has what it needs by the key alone", (shipper) => {
    expect(rules(shipper, `shipper: ${shipper}`)).toEqual([]);
  });

  it("sets poll.lag_bytes for Vector; what the file says wins", () => {
    expect(configOf("").poll.lagBytes).toBe(1_048_576);
    expect(configOf("shipper: syslog-ng").poll.lagBytes).toBe(1_048_576);
    expect(configOf("shipper: vector").poll.lagBytes).toBe(8_388_608);
    const own = configOf("shipper: vector\npoll: { lag_bytes: 2097152 }");
    expect(own.poll.lagBytes).toBe(2_097_152);
    expect(configOf("shipper: vector\npoll: { start: 1d }").poll.lagBytes).toBe(8_388_608);
  });

  it("must be a shipper", () => {
    expect(() => configOf("shipper: vectr")).toThrow('did you mean "vector"?');
  });
});

describe("ourFindings()", () => {
  it.each([
    ["vector", "", ["poll.lag_bytes"]],
    ["vector", "shipper: vector\npoll: { lag_bytes: 1048576 }", ["poll.lag_bytes"]],
    ["vector", "shipper: vector\nhandover: drained", ["handover"]],
    ["fluent-bit", "handover: drained", ["handover"]],
    ["syslog-ng", "", []],
    ["syslog-ng", "shipper: vector", ["shipper"]],
    ["vector", 'output: { http: { url: "http://127.0.0.1:1/" } }', []],
  ] as const)("%s with %j: %j", (shipper, more, wanted) => {
    expect(rules(shipper, more)).toEqual(wanted);
  });

  it("points to our configuration", () => {
    const [finding] = ourFindings("vector", configOf(""), "/etc/c.yaml");
    expect(finding).toMatchObject({ file: "/etc/c.yaml", effect: "loses" });
  });
});
