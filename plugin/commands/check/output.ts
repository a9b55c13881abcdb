import type { Reach, ReachTarget } from "../../client/probe/reach.ts";
import type { FileOutput, HttpOutput, Target } from "../../config/config.ts";
import type { PathFacts } from "../../disk/path_facts.ts";
import { EXIT } from "../../errors.ts";
import { networkResults } from "./network.ts";
import { type CheckResult, reporter } from "./result.ts";

/** What the check of a target needs of the process. */
export interface OutputWorld {
  /** Reads secrets and certificates as a poll does; throws a `ConfigError`. */
  open(http: HttpOutput): Promise<unknown>;
  readText(path: string): Promise<string>;
  reach(target: ReachTarget): Promise<Reach>;
  readonly timeoutMs: number;
  pathFacts(path: string): Promise<PathFacts | null>;
}

/** Where the lines go instead of stdout. */
export function outputResults(target: Target, world: OutputWorld): Promise<CheckResult[]> {
  return target.kind === "file" ? fileResults(target, world) : httpResults(target, world);
}

/** The folder of `output.file`; nothing is written. */
async function fileResults(file: FileOutput, world: OutputWorld): Promise<CheckResult[]> {
  const report = reporter("output");
  const folder = file.path.replace(/[^/]*$/, "");
  const facts = await world.pathFacts(folder);
  if (facts?.writable !== true) {
    const why = facts === null ? "does not exist" : "is not writable for this user";
    const remedy = `Make it for the user that runs the program: install -d -m 0750 -o USER -g GROUP ${folder}`;
    return [report.fail("folder", `"${folder}" ${why}`, remedy, EXIT.state)];
  }
  const mib = (bytes: number) => `${Math.floor(bytes / 1024 ** 2)} MiB`;
  const writable = report.ok("folder", `"${folder}" is writable`);
  if (facts.freeBytes >= file.maxTotalBytes) return [writable];
  const text = `${mib(facts.freeBytes)} are free, and output.file.max_total_bytes is ${mib(file.maxTotalBytes)}`;
  return [writable, report.warn("room", text, "Make room, or lower output.file.max_total_bytes")];
}

/** The way to the shipper's HTTP input, without posting anything: secrets, certificates, and whether it listens. */
async function httpResults(http: HttpOutput, world: OutputWorld): Promise<CheckResult[]> {
  const report = reporter("output");
  try {
    await world.open(http);
    const url = new URL(http.url);
    if (http.proxy !== null)
      return [report.skipped("tcp", `${url.host}: not tried through a proxy`)];
    const caPem = http.caFile === null ? null : await world.readText(http.caFile);
    const reached = await world.reach({ url, proxy: null, caPem, timeoutMs: world.timeoutMs });
    return networkResults(report, { url, proxy: null }, reached)
      .filter(({ check }) => check !== "proxy")
      .map((each) =>
        each.outcome === "fail" ? { ...each, remedy: remedyOf(each.check, http.kind) } : each,
      );
  } catch (error) {
    return [report.error(`output.${http.kind}`, error)];
  }
}

function remedyOf(check: string, kind: HttpOutput["kind"]): string {
  return check === "tls"
    ? `Give the certificate of the CA that issued it as output.${kind}.ca_file`
    : `Start the shipper, or see that its input listens at output.${kind}.url (mimecast-input snippet prints the block)`;
}
