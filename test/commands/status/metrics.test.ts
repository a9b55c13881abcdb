import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { AccountStatus } from "../../../plugin/commands/status/account_status.ts";
import type { FeedStatus } from "../../../plugin/commands/status/feed_status.ts";
import { metricsText } from "../../../plugin/commands/status/metrics.ts";
import { onPath } from "../../support/program.ts";

const NOW = Date.UTC(2026, 2, 8, 12);
const hasPromtool = onPath("promtool");
if (!hasPromtool) process.stderr.write("skipped: promtool is not on PATH\n");

const FEED: FeedStatus = {
  feed: "siem",
  condition: "failing",
  collected_up_to: "2026-03-08T11:40:00Z",
  lag_seconds: 1200,
  last_run: "2026-03-08T11:55:00Z",
  last_success: "2026-03-08T10:55:00Z",
  overdue: true,
  next_due: null,
  records: 812,
  filtered: 40,
  unknown: [
    {
      kind: "type",
      name: "foo",
      count: 14,
      since: "2026-03-01T00:00:00Z",
      last: "2026-03-08T11:00:00Z",
    },
    {
      kind: "field",
      name: "",
      count: 2,
      since: "2026-03-01T00:00:00Z",
      last: "2026-03-08T11:00:00Z",
    },
  ],
  gaps: 1,
  deadline: "2026-03-15T11:40:00Z",
  failures: 2,
  error: "no",
  unanswered: null,
};
const NEW_FEED: FeedStatus = {
  ...FEED,
  feed: "audit",
  unknown: [],
  collected_up_to: null,
  lag_seconds: null,
  last_run: null,
  last_success: null,
  overdue: false,
  deadline: null,
};

function account(name: string, values: Partial<AccountStatus> = {}): AccountStatus {
  return {
    account: name,
    api: "2.0",
    enabled: true,
    condition: "ok",
    running: false,
    worker: null,
    config_problem: null,
    clock_ahead_seconds: null,
    unconfirmed_run: null,
    reconciled: {
      at: "2026-03-08T10:00:00Z",
      verdict: "incomplete",
      records: 18_233,
      missing: 2,
      healed: 5,
      complete_up_to: name === "acme" ? "2026-03-08T03:00:00Z" : null,
      message: "QRadar lacks 2 of 18233 records",
    },
    error: null,
    hint: null,
    feeds: [FEED, NEW_FEED],
    gaps: [],
    ...values,
  };
}

const ACCOUNTS = [account("acme"), account("broken", { error: "checksum", feeds: [] })];
const PROGRAM = { version: "1.2.3", nowMs: NOW };
const TEXT = metricsText(ACCOUNTS, PROGRAM);

function promtool(args: readonly string[], input = ""): { status: number | null; said: string } {
  const run = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { status: run.status, said: run.stdout + run.stderr };
}

describe("metricsText()", () => {
  it("is what test/golden/metrics.prom holds", async () => {
    await expect(TEXT).toMatchFileSnapshot("golden/metrics.prom");
  });

  it("leaves out what is not known, and metrics without a sample", () => {
    expect(TEXT).toContain('mimecast_input_gaps{account="acme",source="audit"} 1\n');
    expect(TEXT).not.toContain('lag_seconds{account="acme",source="audit"}');
    expect(metricsText([], PROGRAM)).not.toContain("records_total");
  });

  it("lets no label break a line or end its quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const text = metricsText([account(name)], PROGRAM);
        const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        for (const line of samples) {
          expect(line).toMatch(
            /^[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)+\})? -?[\d.e+-]+$/s,
          );
        }
      }),
    );
  });

  it.skipIf(!hasPromtool)("is accepted by promtool check metrics", () => {
    const odd = metricsText([account('a"\\\n{}')], PROGRAM);
    for (const text of [TEXT, odd]) {
      expect(promtool(["check", "metrics"], text)).toEqual({ status: 0, said: "" });
    }
  });
});

const RULES = "config-examples/prometheus/mimecast-input.rules.yaml";
const DASHBOARD = "config-examples/grafana/mimecast-input.json";

describe("alerts and dashboard", () => {
  const facts = { worker: "w", owned: 1, workers: 2, taken: 3, isUp: true };
  const all = TEXT + metricsText([], { ...PROGRAM, fleet: facts });
  const metrics = new Set([...all.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const used = (text: string) => new Set(text.match(/\bmimecast_input_\w+/g));

  it("use only metrics that there are", () => {
    for (const path of [RULES, DASHBOARD]) {
      const names = used(readFileSync(path, "utf8"));
      expect(names.size).toBeGreaterThan(4);
      for (const name of names) expect(metrics).toContain(name);
    }
  });

  it("docs/metrics.md names every metric with its type", () => {
    const page = readFileSync("docs/metrics.md", "utf8");
    for (const [, name, type] of TEXT.matchAll(/^# TYPE (\S+) (\S+)/gm)) {
      expect(page).toContain(`| \`${name}\` | ${type} |`);
    }
  });

  it("the dashboard shows every metric but the version and what is derived", () => {
    const names = used(readFileSync(DASHBOARD, "utf8"));
    const left = [...metrics].filter((name) => !names.has(name as string));
    expect(left).toEqual([
      "mimecast_input_build_info",
      "mimecast_input_lag_seconds",
      "mimecast_input_last_run_timestamp_seconds",
    ]);
  });

  it("the dashboard has panels with ids of their own inside of its grid, none over another", () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8"));
    expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length);
    const cells = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells, `${title} covers another panel`).not.toContain(`${x} ${y}`);
          cells.add(`${x} ${y}`);
        }
      }
    }
  });

  it("every alert names a severity and a summary", () => {
    const { groups } = parse(readFileSync(RULES, "utf8"));
    for (const rule of groups[0].rules) {
      expect(rule.labels.severity).toMatch(/^(?:warning|critical)$/);
      expect(rule.annotations.summary.length).toBeGreaterThan(10);
    }
  });

  it.skipIf(!hasPromtool)("are accepted by promtool, and fire when they should", () => {
    expect(promtool(["check", "rules", RULES]).status).toBe(0);
    const fired = promtool(["test", "rules", "test/fixtures/prometheus/alerts.yaml"]);
    expect(fired.said).toContain("SUCCESS");
    expect(fired.status).toBe(0);
  });
});
