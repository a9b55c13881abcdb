import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { ConfigFacts } from "../../plugin/config/checks.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { runs } from "../support/amount.ts";

const FACTS: ConfigFacts = { fileName: "config.yaml", mode: 0o644 };

/** Config or ConfigError: every other error fails the test. Returns all text that a person would see. */
function shown(text: string, facts: ConfigFacts = FACTS): string {
  try {
    return JSON.stringify(parseConfig(text, {}, facts));
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.message).toContain(error.problems[0]);
    return [error.message, error.hint, ...error.problems, String(error.cause)].join("\n");
  }
}

/** Characters of which YAML is made, so that many texts are nearly valid. */
const yamlish = fc.string({
  unit: fc.constantFrom(..."abz019 \n\n\t:-,.[]{}#&*!|>'\"%@`?~\\/é\u0000\ud83d\ude00"),
  maxLength: 200,
});

const KEYS = [
  ..."accounts name api region base_url client_id client_secret app_id app_key sources poll".split(
    " ",
  ),
  ..."output mapping rename drop severity network proxy seal_key log level hostname file env".split(
    " ",
  ),
  "__proto__",
  "constructor",
  "toString",
];

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    "acme",
    "1.0",
    "2.0",
    1,
    2,
    "global",
    "us",
    "siem",
    "leef",
    "tab",
    "7d",
    null,
    true,
  ),
  fc.string(),
  fc.double(),
);

const anyTree = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie("tree"), { maxKeys: 6 }),
  ),
})).tree;

/** A valid file in which one secret is written into every position where one may stand. */
function validFile(secret: string): Record<string, unknown> {
  return {
    accounts: [
      {
        name: "new",
        api: "2.0",
        region: "global",
        client_id: "an-id",
        client_secret: secret,
      },
      {
        name: "old",
        api: "1.0",
        region: "us",
        app_id: "an-id",
        app_key: secret,
        access_key: secret,
        secret_key: secret,
        sources: ["siem", { name: "audit", interval_secs: 60 }],
      },
    ],
    poll: { start: "1d" },
    output: { format: "json" },
    network: { proxy: `http://user:${secret}@proxy.example.com` },
    mapping: { rename: { sender: "from" }, severity: { receipt_rejected: 5 } },
  };
}

/** Puts `value` at a random place of a tree, in place of what is there or beside it. */
function damage(tree: unknown, steps: readonly number[], key: string, value: unknown): void {
  let node = tree;
  for (const step of steps) {
    if (typeof node !== "object" || node === null) {
      return;
    }
    const names = Object.keys(node);
    const name = names[step % (names.length + 1)] ?? key;
    const inner = Object.getOwnPropertyDescriptor(node, name)?.value;
    if (typeof inner !== "object" || inner === null) {
      const own = { value, enumerable: true, writable: true, configurable: true };
      Object.defineProperty(node, name, own);
      return;
    }
    node = inner;
  }
}

describe("parseConfig()", () => {
  test("answers any text with a Config or a ConfigError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), yamlish), (text) => void shown(text)),
      {
        numRuns: runs(2000),
      },
    );
  });

  test("answers any YAML document with a Config or a ConfigError", () => {
    fc.assert(
      fc.property(anyTree, (tree) => void shown(stringify(tree))),
      { numRuns: runs(1000) },
    );
  });

  test("accepts the file that the next properties damage", () => {
    const secret = "Zq7!x-Kw92_pLm4";
    expect(shown(stringify(validFile(secret)), { ...FACTS, mode: 0o600 })).toContain("[secret]");
  });

  test("never shows a secret, whatever else is wrong with the file", () => {
    const change = fc.record({
      steps: fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }),
      key: fc.constantFrom(...KEYS, "clientsecret", "secret"),
      value: fc.oneof(scalar, fc.constant({}), fc.constant([]), fc.constant({ evn: "X" })),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const secret = "Zq7!x-Kw92_pLm4";
        const tree = validFile(secret);
        for (const { steps, key, value } of changes) {
          damage(tree, steps, key, value);
        }
        expect(shown(stringify(tree))).not.toContain(secret);
      }),
      { numRuns: runs(1000) },
    );
  });

  test("never shows a secret of any spelling that the file holds without quotes", () => {
    const risky = fc.string({
      unit: fc.constantFrom(..."aZ7 :-,[]{}#&*!|>'\"%@`?~\\="),
      maxLength: 12,
    });
    fc.assert(
      fc.property(risky, risky, fc.boolean(), (before, after, flow) => {
        const secret = `${before}QXSECRETXQ${after}`;
        const text = flow
          ? `accounts: [{ name: a, api: "2.0", region: uk, client_id: b, client_secret: ${secret} }]`
          : `accounts:\n  - name: a\n    api: "2.0"\n    region: uk\n    client_id: b\n    client_secret: ${secret}\n`;
        expect(shown(text)).not.toContain("QXSECRETXQ");
      }),
      { numRuns: runs(3000) },
    );
  });

  test("survives nesting and repetition that exhaust a parser", () => {
    expect(shown("[".repeat(100_000))).toContain("nested too deep");
    expect(shown(`accounts: ${"{a: ".repeat(5000)}1${"}".repeat(5000)}`)).toContain(
      "nested too deep",
    );
    const laughs = Array.from({ length: 12 }, (_, i) => {
      const inner = i === 0 ? '"x"' : `*a${i - 1}, *a${i - 1}, *a${i - 1}, *a${i - 1}`;
      return `k${i}: &a${i} [${inner}]`;
    });
    expect(shown(laughs.join("\n"))).toContain("nested too deep");
  });
});
