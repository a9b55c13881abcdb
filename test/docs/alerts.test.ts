import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly labels: { severity: string } }[];
  }[];
}

const page = readFileSync("docs/alerts.md", "utf8");

test("docs/alerts.md has a row for each alert, and pages for the critical ones only", () => {
  const file = readFileSync("config-examples/prometheus/mimecast-input.rules.yaml", "utf8");
  const alerts = (parse(file) as Rules).groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ alert, labels }) =>
      alert === undefined ? [] : [`${alert} ${labels.severity === "critical" ? "yes" : "no"}`],
    );
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(
    ([, name, pages]) => `${name} ${pages}`,
  );
  expect(rows.sort()).toEqual(alerts.sort());
});

test("docs/alerts.md names QRadar rules that exist", () => {
  const named = [...page.matchAll(/"(Mimecast: [^"]+)"/g)].map(([, name = ""]) =>
    name.replace(/\s+/g, " "),
  );
  expect(named.length).toBeGreaterThan(1);
  const rules = readFileSync("config-examples/qradar/rules.md", "utf8");
  for (const name of named) expect(rules).toContain(name);
});
