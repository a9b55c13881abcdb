import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  contentEvents,
  contentProperties,
} from "../../../plugin/commands/qradar/content_tables.ts";
import { testEvents } from "../../../plugin/commands/qradar/test_events.ts";
import { TEST_UID } from "../../../plugin/commands/test_uid.ts";
import type { AccountConfig, Config } from "../../../plugin/config/config.ts";
import { loadEngine } from "../../../plugin/encode/engine.ts";
import { customProperties } from "../../../scripts/qradar/custom_properties.ts";
import { readMapping } from "../../../scripts/qradar/mapping.ts";
import { parseLeef } from "../../support/leef_reference.ts";
import { shippedConsole } from "../../support/qradar/console.ts";
import { shippedContent } from "../../support/qradar/content.ts";
import { DEFAULT_RULES } from "../../support/qradar/default_rules.ts";
import { offensesOf } from "../../support/qradar/rule_engine.ts";

const folder = "config-examples/qradar";
const tables = {
  events: readFileSync(`${folder}/events.csv`, "utf8"),
  properties: readFileSync(`${folder}/custom-properties.csv`, "utf8"),
};
const engine = loadEngine(readFileSync("dist/mimecast.wasm"));
const NOW_MS = Date.UTC(2026, 0, 31, 8, 0, 0, 123);

interface Given {
  readonly api?: "1.0" | "2.0";
  readonly format?: "leef" | "json+leef";
  readonly delimiter?: "^" | "tab";
  readonly leefVersion?: "1.0" | "2.0";
  readonly dropped?: readonly string[];
}

function events({ api = "2.0", dropped = [], ...output }: Given = {}) {
  const config = {
    output: {
      format: "leef",
      maxLineBytes: 4096,
      delimiter: "^",
      leefVersion: "2.0",
      usrName: "internal",
      ...output,
    },
    mapping: { rename: {}, drop: [], severity: {} },
  } as unknown as Config;
  const account = { label: "acme", api, hostname: "mimecast-acme", dropped };
  const world = { engine, tables, nowMs: NOW_MS, run: "0a1b2c3d" };
  const made = testEvents(config, account as unknown as AccountConfig, world);
  return { ...made, texts: Buffer.from(made.lines).toString().trimEnd().split("\n") };
}

describe("testEvents()", () => {
  test.each<Given>([
    {},
    { api: "1.0" },
    { delimiter: "tab" },
    { leefVersion: "1.0", delimiter: "tab" },
    { format: "json+leef" },
    { dropped: contentEvents(tables).map(({ id }) => id) },
  ])("makes one event of each record family that Mimecast or the program has: %j", (given) => {
    const { expected, texts } = events(given);
    const families = new Set(contentEvents(tables).map(({ cat }) => cat));
    // What the mapping does not know is no family.
    families.delete("unknown");
    families.delete("malformed");
    expect(expected.map(({ event }) => event.cat).sort()).toEqual([...families].sort());
    expect(texts).toHaveLength(expected.length);
    expect(new Set(expected.map(({ uid }) => uid)).size).toBe(expected.length);
    expected.forEach(({ uid, timeMs }, index) => {
      expect(uid).toMatch(/^[0-9a-f]{32}$/);
      expect(uid.startsWith(`${TEST_UID}0a1b2c3d`)).toBe(true);
      expect(texts[index]).toContain(uid);
      expect(Math.abs(timeMs - NOW_MS)).toBeLessThan(1_000);
    });
  });

  test("names nobody: domains and addresses of the documentation only", () => {
    for (const text of events().texts) {
      const { attributes } = parseLeef(text);
      for (const key of ["usrName", "sender", "recipients"])
        expect(attributes.get(key) ?? "@example.invalid").toMatch(/@example\.invalid$/);
      for (const key of ["src", "dst"])
        expect(attributes.get(key) ?? "192.0.2.1").toMatch(/^(192\.0\.2|198\.51\.100)\.1$/);
    }
  });

  test("is what the shipped content shows", async () => {
    const { expected, texts } = events();
    const show = await shippedConsole([
      { name: "Mimecast @ acme", identifier: "mimecast-acme", type: "Mimecast Email Security" },
    ]);
    texts.forEach((payload, index) => {
      const shown = show({ payload, packetIp: "203.0.113.1", receivedMs: 0 });
      const { event, timeMs, user, source, properties } = expected[index]!;
      expect(shown).toMatchObject({
        eventName: event.name,
        category: event.category,
        severity: event.severity,
        timeMs,
        username: user,
        sourceIp: source ?? "203.0.113.1",
      });
      expect([...shown.properties].map(([name, value]) => [name, String(value)]).sort()).toEqual(
        [...properties].sort(),
      );
    });
  });

  test("makes no offense, even where every rule is enabled and somebody verifies often", async () => {
    const show = await shippedConsole([
      { name: "Mimecast @ acme", identifier: "mimecast-acme", type: "Mimecast Email Security" },
    ]);
    const all = [...(await shippedContent()).rules, ...DEFAULT_RULES];
    const enabled = all.map((rule) => ({ ...rule, enabled: true }));
    const arrivals = [0, 1, 2, 3].flatMap((time) =>
      events().texts.map((payload) => ({
        shown: show({ payload, packetIp: "203.0.113.1", receivedMs: 0 }),
        arrivalMs: time * 60_000,
      })),
    );
    expect(offensesOf(enabled, arrivals, 240_000)).toEqual([]);
  });
});

test("contentProperties() are those of the zip", () => {
  const inZip = customProperties(readMapping()).filter((each) => each.inZip);
  expect(contentProperties(tables)).toEqual(
    inZip.map(({ name, key, type, forceparse, regex }) => {
      return { name, key, type, inAdvance: forceparse, regex };
    }),
  );
});
