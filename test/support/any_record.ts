import fc from "fast-check";
import type { EngineSettings, RecordKind } from "../../plugin/encode/engine.ts";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };

/** Arbitrary input of the engine: records with the names that it knows, and everything that is none. */
export const KINDS: readonly RecordKind[] = [
  "auto",
  "siem",
  "audit",
  "ttp_url",
  "cloud_integrated",
  "health",
];
const NAMES = [...Object.values(MAPPING.fields).flat(), "event", "x"];

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(..."^|=\t\n\r\\\"'{}[]<>,: ~%\u0000\u0085\u2028\ufeff"),
    maxLength: 40,
  }),
  fc.constantFrom(
    ...Object.keys(MAPPING.types),
    ...MAPPING.cats.flatMap((cat) => cat.outcome.flatMap(({ values }) => Object.keys(values))),
    "2026-01-01T00:00:00+0000",
    "192.0.2.1",
    "inbound",
  ),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("any"), { maxLength: 5 }),
  object: fc.dictionary(
    fc.oneof(fc.constantFrom("emailAddress", "name", "info", "allow", "type"), fc.string()),
    tie("any"),
    { maxKeys: 5 },
  ),
})).any;
/** A record as JSON text, without a line feed. */
export const record = fc
  .dictionary(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...NAMES) },
      { weight: 1, arbitrary: fc.string() },
    ),
    value,
    { maxKeys: 25 },
  )
  .map((members) => Buffer.from(JSON.stringify(members)));
/** Not even JSON: bytes, lines, key=value pairs. */
const junk = fc.oneof(
  fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 ? 32 : byte)))),
  fc
    .array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 8 })
    .map((pairs) =>
      Buffer.from(
        pairs.map(([name, content]) => `${name}=${content}`.replaceAll("\n", " ")).join("|"),
      ),
    ),
  fc.tuple(record, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const broken = Buffer.from(bytes);
    broken[at % broken.length] = byte === 10 ? 32 : byte;
    return broken;
  }),
);
/** What a line may hold. */
export const line = fc.oneof({ weight: 3, arbitrary: record }, { weight: 2, arbitrary: junk });
/** Settings that an engine accepts. */
export const settings = fc.record({
  format: fc.constantFrom<EngineSettings["format"]>("leef", "json", "json+leef"),
  delimiter: fc.constantFrom<EngineSettings["delimiter"]>("^", "tab"),
  leefVersion: fc.constantFrom<EngineSettings["leefVersion"]>("1.0", "2.0"),
  maxLineBytes: fc.constantFrom(1024, 1500, 4096, 32_000),
  usrName: fc.constantFrom<EngineSettings["usrName"]>("internal", "sender", "recipient"),
});
