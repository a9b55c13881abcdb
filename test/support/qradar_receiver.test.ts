import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { selfSigned } from "./certificates.ts";
import { createFraming } from "./qradar_framing.ts";
import { type Qradar, type QradarOptions, startQradar } from "./qradar_receiver.ts";

const TIMEOUT_MS = 10_000;

/** A line as the program writes it. */
function lineOf(index: number, filler = ""): string {
  const attributes = `cat=receipt^devTime=1772798401250^sev=2^processingId=u7-receipt-${index}${filler}`;
  return `<134>1 2026-03-06T12:00:01.250Z mimecast-acme LEEF:2.0|Mimecast|Email Security|2.0|receipt_accepted|^|${attributes}\n`;
}

let qradar: Qradar | undefined;
async function start(options: QradarOptions = {}): Promise<Qradar> {
  qradar = await startQradar(options);
  return qradar;
}
afterEach(() => qradar?.close());

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function deliver(port: number, text: string): Promise<void> {
  const socket = await open(port);
  socket.end(text);
  await once(socket.resume(), "close");
}

describe("createFraming()", () => {
  const framesOf = (limit: number, chunks: readonly Buffer[]): string[] => {
    const frames: string[] = [];
    const framing = createFraming(limit, (bytes, how) =>
      frames.push(`${how} ${bytes.toString("latin1")}`),
    );
    for (const chunk of chunks) framing.push(chunk);
    framing.end();
    return frames;
  };

  test.each<[string, string[]]>([
    ["ab\ncd\n", ["line ab", "line cd"]],
    ["abcd\n", ["line abcd"]],
    ["abcde\nf\n", ["piece abcd", "piece e", "line f"]],
    ["abcdefgh\n", ["piece abcd", "piece efgh"]],
    ["abcdefghi\n", ["piece abcd", "piece efgh", "piece i"]],
    ["ab", ["rest ab"]],
    ["\n", ["line "]],
  ])("%j with a limit of 4", (text, frames) => {
    expect(framesOf(4, [Buffer.from(text)])).toEqual(frames);
  });

  test("does not care where the stream is cut into chunks", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 })), (stream, cuts) => {
        const positions = [
          0,
          ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b),
        ];
        const chunks = positions.map((position, index) =>
          Buffer.from(stream.slice(position, positions[index + 1])),
        );
        expect(framesOf(4, chunks)).toEqual(framesOf(4, [Buffer.from(stream)]));
      }),
    );
  });
});

describe("startQradar()", () => {
  test("keeps events in the order of arrival, with their ids and duplicates", async () => {
    const { port } = await start({ parse: "all" });
    await deliver(port, lineOf(1) + lineOf(2));
    await deliver(port, lineOf(2) + lineOf(3));
    await qradar?.waitFor(4, TIMEOUT_MS);
    expect(qradar?.ids()).toEqual([1, 2, 2, 3].map((index) => `u7-receipt-${index}`));
    expect(qradar?.duplicates()).toEqual(new Map([["u7-receipt-2", 2]]));
    expect(qradar?.events.map(({ connection }) => connection)).toEqual([1, 1, 2, 2]);
    expect(qradar?.parsed()[0]?.attributes.get("cat")).toBe("receipt");
    expect(qradar?.problems).toEqual([]);
  });

  test("splits a line over the limit as QRadar does, and says so", async () => {
    const { port } = await start({ maxPayloadBytes: 300 });
    await deliver(port, lineOf(1, "x".repeat(400)) + lineOf(2));
    await qradar?.waitFor(3, TIMEOUT_MS);
    expect(qradar?.events.map(({ how }) => how)).toEqual(["piece", "piece", "line"]);
    expect(qradar?.problems).toHaveLength(2);
  });

  test("names what is no LEEF, and what was cut off", async () => {
    const { port } = await start({ parse: "all" });
    await deliver(port, `this is no event\n${lineOf(1)}${lineOf(2).slice(0, 90)}`);
    await qradar?.waitFor(3, TIMEOUT_MS);
    expect(qradar?.problems).toEqual([
      expect.stringContaining("event 1: Cannot read LEEF line"),
      expect.stringContaining("event 3 is a rest of a line"),
    ]);
    expect(qradar?.ids()).toEqual(["u7-receipt-1"]);
  });

  test("waitFor() gives up and says how many have come", async () => {
    const { port } = await start();
    await deliver(port, lineOf(1));
    await qradar?.waitFor(1, TIMEOUT_MS);
    await expect(qradar?.waitFor(2, 1)).rejects.toThrow("Waited 1 ms for 2 events: 1 have arrived");
  });

  test("takes TLS with a certificate that it is given", async () => {
    const tls = selfSigned();
    const { port } = await start({ tls });
    const socket = connectTls({ port, host: "127.0.0.1", ca: tls.cert });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.end(lineOf(1));
    await qradar?.waitFor(1, TIMEOUT_MS);
    expect(qradar?.ids()).toEqual(["u7-receipt-1"]);
  });

  test("drops a connection on which nothing comes, and takes the next", async () => {
    const { port } = await start({ idleTimeoutMs: 50 });
    const socket = await open(port);
    socket.resume().write(lineOf(1) + lineOf(2).slice(0, 40));
    await once(socket, "close");
    await deliver(port, lineOf(2));
    await qradar?.waitFor(3, TIMEOUT_MS);
    expect(qradar?.ids()).toEqual(["u7-receipt-1", "u7-receipt-2"]);
    expect(qradar?.events.map(({ how }) => how)).toEqual(["line", "rest", "line"]);
  });

  test("refuses more connections of a host than it may have, until one is closed", async () => {
    const { port } = await start();
    const sockets = await Promise.all(Array.from({ length: 10 }, () => open(port)));
    const refused = await open(port);
    await new Promise((closed) => refused.resume().on("close", closed));
    expect(qradar?.problems).toMatchObject([expect.stringContaining("10 connections")]);
    sockets[0]?.resume().end();
    await once(sockets[0] as Socket, "close");
    await deliver(port, lineOf(2));
    await qradar?.waitFor(1, TIMEOUT_MS);
    expect(qradar?.ids()).toEqual(["u7-receipt-2"]);
    expect(qradar?.events[0]?.packetIp).toBe("127.0.0.1");
    for (const socket of sockets) socket.destroy();
  });

  test("notes a sender that speaks no TLS", async () => {
    const { port } = await start({ tls: selfSigned() });
    await deliver(port, lineOf(1));
    expect(qradar?.problems).toMatchObject([expect.stringContaining("TLS: ")]);
  });

  test("pause() makes the sender wait, resume() lets it go on", async () => {
    const { port } = await start({ keep: false });
    const socket = await open(port);
    qradar?.pause();
    const block = lineOf(1).repeat(2_000);
    let sent = 0;
    while (socket.write(block) && sent < 200) sent += 1;
    const drained = once(socket, "drain").then(() => "drained");
    const idle = new Promise((done) => setImmediate(done, "waiting"));
    expect(await Promise.race([drained, idle])).toBe("waiting");
    qradar?.resume();
    expect(await drained).toBe("drained");
    socket.end();
    await qradar?.waitFor((sent + 1) * 2_000, TIMEOUT_MS);
    expect(qradar?.events).toEqual([]);
  });

  test("stop() drops the connections, start() listens on the same port again", async () => {
    const { port } = await start();
    const socket = await open(port);
    socket.write(lineOf(1));
    await qradar?.waitFor(1, TIMEOUT_MS);
    const closed = once(socket.resume(), "close");
    await qradar?.stop();
    await closed;
    await expect(open(port)).rejects.toThrow(/ECONNREFUSED/);
    await qradar?.start();
    expect(qradar?.port).toBe(port);
    await deliver(port, lineOf(2));
    await qradar?.waitFor(2, TIMEOUT_MS);
    expect(qradar?.ids()).toEqual(["u7-receipt-1", "u7-receipt-2"]);
  });

  test("takes 200,000 lines", async () => {
    const { port } = await start();
    const socket = await open(port);
    for (let first = 0; first < 200_000; first += 5_000) {
      const lines = Array.from({ length: 5_000 }, (_, step) => lineOf(first + step)).join("");
      if (!socket.write(lines)) await once(socket, "drain");
    }
    socket.end();
    await qradar?.waitFor(200_000, 60_000);
    const ids = qradar?.ids() ?? [];
    expect(ids).toHaveLength(200_000);
    expect(qradar?.duplicates().size).toBe(0);
    expect(qradar?.problems).toEqual([]);
  });
});

test("as a process it writes each event to a file that only its owner can read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "qradar-"));
  const out = join(folder, "events.log");
  const script = join(import.meta.dirname, "qradar_receiver.ts");
  const child = spawn(process.execPath, [script, "--port", "0", "--out", out]);
  try {
    const [greeting] = await once(child.stdout, "data");
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(String(greeting))?.[1]);
    await deliver(port, lineOf(1) + lineOf(2));
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(readFileSync(out, "utf8")).toBe(lineOf(1) + lineOf(2));
    expect(statSync(out).mode & 0o777).toBe(0o600);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
