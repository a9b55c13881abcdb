import type { Config, Target } from "../../config/config.ts";
import type { PathFacts } from "../../disk/path_facts.ts";
import { EXIT } from "../../errors.ts";
import type { Shipper } from "../../state/shipper.ts";
import { isCertain } from "../../state/shipper.ts";
import type { CheckResult, Reporter } from "./result.ts";

/** Less is no room for a page and two checkpoints. */
const NO_ROOM_BYTES = 10 * 1024 ** 2;
/** Zip archives of API 1.0 are kept here while they are read. */
const LITTLE_ROOM_BYTES = 500 * 1024 ** 2;

/** Whether the state directory can be used. `facts` is null where it does not exist, `parent` then tells whether it can be made. */
export function stateResults(
  report: Reporter,
  path: string,
  facts: PathFacts | null,
  parent: PathFacts | null,
): CheckResult[] {
  const check = "state directory";
  if (facts === null) {
    const remedy = `mkdir -m 700 ${path}, owned by the user that runs the shipper`;
    return parent?.writable
      ? [report.note(check, `"${path}" does not exist yet: the first poll makes it`)]
      : [report.fail(check, `"${path}" does not exist and can't be made`, remedy, EXIT.state)];
  }
  const results: CheckResult[] = [];
  if (!facts.writable) {
    const text = `"${path}" is not writable for this user`;
    const remedy = "Run check as the user that runs the shipper, or give the folder to that user";
    results.push(report.fail(check, text, remedy, EXIT.state));
  } else results.push(report.ok(check, `"${path}" is writable`));
  if (facts.distrusted !== null) {
    const remedy = `chown it to the user that runs the shipper, chmod 700 ${path}`;
    results.push(report.fail("state owner", `"${path}" ${facts.distrusted}`, remedy, EXIT.state));
  } else if (facts.mode !== null && (facts.mode & 0o077) !== 0) {
    const text = `mode ${octal(facts.mode)}: others can look into it`;
    results.push(report.warn("state mode", text, `chmod 700 ${path}`));
  }
  results.push(room(report, facts.freeBytes));
  return results;
}

function room(report: Reporter, freeBytes: number): CheckResult {
  const text = `${Math.floor(freeBytes / 1024 ** 2)} MiB are free`;
  const remedy = "Make room, or choose another state_dir";
  if (freeBytes < NO_ROOM_BYTES) return report.fail("disk", text, remedy, EXIT.state);
  return freeBytes < LITTLE_ROOM_BYTES
    ? report.warn("disk", `${text}: archives of API 1.0 need room while they are read`, remedy)
    : report.ok("disk", text);
}

/** The mode of the configuration file. That secrets in clear want 0600 is checked when it is read. */
export function configModeResult(report: Reporter, path: string, mode: number | null): CheckResult {
  if (mode === null) return report.note("config", `"${path}" is valid`);
  return (mode & 0o022) === 0
    ? report.ok("config", `"${path}" is valid, mode ${octal(mode)}`)
    : report.warn(
        "config",
        `"${path}" has mode ${octal(mode)}: others can change where the events go`,
        `chmod go-w ${path}`,
      );
}

/** Where the log of `poll` can be read, whatever the shipper does with standard error. */
export function logResult(report: Reporter, path: string, isKept: boolean): CheckResult {
  return report.ok(
    "log",
    isKept
      ? `poll keeps it in "${path}" besides standard error`
      : `on standard error; in "${path}" where the shipper throws standard error away`,
  );
}

/** Whether a poll runs now. `pid` is null where the system does not tell. */
export function lockResult(report: Reporter, held: boolean, pid: number | null): CheckResult {
  if (!held) return report.ok("lock", "free");
  const who = pid === null ? "" : ` (pid ${pid})`;
  return report.note("lock", `a poll is running${who}`);
}

/** Whether the program can tell that the same shipper starts it again (docs/delivery.md). */
export function handoverResult(
  report: Reporter,
  handover: Config["handover"] | Target["kind"],
  parent: Shipper,
): CheckResult {
  if (handover === "file") {
    return report.ok("handover", "by a file: lines count once they are written and synced");
  }
  if (handover === "http" || handover === "otlp") {
    return report.ok("handover", "by HTTP: the shipper's answer is the proof");
  }
  if (handover === "drained") {
    return report.note(
      "handover",
      "drained: lines count as taken once stdout is drained, whatever becomes of the shipper",
    );
  }
  return isCertain(parent)
    ? report.ok("handover", "the shipper is recognized by pid, start time and boot id")
    : report.warn(
        "handover",
        "start times of processes can't be read: the shipper is known by its pid only",
        "Mount procfs without hidepid, or share the process namespace; the promise is weaker without",
      );
}

/** The pid that holds a POSIX lock on the file with this inode, out of /proc/locks (proc(5)); null where none is named. */
export function lockHolder(procLocks: string, inode: number): number | null {
  for (const line of procLocks.split("\n")) {
    const [, , , kind, pid, file] = line.trim().split(/\s+/);
    if (kind === "WRITE" && file?.split(":")[2] === String(inode) && Number(pid) > 0) {
      return Number(pid);
    }
  }
  return null;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
