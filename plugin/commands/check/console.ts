import type { Config } from "../../config/config.ts";
import { ApiError, AuthError, ConfigError, NetworkError } from "../../errors.ts";
import { contentPlan } from "../qradar/content_plan.ts";
import { extensions } from "../qradar/extension.ts";
import { propertiesThere, UID_PROPERTY } from "../qradar/find_events.ts";
import { logSourcePlan, sendersOf } from "../qradar/log_source_plan.ts";
import { contentIds, LEEF, logSources, typeId } from "../qradar/log_sources.ts";
import { type OpenedConsole, openConfigured, type QradarWorld } from "../qradar/world.ts";
import { isRecord } from "../qradar_refusal.ts";
import { type CheckResult, type Reporter, reporter } from "./result.ts";

/** A task of the console that is under way is not waited for. */
const PATIENCE_SECS = 5;
const INSTALL = "mimecast-input qradar install";

/**
 * Whether the QRadar console of the configuration answers, and has what our lines need: content of this version, log sources,
 * and the property by which events are found. Only questions; what the token may not ask is skipped.
 */
export async function consoleResults(
  config: Config,
  world: QradarWorld,
): Promise<readonly CheckResult[]> {
  const report = reporter("console");
  let opened: OpenedConsole;
  try {
    opened = await openConfigured(config, { waitSecs: PATIENCE_SECS }, world);
  } catch (error) {
    return [report.error("api", error)];
  }
  const ask = (check: string, question: () => Promise<CheckResult[]>) =>
    question().catch((error) => [refusalResult(report, check, error)]);
  return [
    report.ok("api", `QRadar ${opened.release}, API ${opened.console.version}`),
    ...(await ask("content", () => contentResults(report, opened, world.version))),
    ...(await ask("log sources", () => logSourceResults(report, opened, config))),
    ...(await ask("property", () => propertyResults(report, opened))),
  ];
}

function refusalResult(report: Reporter, check: string, error: unknown): CheckResult {
  const isSkipped = error instanceof AuthError && error.code === "qradar_forbidden";
  if (isSkipped) return report.skipped(check, "the token may not look at it");
  const isKnown = [ApiError, AuthError, ConfigError, NetworkError].some(
    (known) => error instanceof known,
  );
  if (!isKnown) throw error;
  return report.error(check, error);
}

async function contentResults(
  report: Reporter,
  { console, patience }: OpenedConsole,
  version: string,
): Promise<CheckResult[]> {
  const { action, was } = contentPlan(await extensions(console, patience), version);
  if (action === "unchanged") return [report.ok("content", `version ${version} is installed`)];
  const text =
    was === null
      ? "the content zip is not installed"
      : `the content on the console is version ${was}, this program's is ${version}`;
  return was === null
    ? [
        report.note(
          "content",
          text,
          `${INSTALL}, unless you have brought the content in another way`,
        ),
      ]
    : [report.warn("content", text, INSTALL)];
}

async function logSourceResults(
  report: Reporter,
  { console }: OpenedConsole,
  config: Config,
): Promise<CheckResult[]> {
  const leef = async () => {
    const id = await typeId(console, [LEEF]);
    return id === null ? null : { typeId: id, extensionId: null };
  };
  const ids = (await contentIds(console)) ?? (await leef());
  const sources = await logSources(console);
  return sendersOf(config.accounts).map((sender) => {
    const check = `log source ${sender.identifier}`;
    try {
      const plan = logSourcePlan(sender, sources, ids);
      const { action, changes, undeployed, name } = plan;
      const quoted = JSON.stringify(name);
      if (action === "create")
        return report.warn(check, "none that the token may see has this identifier", INSTALL);
      if (action === "correct") {
        const fields = Object.keys(changes).join(", ");
        return report.warn(check, `${quoted} is not set as our lines need it: ${fields}`, INSTALL);
      }
      return undeployed
        ? report.warn(check, `${quoted} is not deployed`, "Admin > Deploy Changes on the console")
        : report.ok(check, quoted);
    } catch (error) {
      return report.error(check, error);
    }
  });
}

async function propertyResults(
  report: Reporter,
  { console }: OpenedConsole,
): Promise<CheckResult[]> {
  const check = `property ${UID_PROPERTY}`;
  const index =
    "Admin > Index Management: enable the index, so that reconcile reads no other events";
  if ((await propertiesThere(console, [UID_PROPERTY])).length === 0) {
    return [report.warn(check, "the console has no such property", INSTALL)];
  }
  const { value } = await console.call({ method: "GET", path: "/ariel/databases/events" });
  const { columns } = value as { readonly columns?: unknown };
  const rows = Array.isArray(columns) ? columns.filter(isRecord) : [];
  const column = rows.find(({ name }) => name === UID_PROPERTY);
  return column?.indexable === true
    ? [report.ok(check, "the console calls it indexable")]
    : [report.warn(check, "the console does not call it indexable", index)];
}
