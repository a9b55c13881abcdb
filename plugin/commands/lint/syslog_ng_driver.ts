import { addressFindings } from "./address.ts";
import { bufferDirProblem } from "./buffer_folder.ts";
import type { Finding } from "./finding.ts";
import { truth } from "./size.ts";
import { type File, finding, is, option } from "./syslog_ng_terms.ts";
import type { Term } from "./syslog_ng_text.ts";

const NETWORK = new Set(["network", "tcp", "tcp6", "udp", "udp6", "syslog"]);

/** Destinations of this machine, and what they do with records. */
export const LOCAL = { file: "keeps", usertty: "shows" } as const;

/** What a network destination costs. */
export function driverFindings(file: File, driver: Term): Finding[] {
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
  return [
    ...addressOf(file, driver),
    ...found,
    ...templateFindings(file, driver),
    ...bufferFindings(file, driver),
    ...tls(driver),
  ];
}

/** The first argument is the host; without port() it is 514 (601 for syslog()). */
function addressOf(file: File, driver: Term): Finding[] {
  const [host] = driver.args ?? [];
  const port = option(driver, "port") ?? option(driver, "destport");
  return addressFindings(
    file.filled(host?.value ?? ""),
    port === undefined ? "514" : file.filled(port.args?.[0]?.value ?? ""),
    host?.line ?? driver.line,
    'network("HOST" port(PORT) …) with the address of QRadar; a name between backticks needs @define',
  );
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

function bufferFindings(file: File, driver: Term): Finding[] {
  const remedy = "disk-buffer(reliable(yes) disk-buf-size(1073741824) mem-buf-size(16777216))";
  const buffer = option(driver, "disk-buffer");
  if (buffer === undefined) {
    const reason =
      "disk-buffer is missing: what is in memory is lost when syslog-ng ends while QRadar is away";
    return [finding(driver.line, "disk-buffer", "loses", reason, remedy)];
  }
  const dir = option(buffer, "dir");
  const problem =
    dir === undefined ? null : bufferDirProblem(file.filled(dir.args?.[0]?.value ?? ""));
  const folder =
    dir === undefined || problem === null
      ? []
      : [finding(dir.line, "buffer.folder", "stalls", `dir() ${problem}`, FOLDER_REMEDY)];
  const reliable = option(buffer, "reliable");
  if (truth(reliable?.args?.[0]?.value ?? "no") !== false) return folder;
  const reason =
    "disk-buffer is not reliable: part of it is in memory, and is lost when syslog-ng is killed";
  return [
    ...folder,
    finding(reliable?.line ?? buffer.line, "disk-buffer", "loses", reason, remedy),
  ];
}

function tls(driver: Term): Finding[] {
  const verify = option(driver, "tls")?.args?.find(is("peer-verify"));
  const how = verify?.args?.[0]?.value ?? "required-trusted";
  if (verify === undefined || !/^(no|off|optional-.*|required-untrusted)$/.test(how)) return [];
  const reason = `peer-verify is ${how}: anybody on the way can read and change the events`;
  return [finding(verify.line, "peer-verify", "insecure", reason, "peer-verify(required-trusted)")];
}

const FOLDER_REMEDY = "remove dir(): syslog-ng keeps the buffer in /var/lib/syslog-ng then";
