import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectedFor } from "../../plugin/commands/lint/expected.ts";
import { lintConfig } from "../../plugin/commands/lint/lint_config.ts";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { until } from "../support/program.ts";
import type { Qradar } from "../support/qradar_receiver.ts";
import {
  hasShipper,
  mustHave,
  type Shipper,
  type ShipperName,
  startShipper,
} from "../support/shippers.ts";

/** Shows that what lint reports really loses or damages data: the bad files, run in the real shippers. */

/** Fluent Bit starts the program every second. */
const EVERY_SECOND = "poll: { interval_secs: 1 }\n";
const BAD = "test/fixtures/shipper_configs/bad";

const closers = closersOfEach();

interface Scene {
  readonly fake: Fake;
  readonly qradar: Qradar;
  readonly shipper: Shipper;
  readonly folder: string;
  /** What QRadar has got, as text. */
  lines(): string[];
}

async function scene(
  name: ShipperName,
  file: string,
  rule: string,
  options: {
    readonly records?: number;
    readonly replace?: Readonly<Record<string, string>>;
    readonly before?: (qradar: Qradar) => unknown;
  } = {},
): Promise<Scene> {
  const text = readFileSync(`${BAD}/${file}`, "utf8");
  const expected = expectedFor("leef", 4096, null);
  expect(lintConfig(text, file, expected).findings.map((each) => each.rule)).toEqual([rule]);
  const siem = options.records ?? 200;
  const fake = await fakeFor(closers, { api: "2.0", seed: 5, records: { siem } });
  const qradar = await qradarFor(closers, { maxPayloadBytes: 65_536, parse: "all" });
  await options.before?.(qradar);
  const workspace = workspaceFor(closers);
  const account = configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, EVERY_SECOND);
  workspace.config(account.replace("    client_id", "    sources: [siem]\n    client_id"));
  const replace = options.replace ?? {};
  const shipper = await startShipper(name, workspace, qradar.port, replace, `${BAD}/${file}`);
  closers.push(() => shipper.kill());
  const lines = () => qradar.events.map(({ bytes }) => bytes.toString("utf8"));
  return { fake, qradar, shipper, lines, folder: workspace.folder };
}

async function arrives(at: Scene, what: string, probe: () => boolean): Promise<void> {
  await until(probe, 18_000, what).catch((error) => {
    throw new Error(`${error.message}\n${at.shipper.said().slice(-2_000)}`);
  });
}

for (const name of ["fluent-bit", "syslog-ng", "vector"] as const) {
  if (!hasShipper(name) && !mustHave(name))
    process.stderr.write(`skipped: ${name} is not on PATH\n`);
}

describe.skipIf(!hasShipper("fluent-bit") && !mustHave("fluent-bit"))("in Fluent Bit", () => {
  // The records of the fake make shorter lines than a real account: the sizes are reduced with them.
  it("a small buf_size cuts lines in two", async () => {
    const at = await scene("fluent-bit", "fluent_bit_buf_size_small.yaml", "buf_size", {
      replace: { "buf_size: 2k": "buf_size: 512" },
    });
    await arrives(at, "more pieces than records", () => at.qradar.count > at.fake.total() + 50);
    expect(at.qradar.problems.length).toBeGreaterThan(0);
    expect(at.lines().filter((line) => !line.includes("LEEF:")).length).toBeGreaterThan(0);
  });

  it("a small syslog_maxsize cuts the ends off", async () => {
    const at = await scene("fluent-bit", "fluent_bit_maxsize_small.yaml", "syslog_maxsize", {
      replace: { "syslog_maxsize: 1024": "syslog_maxsize: 512" },
    });
    await arrives(at, "all events", () => at.qradar.count >= at.fake.total());
    const cut = at.lines().filter((line) => Buffer.byteLength(line) >= 500);
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.every((line) => Buffer.byteLength(line) <= 512)).toBe(true);
  });

  it("another message key sends headers without our lines", async () => {
    const at = await scene("fluent-bit", "fluent_bit_message_key_other.yaml", "syslog_message_key");
    await arrives(at, "events or a refusal", () => at.qradar.count >= at.fake.total());
    expect(at.lines().some((line) => line.includes("LEEF:"))).toBe(false);
    expect(at.qradar.ids()).toEqual([]);
  });

  it("the default retry_limit drops what QRadar could not take for a moment", async () => {
    const at = await scene("fluent-bit", "fluent_bit_retry_limit_default.yaml", "retry_limit", {
      before: (qradar) => qradar.stop(),
      replace: { "storage.checksum: off": "scheduler.base: 1\n  scheduler.cap: 1" },
    });
    await arrives(at, "the end of the retries", () => /cannot be retried/.test(at.shipper.said()));
    const lost = new Set(at.fake.ids());
    await at.qradar.start();
    at.fake.add({ siem: 20 });
    const late = [...at.fake.ids()].filter((id) => !lost.has(id));
    await arrives(at, "what came later", () => {
      const arrived = new Set(at.qradar.ids());
      return late.every((id) => arrived.has(id));
    });
    // A second chunk may still have had a try left.
    const arrived = new Set(at.qradar.ids());
    expect([...lost].filter((id) => !arrived.has(id)).length).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasShipper("syslog-ng") && !mustHave("syslog-ng"))("in syslog-ng", () => {
  it("the syslog() driver puts octet counts before our lines", async () => {
    const at = await scene("syslog-ng", "syslog_ng_octet_counting.conf", "syslog()");
    await arrives(at, "events", () => at.qradar.count > 10);
    expect(at.lines()[0]).toMatch(/^\d+ </);
    expect(at.qradar.problems.length).toBeGreaterThan(0);
  });

  it("without a template there are two headers", async () => {
    const at = await scene("syslog-ng", "syslog_ng_template_missing.conf", "template");
    await arrives(at, "all events", () => at.qradar.count >= at.fake.total());
    expect(at.lines().every((line) => /^<\d+>.*<\d+>1 .*LEEF:/.test(line))).toBe(true);
    expect(at.qradar.problems.length).toBeGreaterThan(0);
  });

  it("without no-parse our header is gone, and with it the log source identifier", async () => {
    const at = await scene("syslog-ng", "syslog_ng_parse.conf", "no-parse");
    await arrives(at, "all events", () => at.qradar.count >= at.fake.total());
    const bare = at.lines().filter((line) => !line.startsWith("<"));
    expect(bare.length).toBeGreaterThan(at.fake.total() / 2);
  });

  it("without flow-control lines are dropped once the buffer is full", async () => {
    const at = await scene("syslog-ng", "syslog_ng_flow_control.conf", "flow-control", {
      records: 12_000,
      before: (qradar) => qradar.stop(),
      // The smallest buffer that syslog-ng takes is 1 MiB.
      replace: {
        "disk-buf-size(1073741824) mem-buf-size(16777216)":
          "disk-buf-size(1048576) mem-buf-size(1048576)",
      },
    });
    const control = join(at.folder, "syslog-ng.ctl");
    const dropped = () => {
      const { stdout } = spawnSync("syslog-ng-ctl", ["stats", "-c", control], { encoding: "utf8" });
      return Number(/^dst\.[^\n]*;dropped;(\d+)$/m.exec(stdout)?.[1] ?? 0);
    };
    await arrives(at, "dropped lines", () => dropped() > 0);
  });
});

describe.skipIf(!hasShipper("vector") && !mustHave("vector"))("in Vector", () => {
  /** `vector validate`, as the packaged unit runs it before the start; QRadar is away. */
  function validated(file: string): { readonly code: number | null; readonly said: string } {
    const workspace = workspaceFor(closers);
    const path = join(workspace.folder, file.split("/").at(-1) as string);
    const text = readFileSync(file, "utf8")
      .replaceAll(/qradar\.(?:internal|example\.com):514/g, "127.0.0.1:9")
      .replaceAll("/var/lib/vector", workspace.folder);
    writeFileSync(path, text);
    const run = spawnSync("vector", ["validate", path], { encoding: "utf8", timeout: 60_000 });
    return { code: run.status, said: run.stdout + run.stderr };
  }

  it.each([
    ["vector_variable.toml", "invalid uri character"],
    ["vector_healthcheck.toml", "Health check for"],
    ["vector_no_port.toml", "Missing port"],
    ["vector_no_address.toml", "missing field `address`"],
  ])("%s keeps the packaged unit from starting", (file, reason) => {
    const { code, said } = validated(`${BAD}/${file}`);
    expect(said).toContain(reason);
    expect(code).not.toBe(0);
  });

  it("the example starts while QRadar is away", () => {
    const { code, said } = validated("config-examples/vector/vector.toml");
    expect(said).toContain("Validated");
    expect(code).toBe(0);
  });
});

describe.skipIf(!hasShipper("syslog-ng") && !mustHave("syslog-ng"))(
  "in syslog-ng, without starting it",
  () => {
    it.each(["syslog_ng_no_port.conf"])("%s is no configuration", (file) => {
      const run = spawnSync("syslog-ng", ["-s", "--no-caps", "-f", `${BAD}/${file}`]);
      expect(run.status).not.toBe(0);
    });
  },
);
