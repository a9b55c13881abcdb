import { type Listener, sendLines } from "../../client/probe/send_lines.ts";
import { healthRecord } from "../../collect/health.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import { createEngine, type EngineModule } from "../../encode/engine.ts";
import { EXIT } from "../../errors.ts";
import type { Finding } from "../lint/finding.ts";
import type { IncludeReader } from "../lint/included_files.ts";
import { type LintBasis, lintFiles } from "../lint/lint.ts";
import { ourFindings } from "../lint/our_settings.ts";
import { type CheckResult, type Reporter, reporter } from "./result.ts";

/** The shipper's configuration, as results: one for each finding of `lint`. */
export async function shipperResults(
  name: string,
  basis: LintBasis,
  reader: IncludeReader,
): Promise<CheckResult[]> {
  const report = reporter("shipper");
  try {
    const { findings, shipper } = await lintFiles([name], basis, reader);
    if (findings.length === 0) return [report.ok("lint", `${name}: nothing found (${shipper})`)];
    return findings.map((finding) => findingResult(report, name, finding));
  } catch (error) {
    return [report.error("lint", error)];
  }
}

/** What our own configuration costs under the shipper that it names, as results. */
export function ownResults(config: Config, path: string): CheckResult[] {
  if (config.shipper === null) return [];
  const report = reporter("shipper");
  const findings = ourFindings(config.shipper, config, path);
  if (findings.length === 0) return [report.ok("settings", `fit for ${config.shipper}`)];
  return findings.map((finding) => findingResult(report, path, finding));
}

function findingResult(report: Reporter, name: string, finding: Finding): CheckResult {
  const { line, file = name, effect, reason, remedy, rule } = finding;
  const text = `${file}:${line}: ${effect}: ${reason}`;
  return effect === "note" ? report.note(rule, text, remedy) : report.warn(rule, text, remedy);
}

/** Sends one event, made by the engine as a poll makes it, straight to QRadar, bypassing the shipper. */
export async function qradarResults(
  config: Config,
  account: AccountConfig,
  engine: EngineModule,
  listener: Listener,
  nowMs: number,
): Promise<CheckResult[]> {
  const report = reporter("qradar");
  const at = `${listener.host}:${listener.port}${listener.tls === null ? "" : " with TLS"}`;
  try {
    await sendLines(testEvent(config, account, engine, nowMs), listener);
  } catch (error) {
    return [{ ...report.error("test event", error), exit: EXIT.temporary }];
  }
  return [
    report.ok(
      "test event",
      `sent to ${at}; syslog has no answer: search QRadar for eventId "health_ok" of ${account.hostname}`,
    ),
  ];
}

/** One finished line. */
export function testEvent(
  config: Config,
  account: AccountConfig,
  engineModule: EngineModule,
  nowMs: number,
): Uint8Array {
  const engine = createEngine(engineModule, engineSettings(config, account, "leef"));
  const message = "Test event of mimecast-input check";
  engine.begin("health");
  const pieces: Uint8Array[] = [];
  const record = healthRecord({ status: "ok", endpoint: "check", message }, account.name, nowMs);
  for (const chunk of engine.encode(record)) pieces.push(Buffer.from(chunk.bytes));
  engine.end();
  return Buffer.concat(pieces);
}
