import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { AccountEntry } from "../../../plugin/commands/setup/account_entry.ts";
import { changedConfig, newConfig } from "../../../plugin/commands/setup/config_document.ts";
import { parse as parseConfigText } from "../../support/config_text.ts";

const ENTRY: AccountEntry = {
  name: "new",
  api: "2.0",
  region: "uk",
  client_id: "0123",
  client_secret: { env: "NEW_SECRET" },
  sources: ["siem", "audit"],
};
const ADD = { entry: ENTRY, sealKey: null, shipper: null };

const OLD = `# ours
state_dir:   /srv/state   # a disk of its own

accounts:
  # the first
  - name: acme # renamed in May
    api: "2.0"
    region:  uk
    client_id: abc   # not secret
    client_secret: { env: ACME }
    # kept with acme

  # kept outside
poll: {  start:   3d }
`;

/** Every line of the first text, in order, is a line of the second. */
function keepsLines(before: string, after: string): boolean {
  const lines = after.split("\n");
  let at = 0;
  return before.split("\n").every((line) => {
    at = lines.indexOf(line, at) + 1;
    return at > 0;
  });
}

describe("newConfig()", () => {
  it("is a configuration that the program reads", () => {
    const text = newConfig(
      { entry: ENTRY, sealKey: { file: "/k" }, shipper: null },
      "/srv/state",
      "# head\n",
    );
    const config = parseConfigText(text);
    expect(config).toMatchObject({
      stateDir: "/srv/state",
      sealKey: { file: "/k" },
      shipper: null,
    });
    expect(config.accounts[0]?.sources.map(({ name }) => name)).toEqual(["siem", "audit"]);
    // Not the number 2.
    expect(text).toContain('api: "2.0"');
    // Not the number 123 in octal or decimal.
    expect(parse(text).accounts[0].client_id).toBe("0123");
  });
});

describe("changedConfig()", () => {
  it("adds an account behind the last one and touches nothing else", () => {
    const text = changedConfig(OLD, { entry: ENTRY, sealKey: { file: "/etc/k" }, shipper: null });
    const added = text.match(/ {2}- name: new\n(?: {4}\S.*\n)+/)?.[0] ?? "";
    expect(added.split("\n")).toHaveLength(7);
    expect(text.replace(added, "")).toBe(`${OLD}seal_key: { file: /etc/k }\n`);
    expect(text.indexOf("# kept with acme")).toBeLessThan(text.indexOf("name: new"));
    expect(text.indexOf("# kept outside")).toBeGreaterThan(text.indexOf("name: new"));
  });

  it("changes the values of an account where they stand", () => {
    const entry = { ...ENTRY, name: "acme", client_id: "xyz" };
    const text = changedConfig(OLD, { entry, sealKey: null, shipper: null });
    expect(text).toBe(
      OLD.replace("client_id: abc ", "client_id: xyz ")
        .replace("{ env: ACME }", "{ env: NEW_SECRET }")
        .replace("in May\n", "in May\n    sources: [ siem, audit ]\n"),
    );
  });

  it("takes keys away that another API generation or host has no use for", () => {
    const { region: _, ...rest } = ENTRY;
    const entry = { ...rest, name: "acme", base_url: "https://api.example.com" };
    const text = changedConfig(OLD, { entry, sealKey: null, shipper: null });
    expect(parse(text).accounts[0]).toEqual(entry);
    for (const comment of ["# ours", "# the first", "# renamed in May", "# not secret"]) {
      expect(text).toContain(comment);
    }
  });

  it.each([
    ["brackets", "accounts: [ { name: a, api: '2.0' } ] # end\n"],
    ["no indentation", "accounts:\n- name: a\n  api: '2.0'\n"],
    ["a dash alone", "accounts:\n  -\n    name: a\n    api: '2.0'\n"],
    ["no line feed at the end", "accounts:\n  - name: a\n    api: '2.0'"],
    ["a comment without line feed", "accounts:\n  - name: a\n    api: '2.0' # x"],
    ["values on their own lines", "accounts:\n  - name: a\n    client_secret:\n      env: X\n"],
    ["an alias", "x: &x { env: X }\naccounts:\n  - name: a\n    client_secret: *x\n"],
    ["carriage returns", "accounts:\r\n  - name: a\r\n    api: '2.0'\r\npoll: {}\r\n"],
  ])("understands %s", (_what, text) => {
    for (const name of ["new", "a"]) {
      const entry = { ...ENTRY, name };
      const { accounts, ...rest } = parse(
        changedConfig(text, { entry, sealKey: null, shipper: null }),
      );
      const before = parse(text);
      expect(accounts.at(-1)).toEqual({ ...(name === "a" ? before.accounts[0] : {}), ...entry });
      expect(accounts).toHaveLength(name === "a" ? 1 : 2);
      expect({ ...rest, accounts: before.accounts }).toEqual(before);
    }
  });

  it("keeps every line and every value, whatever stands in between", () => {
    const comment = fc.stringMatching(/^ {0,6}# [a-z:\-{}"' ]{0,12}$/);
    const between = fc.array(fc.oneof(comment, fc.constant("")), { maxLength: 3 });
    const file = fc
      .record({
        indent: fc.constantFrom("", "  ", "    "),
        names: fc.uniqueArray(fc.stringMatching(/^[a-m][a-z0-9]{0,5}$/), {
          minLength: 1,
          maxLength: 4,
        }),
        gaps: fc.array(between, { minLength: 12, maxLength: 12 }),
        tail: fc.boolean(),
      })
      .map(({ indent, names, gaps, tail }) => {
        let gap = 0;
        const gapLines = () => gaps[gap++ % gaps.length] as string[];
        return [
          ...gapLines(),
          "accounts:",
          ...names.flatMap((name) => [
            ...gapLines(),
            `${indent}- name: ${name}`,
            `${indent}  api:   "2.0"  # generation`,
            ...gapLines(),
            `${indent}  client_secret: { env:  X }`,
          ]),
          ...gapLines(),
          ...(tail ? ["poll: { start: 7d }", ...gapLines()] : []),
          "",
        ].join("\n");
      });
    fc.assert(
      fc.property(file, (text) => {
        const after = changedConfig(text, ADD);
        expect(keepsLines(text, after)).toBe(true);
        const before = parse(text);
        expect(parse(after)).toEqual({ ...before, accounts: [...before.accounts, ENTRY] });
      }),
    );
  });
});
