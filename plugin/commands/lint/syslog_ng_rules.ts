import { type Expected, expectedBy } from "./expected.ts";
import { commandFindings, type Finding, runsProgram } from "./finding.ts";
import { followsFile, renamedFindings } from "./followed_file.ts";
import { localProblems } from "./local_outputs.ts";
import { sizeBytes } from "./size.ts";
import { driverFindings, LOCAL } from "./syslog_ng_driver.ts";
import { type File, finding, is, type Named, option, terms } from "./syslog_ng_terms.ts";
import type { SyslogNgText, Term } from "./syslog_ng_text.ts";

/** `log-msg-size` where it is not set (syslog-ng 3.38, lib/cfg.c). */
const DEFAULT_MSG_SIZE = 65_536;

/** Everything in a syslog-ng configuration that costs Mimecast events. */
export function lintSyslogNg(
  { statements, defines }: SyslogNgText,
  expected: Expected,
  env: Readonly<Record<string, string | undefined>>,
): Finding[] {
  const named = (kind: string): Named[] =>
    statements.flatMap(([keyword, name, ...more]) => {
      const body = name?.block ?? more.find((term) => term.block !== null)?.block;
      if (keyword === undefined || keyword.value !== kind || name === undefined) return [];
      return [{ name: name.value, line: keyword.line, drivers: (body ?? []).flat() }];
    });
  const file: File = {
    sources: named("source"),
    destinations: named("destination"),
    templates: named("template"),
    logs: statements.flatMap(([keyword]) =>
      keyword?.value === "log" && keyword.block !== null ? [keyword] : [],
    ),
    options: statements.flatMap(([keyword]) =>
      keyword?.value === "options" ? (keyword.block ?? []).flat() : [],
    ),
    filled: (text) => text.replaceAll(BACKTICKS, (_, name) => defines.get(name) ?? env[name] ?? ""),
  };
  const ours = file.sources.flatMap((source) =>
    source.drivers.filter(isOurs(expected)).map((driver) => ({ source: source.name, driver })),
  );
  const inline = file.logs.flatMap((log) =>
    terms(log)
      .filter(isOurs(expected))
      .map((driver) => ({ source: null, driver })),
  );
  if (ours.length + inline.length === 0) {
    const remedy = "add the block that mimecast-input snippet syslog-ng prints";
    const reason =
      expected.way === "file"
        ? `no source follows "${expected.path}", the file of output.file`
        : "no program() source runs mimecast-input";
    return [{ ...finding(1, "source", "stalls", reason, remedy), missing: true }];
  }
  return [
    ...[...ours, ...inline].flatMap(({ driver }) => sourceFindings(file, driver, expected)),
    ...pathFindings(file, ours, inline.length > 0, expected),
  ];
}

const BACKTICKS = /`([\w-]+)`/g;

function isOurs(expected: Expected): (term: Term) => boolean {
  return (term) => {
    if (term.quoted) return false;
    if (expected.way === "file") return followsFile(patternOf(term), expected);
    return term.value === "program" && runsProgram(term.args?.[0]?.value ?? "");
  };
}

/** The files that a driver follows; "" for other drivers. */
function patternOf(driver: Term): string {
  if (driver.value === "file") return driver.args?.[0]?.value ?? "";
  if (!is("wildcard-file")(driver)) return "";
  const textOf = (name: string) => option(driver, name)?.args?.[0]?.value ?? "";
  return `${textOf("base-dir").replace(/\/$/, "")}/${textOf("filename-pattern")}`;
}

function sourceFindings(file: File, driver: Term, common: Expected): Finding[] {
  const found: Finding[] = [];
  const command = driver.args?.[0];
  const expected = expectedBy(command?.value ?? "", common);
  if (expected.way === "file") {
    found.push(...renamedFindings(patternOf(driver), driver.line, expected));
  } else if (command !== undefined) found.push(...commandFindings(command, "--follow"));
  const flags = option(driver, "flags");
  if (!(flags?.args ?? []).some((flag) => flag.value === "no-parse")) {
    found.push(
      finding(
        flags?.line ?? driver.line,
        "no-parse",
        "damages",
        "flags(no-parse) is missing: syslog-ng takes our header apart, and $MSG is not the whole line",
        "flags(no-parse)",
      ),
    );
  }
  const size = option(driver, "log-msg-size") ?? file.options.find(is("log-msg-size"));
  const bytes = size === undefined ? DEFAULT_MSG_SIZE : sizeBytes(size.args?.[0]?.value ?? "");
  if (bytes !== null && bytes < expected.longestLineBytes + 1) {
    found.push(
      finding(
        size?.line ?? driver.line,
        "log-msg-size",
        "damages",
        `log-msg-size is ${bytes}${size === undefined ? " by default" : ""}: lines of up to ${expected.longestLineBytes} bytes are cut in two`,
        `log-msg-size(${Math.max(65_536, 2 * expected.longestLineBytes)})`,
      ),
    );
  }
  return found;
}

/** The log paths of our sources: their flags and the destinations that they reach. */
function pathFindings(
  file: File,
  ours: readonly { readonly source: string; readonly driver: Term }[],
  inline: boolean,
  expected: Expected,
): Finding[] {
  const names = new Set(ours.map(({ source }) => source));
  const paths = file.logs.filter((log) =>
    terms(log).some((term) => {
      if (isOurs(expected)(term)) return true;
      return term.value === "source" && names.has(term.args?.[0]?.value ?? "");
    }),
  );
  const found: Finding[] = [];
  if (paths.length === 0 && !inline) {
    const line = ours[0]?.driver.line ?? 1;
    const reason = `no log path reads the source "${[...names].join(", ")}": nothing is delivered`;
    const remedy = "log { source(…); destination(…); flags(flow-control); };";
    found.push({ ...finding(line, "log", "stalls", reason, remedy), missing: true });
  }
  const reached = new Map<Term, Named | null>();
  for (const path of paths) {
    const all = terms(path);
    const flow = all
      .filter(is("flags"))
      .some((flags) => (flags.args ?? []).some((flag) => flag.value === "flow-control"));
    if (!flow) {
      found.push(
        finding(
          path.line,
          "flow-control",
          "loses",
          "flags(flow-control) is missing on the log path: when the destination is behind, lines are dropped",
          "flags(flow-control)",
        ),
      );
    }
    for (const reference of all.filter(is("destination"))) {
      const name = reference.args?.[0]?.value;
      const target = file.destinations.find((each) => each.name === name);
      const drivers = target?.drivers ?? (reference.block ?? []).flat();
      for (const driver of drivers) reached.set(driver, target ?? null);
    }
  }
  return [
    ...found,
    ...localFindings([...reached.keys()]),
    ...[...reached.keys()].flatMap((driver) => driverFindings(file, driver)),
  ];
}

function localFindings(drivers: readonly Term[]): Finding[] {
  const reached = drivers
    .filter(({ args, quoted }) => args !== null && !quoted)
    .map((at) => ({ at, name: `${at.value}()`, kind: at.value }));
  return localProblems(reached, LOCAL).map(({ at, effect, reason }) => {
    const remedy =
      effect === "loses"
        ? "destination(…) of QRadar in the log path"
        : "take this destination out of the log path";
    return finding(at.line, "destination", effect, reason, remedy);
  });
}
