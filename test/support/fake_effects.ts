import type {
  Effects,
  HttpRequest,
  HttpResponse,
  LogLevel,
  OutKind,
} from "../../plugin/effects.ts";

/** What a scripted network does with one request: answer, fail, or decide by looking at it. */
export type FakeAnswer =
  | HttpResponse
  | Error
  | ((request: HttpRequest) => HttpResponse | Promise<HttpResponse>);

/** File operations, in the words of `Files`; `onFile` may throw to play a full or failing disk. */
export type FileOperation =
  | "read"
  | "replace"
  | "overwrite"
  | "remove"
  | "makeFolder"
  | "list"
  | "spool"
  | "stream";

/** Options of `createFakeEffects`. */
export interface FakeOptions {
  /** The clock's start, ms since 1970. Default 2026-03-01T12:00:00Z. */
  readonly now?: number;
  /** The disk's content at start: path -> bytes or text. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Answers in order, or one function for all. Default: every request fails the test. */
  readonly fetch?: readonly FakeAnswer[] | ((request: HttpRequest) => FakeAnswer);
  /** Seed of `random` and `randomUUID`. Default 1. */
  readonly seed?: number;
  readonly outKind?: OutKind;
  /** Called before each write to stdout; may throw (EPIPE) or wait. */
  readonly onWrite?: (bytes: Uint8Array) => void | Promise<void>;
  readonly onFile?: (operation: FileOperation, path: string) => void;
}

/** Effects that a test steers and looks into. */
export interface FakeEffects extends Effects {
  /** Moves the clock forward without a sleep. */
  advance(delayMs: number): void;
  /** Every `sleep` so far, in ms; a sleep moves the clock at once. */
  readonly sleeps: number[];
  readonly requests: HttpRequest[];
  readonly logs: { level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> }[];
  /** The files now: path -> bytes. */
  readonly disk: Map<string, Uint8Array>;
  readonly folders: Set<string>;
  /** Each write to stdout, copied. */
  readonly writes: Uint8Array[];
  /** Calls of `stdout.sync`. */
  readonly syncs: { count: number };
  /** All of stdout as text. */
  output(): string;
}

/** Clock, chance, network, disk and stdout under the test's control. Nothing real is touched. */
export function createFakeEffects(options: FakeOptions = {}): FakeEffects {
  let nowMs = options.now ?? Date.UTC(2026, 2, 1, 12);
  const random = seededRandom(options.seed ?? 1);
  const script = Array.isArray(options.fetch) ? [...options.fetch] : options.fetch;
  const sleeps: number[] = [];
  const requests: HttpRequest[] = [];
  const logs: FakeEffects["logs"] = [];
  const writes: Uint8Array[] = [];
  const syncs = { count: 0 };
  const disk = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  for (const [path, content] of Object.entries(options.files ?? {})) {
    disk.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }

  return {
    sleeps,
    requests,
    logs,
    disk,
    folders,
    writes,
    syncs,
    advance: (delayMs) => {
      nowMs += delayMs;
    },
    output: () => Buffer.concat(writes).toString("utf8"),
    now: () => nowMs,
    random,
    randomUUID: () => uuid(random),
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted();
      sleeps.push(delayMs);
      nowMs += delayMs;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
    fetch: async (request) => {
      request.signal?.throwIfAborted();
      requests.push(request);
      let answer: FakeAnswer | undefined;
      if (typeof script === "function") answer = script(request);
      else answer = (script as FakeAnswer[] | undefined)?.shift();
      if (answer === undefined) {
        throw new Error(`The test expected no request: ${request.method} ${request.url}`);
      }
      if (answer instanceof Error) throw answer;
      return typeof answer === "function" ? answer(request) : answer;
    },
    files: fakeFiles(disk, folders, options.onFile ?? (() => {})),
    stdout: {
      kind: options.outKind ?? "pipe",
      write: async (bytes) => {
        const copy = bytes.slice();
        await options.onWrite?.(copy);
        writes.push(copy);
      },
      sync: async () => {
        syncs.count += 1;
      },
    },
    log: (level, message, fields = {}) => {
      logs.push({ level, message, fields });
    },
  };
}

/** An HTTP answer made by hand. `json` sets the content type; `chunks` is the body as it arrives. */
export function answer(parts: {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly chunks?: readonly (Uint8Array | Error)[];
}): HttpResponse {
  const text = parts.json === undefined ? parts.text : JSON.stringify(parts.json);
  const whole = parts.bytes ?? (text === undefined ? undefined : new TextEncoder().encode(text));
  const chunks = parts.chunks ?? (whole === undefined ? [] : [whole]);
  const type = parts.json === undefined ? undefined : { "content-type": "application/json" };
  return {
    status: parts.status ?? 200,
    headers: { ...type, ...parts.headers },
    body: chunked(chunks),
  };
}

/** A stream of the given pieces; an `Error` among them breaks it there. */
export async function* chunked(pieces: Iterable<Uint8Array | Error>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}

/** All bytes of a stream, copied. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

function fakeFiles(
  disk: Map<string, Uint8Array>,
  folders: Set<string>,
  onFile: (operation: FileOperation, path: string) => void,
): Effects["files"] {
  const wanted = (path: string): Uint8Array => {
    const bytes = disk.get(path);
    if (bytes === undefined) {
      throw Object.assign(new Error(`ENOENT: no such file: "${path}"`), { code: "ENOENT" });
    }
    return bytes;
  };
  return {
    read: async (path) => {
      onFile("read", path);
      return disk.get(path)?.slice() ?? null;
    },
    replace: async (path, bytes) => {
      onFile("replace", path);
      disk.set(path, bytes.slice());
    },
    overwrite: async (path, bytes) => {
      onFile("overwrite", path);
      disk.set(path, bytes.slice());
    },
    remove: async (path) => {
      onFile("remove", path);
      disk.delete(path);
    },
    makeFolder: async (path) => {
      onFile("makeFolder", path);
      folders.add(path);
    },
    checkFolder: async () => {},
    list: async (path) => {
      onFile("list", path);
      const prefix = path.endsWith("/") ? path : `${path}/`;
      const names = new Set<string>();
      for (const file of disk.keys()) {
        if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split("/")[0] ?? "");
      }
      return [...names].sort();
    },
    spool: async (path, chunks) => {
      onFile("spool", path);
      const bytes = await collect(chunks);
      disk.set(path, bytes);
      return bytes.length;
    },
    stream: (path) => {
      onFile("stream", path);
      return chunked([wanted(path).slice()]);
    },
    rename() {
      throw new Error("The disk of a test renames no file: take nodeFiles()");
    },
    append() {
      throw new Error("The disk of a test appends to no file: take nodeFiles()");
    },
    facts: async (path) => {
      const bytes = disk.get(path);
      return bytes === undefined ? null : { identity: path, sizeBytes: bytes.length, changedMs: 0 };
    },
  };
}

/** mulberry32: small, seeded, good enough for tests. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function uuid(random: () => number): string {
  let digits = "";
  for (let i = 0; i < 32; i++) digits += Math.floor(random() * 16).toString(16);
  const at = (from: number, to: number): string => digits.slice(from, to);
  return `${at(0, 8)}-${at(8, 12)}-4${at(13, 16)}-8${at(17, 20)}-${at(20, 32)}`;
}
