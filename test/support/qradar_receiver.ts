import { closeSync, openSync, writeSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { idOf } from "./fake_mimecast/record_id.ts";
import { type LeefLine, parseLeef } from "./leef_reference.ts";
import { createFraming, type Framed } from "./qradar_framing.ts";

/** How the receiver listens and what it checks. */
export interface QradarOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** QRadar's limit for one event over TCP; default 4096 (QRadar reference 2.1). */
  readonly maxPayloadBytes?: number;
  /** QRadar drops a TCP connection on which nothing comes; default 900 s, as there (QRadar reference 2.1). */
  readonly idleTimeoutMs?: number;
  /** Open connections of one host; default 10, with TLS 1000, as QRadar's listeners (QRadar reference 2.1, 2.2). */
  readonly maxConnectionsPerHost?: number;
  /** PEM texts: listens with TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** "all" reads each event as syslog and LEEF at arrival; "none" (default) only keeps it. */
  readonly parse?: "all" | "none";
  /** Called with each event, for example to write it to a file; `how` tells a whole line from a rest. */
  readonly onEvent?: (bytes: Buffer, how: Framed) => void;
  /** False forgets the events and only counts them; default true. */
  readonly keep?: boolean;
}

/** One event, in the order of arrival. */
export interface ReceivedEvent {
  readonly bytes: Buffer;
  readonly how: Framed;
  /** 1, 2, 3 … in the order in which connections came. */
  readonly connection: number;
  /** Where the connection came from: what QRadar shows for an address that an event does not name. */
  readonly packetIp: string;
}

/** A listener that stands for QRadar's. */
export interface Qradar {
  readonly port: number;
  readonly events: readonly ReceivedEvent[];
  /** Events so far, forgotten ones included. */
  readonly count: number;
  /** What a QRadar administrator would have to explain: split lines, lines that are no LEEF. */
  readonly problems: readonly string[];
  /** Resolves once `count` events have arrived. */
  waitFor(count: number, timeoutMs: number): Promise<void>;
  /** The record ids of the events, in the order of arrival; a duplicate stands there as often as it came. */
  ids(): string[];
  /** Ids that came more than once, and how often. */
  duplicates(): Map<string, number>;
  /** The events as LEEF; throws where one is not. */
  parsed(): LeefLine[];
  /** Stops reading, so that the sender feels back-pressure. */
  pause(): void;
  resume(): void;
  /** Drops all connections and listens no more; `start` listens on the same port again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a listener on 127.0.0.1. */
export async function startQradar(options: QradarOptions = {}): Promise<Qradar> {
  const { maxPayloadBytes = 4096, parse = "none", keep = true, tls } = options;
  const { idleTimeoutMs = 900_000, maxConnectionsPerHost = tls === undefined ? 10 : 1_000 } =
    options;
  const events: ReceivedEvent[] = [];
  const ids: string[] = [];
  const problems: string[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  let count = 0;
  let connections = 0;
  let paused = false;
  let server: Server | null = null;
  let port = options.port ?? 0;

  function take(bytes: Buffer, how: Framed, connection: number, packetIp: string): void {
    count += 1;
    if (how !== "line") problems.push(`event ${count} is a ${how} of a line: ${shorten(bytes)}`);
    else if (parse === "all") check(bytes);
    if (keep) {
      events.push({ bytes, how, connection, packetIp });
      // A rest is no event that was ever whole: its line comes again, or is lost.
      const id = how === "rest" ? null : idOf(bytes);
      if (id !== null) ids.push(id);
    }
    options.onEvent?.(bytes, how);
  }

  function check(bytes: Buffer): void {
    try {
      parseLeef(bytes);
    } catch (error) {
      problems.push(`event ${count}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function accept(socket: Socket): void {
    const host = socket.remoteAddress ?? "unknown";
    const open = [...sockets].filter(({ remoteAddress }) => remoteAddress === host).length;
    if (open >= maxConnectionsPerHost) {
      problems.push(
        `${host} has ${open} connections, as many as a host may have: one more was refused`,
      );
      socket.destroy();
      return;
    }
    connections += 1;
    const connection = connections;
    const framing = createFraming(maxPayloadBytes, (bytes, how) =>
      take(bytes, how, connection, host),
    );
    socket.setTimeout(idleTimeoutMs, () => socket.destroy());
    sockets.add(socket);
    if (paused) socket.pause();
    socket.on("data", (chunk: Buffer) => {
      framing.push(chunk);
      for (const wake of waiting) wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      framing.end();
      sockets.delete(socket);
      for (const wake of waiting) wake();
    });
  }

  async function start(): Promise<void> {
    const listening = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    listening.on("tlsClientError", (error) => problems.push(`TLS: ${error.message}`));
    await new Promise<void>((resolve, reject) => {
      listening.once("error", reject);
      listening.listen(port, "127.0.0.1", resolve);
    });
    server = listening;
    port = (listening.address() as AddressInfo).port;
  }

  async function stop(): Promise<void> {
    const listening = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    if (listening !== null) await new Promise<void>((done) => listening.close(() => done()));
  }

  await start();
  return {
    get port() {
      return port;
    },
    get count() {
      return count;
    },
    events,
    problems,
    waitFor: (wanted, timeoutMs) => waitUntil(waiting, () => count, wanted, timeoutMs),
    ids: () => [...ids],
    duplicates: () => duplicatesIn(ids),
    parsed: () => events.map(({ bytes }) => parseLeef(bytes)),
    pause() {
      paused = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      paused = false;
      for (const socket of sockets) socket.resume();
    },
    stop,
    start,
    close: stop,
  };
}

function waitUntil(
  waiting: Set<() => void>,
  count: () => number,
  wanted: number,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = (): void => {
      if (count() < wanted) return;
      clearTimeout(timer);
      waiting.delete(wake);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.delete(wake);
      reject(new Error(`Waited ${timeoutMs} ms for ${wanted} events: ${count()} have arrived`));
    }, timeoutMs);
    waiting.add(wake);
    wake();
  });
}

function duplicatesIn(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return new Map([...counts].filter(([, times]) => times > 1));
}

function shorten(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 120).toString("utf8"));
}

/** As a process: `--port N --out FILE` appends each event to the file, as a line, before it reads on. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      out: { type: "string" },
      "max-payload-bytes": { type: "string", default: "4096" },
    },
  });
  const file = openSync(values.out ?? "/dev/null", "a", 0o600);
  const lineFeed = Buffer.from("\n");
  const receiver = await startQradar({
    port: Number(values.port),
    maxPayloadBytes: Number(values["max-payload-bytes"]),
    keep: false,
    onEvent: (bytes) => writeSync(file, Buffer.concat([bytes, lineFeed])),
  });
  process.stdout.write(`listening on 127.0.0.1:${receiver.port}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, async () => {
      await receiver.close();
      closeSync(file);
      process.exit(0);
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
