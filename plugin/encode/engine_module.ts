import { ConfigError } from "../errors.ts";

/** The exports of plugin/engine/index.ts; the module imports nothing from its host. */
export interface EngineExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  inputAddress(): number;
  inputSize(): number;
  settings(length: number): number;
  begin(kind: number, skip: number): void;
  encode(length: number, last: number): number;
  outputAddress(): number;
  outputLength(): number;
  recordCount(): number;
  malformedCount(): number;
  unknownAddress(): number;
  unknownCount(): number;
  forgetUnknown(): void;
  fieldsAddress(): number;
  fieldsGeneration(): number;
  filteredCount(): number;
  digest(): number;
}

/** The used part of the WebAssembly JavaScript interface; the types of Node lack it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The compiled module: one for the process, any number of engines. */
export interface EngineModule {
  readonly wasm: object;
}

/** The record families in the order of their numbers in the module. "auto" finds the family by the record's fields. */
export const KINDS = [
  "auto",
  "siem",
  "audit",
  "ttp_impersonation",
  "ttp_url",
  "ttp_attachment",
  "dlp",
  "cloud_integrated",
  "held_release",
  "rejections",
  "archive_search",
  "archive_view",
  "threat_intel",
  "health",
] as const;

/** A record family that the engine knows. */
export type RecordKind = (typeof KINDS)[number];

/** The settings of an engine, which never change. */
export interface EngineSettings {
  readonly format: "leef" | "json" | "json+leef";
  /** The account's name in the configuration: `account` of the envelope, and `accountName` of the line. */
  readonly account: string;
  /** HOSTNAME of the syslog header: QRadar's log source identifier. */
  readonly hostname: string;
  readonly api: "1.0" | "2.0";
  /** Upper bound of a whole LEEF line in bytes, header included, line feed not (QRadar default: 4096). */
  readonly maxLineBytes: number;
  readonly delimiter: "^" | "tab";
  readonly leefVersion: "1.0" | "2.0";
  readonly usrName: "internal" | "sender" | "recipient";
  readonly mapping: {
    /** LEEF key -> LEEF key. */
    readonly rename: Readonly<Record<string, string>>;
    /** LEEF keys to leave out. */
    readonly drop: readonly string[];
    /** EventID -> sev 1..10. */
    readonly severity: Readonly<Record<string, number>>;
  };
  /** EventIDs whose records make no line, but still count as records. Absent: none. */
  readonly dropped?: readonly string[];
}

/** The module from the bytes of dist/mimecast.wasm. It compiles for the first engine, because a run without lines needs none. */
export function loadEngine(bytes: Uint8Array): EngineModule {
  let wasm: object | null = null;
  return {
    get wasm() {
      wasm ??= new WebAssembly.Module(bytes);
      return wasm;
    },
  };
}

/** A new instance with its own memory. */
export function instantiate(module: EngineModule): EngineExports {
  return new WebAssembly.Instance(module.wasm).exports as EngineExports;
}

/** Gives the engine its settings, lines of "name=value" in its input buffer. */
export function applySettings(
  wasm: EngineExports,
  input: Uint8Array,
  settings: EngineSettings,
): void {
  const { mapping } = settings;
  const lines = [
    ["format", settings.format],
    ["account", settings.account],
    ["hostname", settings.hostname],
    ["api", settings.api],
    ["delimiter", settings.delimiter],
    ["leef", settings.leefVersion],
    ["limit", String(settings.maxLineBytes)],
    ["usrName", settings.usrName],
    ...Object.entries(mapping.severity).map(([id, sev]) => [`severity.${id}`, String(sev)]),
    ...mapping.drop.map((key) => [`drop.${key}`, "1"]),
    ...(settings.dropped ?? []).map((id) => [`filter.${id}`, "1"]),
    ...Object.entries(mapping.rename).map(([from, to]) => [`rename.${from}`, to]),
  ].map(([name, value]) => `${name}=${value}`.replaceAll(/[\r\n]/g, " "));
  const text = Buffer.from(`${lines.join("\n")}\n`);
  if (text.length > input.length) {
    throw unusable(`at most ${input.length} bytes`, `${text.length} bytes`);
  }
  input.set(text);
  const line = wasm.settings(text.length);
  if (line > 0) {
    throw unusable("known and in its range", `"${lines[line - 1]}"`);
  }
}

function unusable(wanted: string, current: string): ConfigError {
  return new ConfigError(
    `Cannot start the engine: setting must be ${wanted}: current one is ${current}`,
    { code: "engine_setting" },
  );
}
