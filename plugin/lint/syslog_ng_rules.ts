import { type Expected, expectedBy } from "./expected.ts";
import { commandFindings, type Effect, type Finding, runsProgram } from "./finding.ts";
import { sizeBytes, truth } from "./size.ts";
import type { Statement, Term } from "./syslog_ng_text.ts";

/** Everything in a syslog-ng configuration that costs Mimecast events. */
export function lintSyslogNg(statements: readonly Statement[], expected: Expected): Finding[] {
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
  };
  const ours = file.sources.flatMap((source) =>
    source.drivers.filter(isOurs).map((driver) => ({ source: source.name, driver })),
  );
  const inline = file.logs.flatMap((log) =>
    terms(log)
      .filter(isOurs)
      .map((driver) => ({ source: null, driver })),
  );
  if (ours.length + inline.length === 0) {
    const remedy = "add the block that mimecast-input snippet syslog-ng prints";
    return [finding(1, "source", "stalls", "no program() source runs mimecast-input", remedy)];
  }
  return [
    ...[...ours, ...inline].flatMap(({ driver }) => sourceFindings(file, driver, expected)),
    ...pathFindings(file, ours, inline.length > 0),
  ];
}

interface Named {
  readonly name: string;
  readonly line: number;
  readonly drivers: readonly Term[];
}

interface File {
  readonly sources: readonly Named[];
  readonly destinations: readonly Named[];
  readonly templates: readonly Named[];
  readonly logs: readonly Term[];
  readonly options: readonly Term[];
}

function finding(
  line: number,
  rule: string,
  effect: Effect,
  reason: string,
  remedy: string,
): Finding {
  return { rule, line, effect, reason, remedy };
}

function isOurs(term: Term): boolean {
  return term.value === "program" && !term.quoted && runsProgram(term.args?.[0]?.value ?? "");
}

function sourceFindings(file: File, driver: Term, common: Expected): Finding[] {
  const found: Finding[] = [];
  const command = driver.args?.[0];
  const expected = expectedBy(command?.value ?? "", common);
  if (command !== undefined) found.push(...commandFindings(command, "--follow"));
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
  const bytes = size === undefined ? null : sizeBytes(size.args?.[0]?.value ?? "");
  if (size !== undefined && bytes !== null && bytes < expected.longestLineBytes + 1) {
    found.push(
      finding(
        size.line,
        "log-msg-size",
        "damages",
        `log-msg-size is ${bytes}: lines of up to ${expected.longestLineBytes} bytes are cut in two`,
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
): Finding[] {
  const names = new Set(ours.map(({ source }) => source));
  const paths = file.logs.filter((log) =>
    terms(log).some((term) => {
      if (isOurs(term)) return true;
      return term.value === "source" && names.has(term.args?.[0]?.value ?? "");
    }),
  );
  const found: Finding[] = [];
  if (paths.length === 0 && !inline) {
    const line = ours[0]?.driver.line ?? 1;
    const reason = `no log path reads the source "${[...names].join(", ")}": nothing is delivered`;
    found.push(
      finding(
        line,
        "log",
        "stalls",
        reason,
        "log { source(…); destination(…); flags(flow-control); };",
      ),
    );
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
  return [...found, ...[...reached.keys()].flatMap((driver) => driverFindings(file, driver))];
}

const NETWORK = new Set(["network", "tcp", "tcp6", "udp", "udp6", "syslog"]);

function driverFindings(file: File, driver: Term): Finding[] {
  if (!NETWORK.has(driver.value) || driver.quoted) return [];
  const found: Finding[] = [];
  const transport = option(driver, "transport");
  const how = transport?.args?.[0]?.value ?? (driver.value.startsWith("udp") ? "udp" : "tcp");
  if (driver.value === "syslog" && !how.startsWith("udp")) {
    found.push(
      finding(
        driver.line,
        "syslog()",
        "damages",
        "the syslog() driver counts octets (RFC 6587 §3.4.1): QRadar ends an event at the line feed",
        'network(… transport("tcp") template("$MSG\\n"))',
      ),
    );
  }
  if (how.startsWith("udp")) {
    found.push(
      finding(
        transport?.line ?? driver.line,
        "transport",
        "loses",
        "the transport is udp: datagrams are lost without a trace, and cut at QRadar's UDP limit",
        'transport("tcp") or transport("tls")',
      ),
    );
  }
  return [...found, ...templateFindings(file, driver), ...bufferFindings(driver), ...tls(driver)];
}

function templateFindings(file: File, driver: Term): Finding[] {
  const term = option(driver, "template");
  const given = term?.args?.[0];
  const name = given?.value ?? "";
  const body = file.templates.find((each) => each.name === name);
  const text = body?.drivers.find(is("template"))?.args?.[0]?.value ?? name;
  if (term !== undefined && /^\$\{?(?:MSG|MESSAGE)\}?\n$/.test(text)) return [];
  const reason =
    term === undefined
      ? "template is missing: syslog-ng puts a header of its own before our line"
      : `template is ${JSON.stringify(text)}: QRadar gets something other than our line and a line feed`;
  return [finding(term?.line ?? driver.line, "template", "damages", reason, 'template("$MSG\\n")')];
}

function bufferFindings(driver: Term): Finding[] {
  const remedy = "disk-buffer(reliable(yes) disk-buf-size(1073741824) mem-buf-size(16777216))";
  const buffer = option(driver, "disk-buffer");
  if (buffer === undefined) {
    const reason =
      "disk-buffer is missing: what is in memory is lost when syslog-ng ends while QRadar is away";
    return [finding(driver.line, "disk-buffer", "loses", reason, remedy)];
  }
  const reliable = option(buffer, "reliable");
  if (truth(reliable?.args?.[0]?.value ?? "no") !== false) return [];
  const reason =
    "disk-buffer is not reliable: part of it is in memory, and is lost when syslog-ng is killed";
  return [finding(reliable?.line ?? buffer.line, "disk-buffer", "loses", reason, remedy)];
}

function tls(driver: Term): Finding[] {
  const verify = option(driver, "tls")?.args?.find(is("peer-verify"));
  const how = verify?.args?.[0]?.value ?? "required-trusted";
  if (verify === undefined || !/^(no|off|optional-.*|required-untrusted)$/.test(how)) return [];
  const reason = `peer-verify is ${how}: anybody on the way can read and change the events`;
  return [finding(verify.line, "peer-verify", "insecure", reason, "peer-verify(required-trusted)")];
}

function option(term: Term, name: string): Term | undefined {
  return term.args?.find(is(name));
}

/** Names of options may be written with `-` or `_`. */
function is(name: string): (term: Term) => boolean {
  return (term) => !term.quoted && term.value.replaceAll("_", "-") === name;
}

/** A term and everything inside of it. */
function terms(term: Term): Term[] {
  const inner = [...(term.args ?? []), ...(term.block ?? []).flat()];
  return [term, ...inner.flatMap(terms)];
}
