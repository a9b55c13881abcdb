/**
 * The world as one interface. Pure code gets values; what must touch network, clock, chance, files or
 * stdout gets an `Effects`. `node.ts` is its implementation on Node, `test/support/fake_effects.ts` the
 * one that tests steer. Types only: this file must not import anything that runs.
 */

/** An HTTP request. Only `client/` makes them. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Until the response headers have arrived, and between two pieces of the body. */
  readonly timeoutMs: number;
  /** From the sending to the body's last byte, without the time in which its reader asks for nothing. Default: no limit. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
}

/** An HTTP answer. Header names are lower-case. The body is a stream of pieces as they arrive. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Severity of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Structured log, JSON lines on stderr. Values must never hold a secret. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Files. Every file is created with mode 0600 unless another is given, every folder with 0700. */
export interface Files {
  /** The bytes, or null where the file does not exist. */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Replaces the file: temporary name beside the target, write, fsync, rename, fsync of the folder.
   * Either the old or the new content survives a crash, never a mixture. `mode` is for files that other users read.
   */
  replace(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /** Overwrites in place without fsync: for the journal, which a process crash must survive but not a power cut. */
  overwrite(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the folder, and those above it, where it is missing. Refuses one that others could change (trust.ts). */
  makeFolder(path: string): Promise<void>;
  /** Refuses a folder with a file or folder directly in it that others could change, or that is a symbolic link. */
  checkFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; empty where the folder does not exist. */
  list(path: string): Promise<string[]>;
  /** Writes a stream to a new file and returns its size in bytes. `durable`: as `replace` does, whole or not at all. */
  spool(path: string, chunks: AsyncIterable<Uint8Array>, durable?: boolean): Promise<number>;
  /** Reads a file piece by piece. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Opens a file to append to, or makes it. Refuses a symbolic link, and a file of another user. */
  append(path: string, made: FileMaking): Promise<AppendFile>;
  /** Of a file or folder; null where nothing is there. */
  facts(path: string): Promise<FileFacts | null>;
}

/** What a new file gets. */
export interface FileMaking {
  /** Permission bits. */
  readonly mode: number;
  /** Name or number; null: as the system decides. */
  readonly group: string | number | null;
}

/** What the file system says of a file. */
export interface FileFacts {
  readonly sizeBytes: number;
  /** Of the last change of its content, ms since 1970. */
  readonly changedMs: number;
  /** The same for two names of one file. */
  readonly identity: string;
}

/** An open file that only grows. */
export interface AppendFile {
  readonly identity: string;
  /** Its size when it was opened. */
  readonly sizeBytes: number;
  /**
   * Resolves once the operating system has accepted all bytes. What a full disk or a killed process has left as half a
   * line is ended by a line feed before.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** fsync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What stdout is: it decides when bytes are safe, and whether anything is kept at all. "pipe" is a socket too;
 * "unnamed_file" is a file that no folder names any more; "device" is /dev/null and the like, and a closed descriptor.
 */
export type OutKind = "pipe" | "file" | "unnamed_file" | "terminal" | "device";

/** Standard output. */
export interface Out {
  readonly kind: OutKind;
  /** Resolves once the operating system has accepted all bytes; rejects with code EPIPE where the reader is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** fsync, for a regular file; nothing otherwise. */
  sync(): Promise<void>;
}

/** Everything outside the program's own values. */
export interface Effects {
  /** Milliseconds since 1970 (UTC). */
  now(): number;
  /** Rejects with `signal.reason` when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** 0 ≤ n < 1. */
  random(): number;
  randomUUID(): string;
  /** Rejects with a `NetworkError` (see errors.ts) where no answer came. Never follows redirects. */
  fetch(request: HttpRequest): Promise<HttpResponse>;
  readonly files: Files;
  readonly stdout: Out;
  readonly log: Log;
}
