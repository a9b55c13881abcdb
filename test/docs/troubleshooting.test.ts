import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { errorCodeRows, fits } from "../support/error_codes.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/troubleshooting.md", ROOT), "utf8");
const ROWS = errorCodeRows();

/** The sources of the program without those of the engine, which has no errors. */
const SOURCES = new Map(
  readdirSync(new URL("plugin", ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("engine/"))
    .map((path) => [path, readFileSync(new URL(`plugin/${path}`, ROOT), "utf8")]),
);

/** How the code of an error is written down in the sources. */
const SPELLINGS: readonly RegExp[] = [
  /\bcode: "([a-z][a-z0-9_]*)"/g,
  /\bcode = "([a-z][a-z0-9_]*)"/g,
  // answer_error.ts
  /\bauth\("([a-z_]+)"/g,
  /code \|\| "([a-z_]+)"/g,
  /code === "(err_developer_key)"\)/g,
  // secrets.ts: refusal(where, reason, code)
  /refusal\((?:[^()]|\([^()]*\))*?,\s+"([a-z_]+)"(?:,\s*(?:`|"|[A-Za-z_]+).*?)?,?\s*\)/gs,
  // Codes of network_error.ts and etcd_error.ts are a type.
  /^ {2}\| "([a-z_]+)"/gm,
  // Codes with an end that differs: `http_${status}`, `state_${…}`.
  /`((?:http|state)_)\$\{/g,
];

/** Words that are spelled alike and are no codes of errors. */
const FILES_WITH_TYPES = ["client/network_error.ts", "fleet/etcd_error.ts"];

function codesOfSources(): Set<string> {
  const found = new Set<string>();
  for (const [path, text] of SOURCES) {
    for (const spelling of SPELLINGS) {
      const isType = spelling.source.startsWith("^ {2}");
      if (isType && !FILES_WITH_TYPES.includes(path)) continue;
      for (const [, code] of text.matchAll(spelling)) {
        found.add(code!.endsWith("_") ? `${code}…` : code!);
      }
    }
  }
  return found;
}

describe("docs/error-codes.csv", () => {
  it("has a row for every code that the program can print, and for no other", () => {
    const codes = codesOfSources();
    expect(codes.size).toBeGreaterThan(60);
    const listed = new Set(ROWS.map(({ code }) => code));
    expect([...codes].filter((code) => !listed.has(code)).toSorted()).toEqual([]);
    // Mimecast's own codes are passed on as they come.
    const passedOn = ["err_…", "err_xdk_invalid_signature", "err_xdk_…", "InvalidClientIdentifier"];
    const unknown = [...listed].filter((code) => !codes.has(code) && !passedOn.includes(code));
    expect(unknown).toEqual([]);
  });

  it("quotes messages that stand in the sources", () => {
    const all = [...SOURCES.values()].join("\n").replaceAll('\\"', '"');
    const wrong = ROWS.flatMap(({ message }) =>
      message
        .split("…")
        // A message is put together at its colons and before what is wanted; a status and a path are values.
        .flatMap((part) =>
          part.split(/: |:$|(?=must be )|answered |POST \/oauth\/token on|502 \(text\/html\)/),
        )
        .map((part) => part.replaceAll(/^[": ,]+|[": ,(]+$/g, ""))
        .filter((part) => part.length >= 8 && !all.includes(part)),
    );
    expect(wrong).toEqual([]);
  });

  it("has a cause and a remedy in each row, and quotes no message twice for one code of an area", () => {
    expect(ROWS.length).toBeGreaterThan(80);
    for (const { cause, remedy } of ROWS) {
      expect(cause.length).toBeGreaterThan(5);
      expect(remedy.length).toBeGreaterThan(3);
    }
    const keys = ROWS.map(({ area, code, message }) => `${area} ${code} ${message}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("has every code that the page names", () => {
    const codes = new Set(ROWS.map(({ code }) => code));
    const named = [...PAGE.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, code]) => code!);
    const others = ["health_error", "state_dir", "quarantine_after", "interval_secs"];
    const missing = named.filter((name) => !codes.has(name) && !others.includes(name));
    expect(missing.filter((name) => !name.startsWith("state_"))).toEqual([]);
  });
});

describe("docs/troubleshooting.md", () => {
  it("lists every exit code", () => {
    const listed = [...PAGE.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });

  it("links to sections and pages that are there", () => {
    const heads = [...PAGE.matchAll(/^##+ (.+)$/gm)].map(([, head]) =>
      head!.toLowerCase().replaceAll(/[',]/g, "").replaceAll(" ", "-"),
    );
    for (const [, anchor] of PAGE.matchAll(/\]\(#([^)]+)\)/g)) expect(heads).toContain(anchor);
  });
});

describe("fits()", () => {
  it.each([
    ["a … b", "a xyz b", true],
    ["a … b", "a b", true],
    ["a … b", "a", false],
    ["a (…)", "a (x)", true],
    ["a", "ab", false],
    ["… is empty", 'Cannot read "x": the file is empty', true],
  ])("%s and %s: %s", (quoted, text, expected) => {
    expect(fits(quoted, text)).toBe(expected);
  });
});
