import type { Reach, ReachTarget } from "../../client/probe/reach.ts";
import type { HttpOutput } from "../../config/config.ts";
import { networkResults } from "./network.ts";
import { type CheckResult, reporter } from "./result.ts";

/** What the check of `output.http` needs of the process. */
export interface OutputWorld {
  /** Reads secrets and certificates as a poll does; throws a `ConfigError`. */
  open(): Promise<unknown>;
  readText(path: string): Promise<string>;
  reach(target: ReachTarget): Promise<Reach>;
  readonly timeoutMs: number;
}

/** The way to the shipper's HTTP input, without posting anything: secrets, certificates, and whether it listens. */
export async function outputResults(http: HttpOutput, world: OutputWorld): Promise<CheckResult[]> {
  const report = reporter("output");
  try {
    await world.open();
    const url = new URL(http.url);
    if (http.proxy !== null)
      return [report.skipped("tcp", `${url.host}: not tried through a proxy`)];
    const caPem = http.caFile === null ? null : await world.readText(http.caFile);
    const reached = await world.reach({ url, proxy: null, caPem, timeoutMs: world.timeoutMs });
    return networkResults(report, { url, proxy: null }, reached)
      .filter(({ check }) => check !== "proxy")
      .map((each) => (each.outcome === "fail" ? { ...each, remedy: remedyOf(each.check) } : each));
  } catch (error) {
    return [report.error("output.http", error)];
  }
}

function remedyOf(check: string): string {
  return check === "tls"
    ? "Give the certificate of the CA that issued it as output.http.ca_file"
    : "Start the shipper, or see that its HTTP input listens at output.http.url (mimecast-input snippet prints the block)";
}
