import { bufferDirProblem } from "./buffer_folder.ts";
import { type Expected, expectedBy, roomFor } from "./expected.ts";
import { commandFindings, type Finding, runsProgram } from "./finding.ts";
import { type FluentBitConfig, nameOf, type Section } from "./fluent_bit_config.ts";
import { routeFindings } from "./fluent_bit_routes.ts";
import { variableFindings } from "./fluent_bit_variables.ts";
import { followsFile, renamedFindings } from "./followed_file.ts";
import { sizeBytes, truth } from "./size.ts";

/** `buf_size` of the exec input where it is not set (in_exec.c). */
const DEFAULT_BUF_SIZE = 4096;
/** `buffer_max_size` of the http input where it is not set (plugins/in_http/http.h: 4 MiB). */
const DEFAULT_HTTP_BUFFER = 4 * 1024 ** 2;
/** Everything in a Fluent Bit configuration that costs Mimecast events (docs/lint.md says how each was shown). */
export function lintFluentBit(config: FluentBitConfig, expected: Expected): Finding[] {
  const inputs = config.sections.filter((each) => each.kind === "input");
  const ours = inputs.filter((each) => isOurs(each, expected));
  if (ours.length === 0) return noInput(expected);
  const services = config.sections.filter((each) => each.kind === "service");
  return [
    ...serviceFindings(services, ours),
    ...variableFindings([...services, ...ours]),
    ...ours.flatMap((input) => {
      const own = expectedBy(input.get("command")?.value ?? "", expected);
      const tag =
        input.get("tag")?.value ??
        input.get("alias")?.value ??
        `${nameOf(input)}.${inputs.indexOf(input)}`;
      return [...inputFindings(input, own), ...routeFindings(config, input, tag, own)];
    }),
  ];
}

/** The input of each way. */
const INPUTS = { exec: "exec", file: "tail", http: "http", otlp: "opentelemetry" } as const;

function isOurs(input: Section, expected: Expected): boolean {
  const { way } = expected;
  if (nameOf(input) !== INPUTS[way]) return false;
  if (way === "exec") return runsProgram(input.get("command")?.value ?? "");
  return way !== "file" || pathsOf(input).some((pattern) => followsFile(pattern, expected));
}

function pathsOf(input: Section): string[] {
  return (input.get("path")?.value ?? "").split(",").map((pattern) => pattern.trim());
}

function noInput({ way, path }: Expected): Finding[] {
  const reason =
    way === "exec"
      ? "no exec input runs mimecast-input"
      : way === "file"
        ? `no tail input follows "${path}", the file of output.file`
        : `there is no ${INPUTS[way]} input, and output.${way} is configured`;
  const remedy = "add the block that mimecast-input snippet fluent-bit prints";
  return [{ rule: "input", line: 1, effect: "stalls", missing: true, reason, remedy }];
}

function inputFindings(input: Section, expected: Expected): Finding[] {
  const { batchBytes, way } = expected;
  const found = storageFindings(input);
  if (way === "file") return [...found, ...tailFindings(input, expected)];
  return batchBytes === null
    ? [...found, ...execFindings(input, expected)]
    : [...found, ...httpFindings(input, batchBytes, way)];
}

/** `buffer_max_size` of the tail input where it is not set (plugins/in_tail/tail_config.h: 32 KiB). */
const DEFAULT_TAIL_BUFFER = 32_768;

/** What a tail input that follows our file costs. */
function tailFindings(input: Section, expected: Expected): Finding[] {
  const path = input.get("path");
  const ours = pathsOf(input).filter((pattern) => followsFile(pattern, expected));
  const found = renamedFindings(ours[0] ?? "", path?.line ?? input.line, expected);
  if (input.get("db") === undefined) {
    const reason = "db is missing: after a restart Fluent Bit does not know how far it has read";
    const remedy = "db: a file in the folder of storage.path";
    found.push({ rule: "db", line: input.line, effect: "loses", reason, remedy });
  }
  const head = input.get("read_from_head");
  if (head === undefined || truth(head.value) === false) {
    const reason = `read_from_head is ${head === undefined ? "off by default" : "off"}: what is in the files when Fluent Bit first sees them is never read`;
    const remedy = "read_from_head: true";
    const line = head?.line ?? input.line;
    found.push({ rule: "read_from_head", line, effect: "loses", reason, remedy });
  }
  const size = input.get("buffer_max_size");
  const bytes = size === undefined ? DEFAULT_TAIL_BUFFER : sizeBytes(size.value);
  if (bytes !== null && bytes < expected.longestLineBytes + 1) {
    const reason = `buffer_max_size is ${bytes} bytes${size === undefined ? " by default" : ""}: reading of the file ends at a longer line (ours have up to ${expected.longestLineBytes})`;
    const remedy = `buffer_max_size: ${roomFor(expected)}`;
    const line = size?.line ?? input.line;
    found.push({ rule: "buffer_max_size", line, effect: "loses", reason, remedy });
  }
  return found;
}

function httpFindings(input: Section, batchBytes: number, way: Expected["way"]): Finding[] {
  const size = input.get("buffer_max_size") ?? input.get("http_server.buffer_max_size");
  const bytes = size === undefined ? DEFAULT_HTTP_BUFFER : sizeBytes(size.value);
  if (bytes === null || bytes > batchBytes) return [];
  return [
    {
      rule: "buffer_max_size",
      line: size?.line ?? input.line,
      effect: "stalls",
      reason: `buffer_max_size is ${bytes} bytes${size === undefined ? " by default" : ""}: batches of up to ${batchBytes} bytes are refused`,
      remedy: `buffer_max_size: ${2 * batchBytes}, or a smaller output.${way}.max_batch_bytes`,
    },
  ];
}

function storageFindings(input: Section): Finding[] {
  const type = input.get("storage.type");
  if (type !== undefined && /filesystem|\$/i.test(type.value)) return [];
  return [
    {
      rule: "storage.type",
      line: type?.line ?? input.line,
      effect: "loses",
      reason: `storage.type is ${type === undefined ? "memory by default" : `"${type.value}"`}: a burst is dropped without a message, and a kill costs all that is in memory`,
      remedy: "storage.type: filesystem",
    },
  ];
}

function execFindings(input: Section, expected: Expected): Finding[] {
  const found: Finding[] = [];
  const command = input.get("command");
  if (command !== undefined) found.push(...commandFindings(command, "--once"));
  const size = input.get("buf_size");
  const bytes = size === undefined ? DEFAULT_BUF_SIZE : sizeBytes(size.value);
  // fgets needs room for the line feed and a NUL.
  if (bytes !== null && bytes < expected.longestLineBytes + 2) {
    found.push({
      rule: "buf_size",
      line: size?.line ?? input.line,
      effect: "damages",
      reason: `buf_size is ${bytes} bytes${size === undefined ? " by default" : ""}: lines of up to ${expected.longestLineBytes} bytes are cut in two`,
      remedy: `buf_size: ${roomFor(expected)}`,
    });
  }
  const threaded = input.get("threaded");
  if (threaded === undefined || truth(threaded.value) === false) {
    found.push({
      rule: "threaded",
      line: threaded?.line ?? input.line,
      effect: "stalls",
      reason: "the input is not threaded: a slow poll stalls every pipeline of this Fluent Bit",
      remedy: "threaded: true",
    });
  }
  const oneshot = input.get("oneshot");
  if (oneshot !== undefined && truth(oneshot.value) === true) {
    found.push({
      rule: "oneshot",
      line: oneshot.line,
      effect: "stalls",
      reason: "oneshot is on: the program is started once and never again",
      remedy: "remove oneshot, and set interval_sec: 60",
    });
  }
  const parser = input.get("parser");
  if (parser !== undefined && expected.format === "leef") {
    found.push({
      rule: "parser",
      line: parser.line,
      effect: "loses",
      reason: `parser is "${parser.value}": LEEF lines that it does not match are dropped`,
      remedy: "remove parser",
    });
  }
  return found;
}

/** A second service section adds to the first one (flb_config_format.c). */
function serviceFindings(services: readonly Section[], ours: readonly Section[]): Finding[] {
  const [service] = services;
  const found: Finding[] = [];
  const path = services.map((each) => each.get("storage.path")).findLast(isSet);
  const onDisk = ours.some((input) => /filesystem/i.test(input.get("storage.type")?.value ?? ""));
  if (path === undefined || path.value === "") {
    found.push({
      rule: "storage.path",
      line: path?.line ?? service?.line ?? ours[0]?.line ?? 1,
      effect: "loses",
      missing: true,
      reason: `storage.path is not set in the service section: ${onDisk ? "Fluent Bit does not start with storage.type filesystem" : "there is no buffer on disk"}`,
      remedy: "storage.path: /var/lib/fluent-bit/storage",
    });
  }
  const problem = path === undefined ? null : bufferDirProblem(path.value);
  if (path !== undefined && path.value !== "" && problem !== null) {
    found.push({
      rule: "buffer.folder",
      line: path.line,
      effect: "stalls",
      reason: `storage.path ${problem}`,
      remedy: "storage.path: /var/lib/fluent-bit/storage",
    });
  }
  const checksum = services.map((each) => each.get("storage.checksum")).findLast(isSet);
  if (checksum !== undefined && truth(checksum.value) === true) {
    found.push({
      rule: "storage.checksum",
      line: checksum.line,
      effect: "loses",
      reason:
        "storage.checksum is on: after a kill the open chunk fails its check and all of it is lost",
      remedy: "storage.checksum: off",
    });
  }
  return found;
}

function isSet<T>(value: T | undefined): value is T {
  return value !== undefined;
}
