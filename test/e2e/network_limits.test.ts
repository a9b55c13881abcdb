import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { crc32, createGzip, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfEach, workspaceFor } from "../support/closers.ts";
import { type Finished, finished, linesOf, startProgram, until } from "../support/program.ts";
import {
  SMALL_FILE,
  type SmallAnswer,
  type SmallCall,
  smallConfig,
  startSmallMimecast,
} from "../support/small_mimecast.ts";

/** The built program and answers that are large, endless, slow or made to be expensive. */

const closers = closersOfEach();

const MIB = 1024 ** 2;
/** Generous: a start takes 60 MB. What is tested took gigabytes. */
const MOST_MIB = 400;

interface Measured extends Finished {
  readonly peakMib: number;
  readonly codes: readonly string[];
}

interface Wanted {
  answer(call: SmallCall): SmallAnswer;
  readonly api?: "1.0" | "2.0";
  readonly more?: string;
  /** What has to be said before the program is ended. */
  readonly said: RegExp;
}

/** `poll --follow` until something is said, its peak of memory, and the end. */
async function meet({ answer, api = "2.0", more = "", said }: Wanted): Promise<Measured> {
  const server = await startSmallMimecast({ answer });
  closers.push(() => server.close());
  const workspace = workspaceFor(closers);
  const v1 = `state_dir: ${workspace.stateDir}\naccounts:\n  - { name: acme, api: "1.0", base_url: "${server.url}", app_id: small-app-id, app_key: small-app-key, access_key: small-access-key, secret_key: c21hbGwta2V5, sources: [siem] }\n`;
  workspace.config(
    api === "1.0" ? `${v1}${more}` : smallConfig(workspace.stateDir, server.url, { more }),
  );
  const child = startProgram(["poll", "--follow"], workspace.env);
  let text = "";
  let hasEnded = false;
  child.stderr?.on("data", (piece) => {
    text += piece;
  });
  child.on("exit", () => {
    hasEnded = true;
  });
  const end = finished(child);
  await until(() => said.test(text) || hasEnded, 60_000, `${said} in: ${text.slice(-2_000)}`);
  const status = hasEnded ? "" : readFileSync(`/proc/${child.pid}/status`, "utf8");
  const peakMib = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  child.kill("SIGTERM");
  const result = await end;
  const codes = linesOf(result.stderr).flatMap((line) => JSON.parse(line).code ?? []);
  return { ...result, peakMib, codes };
}

/** Keeps writing until the other side has enough. */
function endless(headers: Record<string, string>, piece: Buffer): SmallAnswer {
  return (response) => {
    response.writeHead(200, headers);
    const write = (): void => {
      while (!response.destroyed) {
        if (!response.write(piece)) {
          response.once("drain", write);
          return;
        }
      }
    };
    write();
  };
}

/** The beginning of a gzip file whose name goes on and on (RFC 1952 §2.3.1). */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);

/** A byte now and then, which is white space in JSON and part of a name in gzip. */
function dripping(response: ServerResponse, head = Buffer.alloc(0)): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write(head);
  const timer = setInterval(() => response.write(" "), 100);
  response.on("close", () => clearInterval(timer));
}

const isApi = ({ path }: SmallCall) => path.startsWith("/siem/");
const JSON_TYPE = { "content-type": "application/json" };

describe.skipIf(process.platform !== "linux")("memory", () => {
  it.each<readonly [string, string | Uint8Array, string]>([
    ["63 MiB of open brackets", "[".repeat(63 * MIB), "answer_too_large"],
    ["a list of 63 MiB of empty objects", `[${"{},".repeat(21 * MIB)}{}]`, "answer_too_large"],
    ["3 MiB of open brackets", "[".repeat(3 * MIB), "answer_too_large"],
    ["a million empty objects", `{"value":[${"{},".repeat(MIB)}{}]}`, "unexpected_answer"],
    [
      "a record nested 4,000 deep",
      `{"value":[${'{"a":'.repeat(4_000)}1${"}".repeat(4_000)}]}`,
      "answer_too_large",
    ],
  ])("is bounded for %s", async (_what, body, code) => {
    const { peakMib, codes } = await meet({
      answer: (call) => (isApi(call) ? { headers: JSON_TYPE, body } : undefined),
      said: new RegExp(`"code":"${code}"`),
    });
    expect(codes).toContain(code);
    expect(peakMib).toBeGreaterThan(20);
    expect(peakMib).toBeLessThan(MOST_MIB);
  });

  it("is bounded for a token of 10 MB, which is not kept", async () => {
    const token = "x".repeat(10 * MIB);
    const { peakMib } = await meet({
      answer: ({ path }) =>
        path === "/oauth/token" ? { body: JSON.stringify({ access_token: token }) } : undefined,
      said: /answer_too_large/,
    });
    expect(peakMib).toBeLessThan(MOST_MIB);
  });

  it("is bounded for an error page without an end", async () => {
    const { peakMib } = await meet({
      answer: (call) =>
        isApi(call)
          ? (response) => {
              response.statusCode = 403;
              const write = endless({ "content-type": "text/html" }, Buffer.alloc(MIB, "x"));
              if (typeof write === "function") write(response);
            }
          : undefined,
      said: /"level":"(?:warn|error)"/,
    });
    expect(peakMib).toBeLessThan(MOST_MIB);
  });

  it("is bounded for a gzip bomb, whose lines end", async () => {
    const bomb: SmallAnswer = (response) => {
      response.writeHead(200, { "content-type": "application/gzip" });
      const gzip = createGzip();
      gzip.pipe(response);
      const lines = Buffer.from(
        `${JSON.stringify({ type: "receipt", subject: "x".repeat(60_000) })}\n`.repeat(16),
      );
      const write = (): void => {
        while (!response.destroyed) {
          if (!gzip.write(lines)) {
            gzip.once("drain", write);
            return;
          }
        }
        gzip.destroy();
      };
      write();
    };
    const { peakMib, codes } = await meet({
      answer: ({ path }) => (path === SMALL_FILE ? bomb : undefined),
      said: /"code":"too_large"|Cannot take an item/,
      more: "output: { format: leef }\n",
    });
    expect(codes).not.toContain("malformed");
    expect(peakMib).toBeLessThan(MOST_MIB);
  });
});

describe("time", () => {
  const quick = "network: { timeout_secs: 1 }\n";

  it.each<readonly [string, (call: SmallCall) => boolean]>([
    ["token answer", ({ path }) => path === "/oauth/token"],
    ["JSON answer", isApi],
    ["file", ({ path }) => path === SMALL_FILE],
  ])("a %s that drips has an end", async (_what, isDripping) => {
    const { codes, stderr } = await meet({
      answer: (call) =>
        isDripping(call)
          ? (response) => dripping(response, call.path === SMALL_FILE ? GZIP_HEAD : undefined)
          : undefined,
      more: quick,
      said: /"code":"timeout"/,
    });
    expect(codes).toContain("timeout");
    expect(stderr).toContain("the answer comes too slowly");
  });

  it("an acknowledgement that drips has an end, and counts for what its status says", async () => {
    const shipper = await startSmallMimecast({ answer: () => (response) => dripping(response) });
    closers.push(() => shipper.close());
    const server = await startSmallMimecast();
    closers.push(() => server.close());
    const workspace = workspaceFor(closers);
    const output = `output: { http: { url: "${shipper.url}/in", timeout_secs: 1 } }\n`;
    workspace.config(smallConfig(workspace.stateDir, server.url, { more: output }));
    const run = await finished(startProgram(["poll", "--once"], workspace.env));
    expect(run.code).toBe(EXIT.ok);
    expect(shipper.asked.length).toBeGreaterThan(0);
  });
});

/** Ended by SIGTERM, with the feed in trouble or not; a defect and an uncaught error have other codes. */
const ENDS_WELL: readonly (number | null)[] = [EXIT.ok, EXIT.temporary];

describe("an archive of API 1.0", () => {
  const crash = new URL("../../../shared/review/zip64_crash.zip", import.meta.url);
  const archive = (body: Uint8Array): Wanted => ({
    api: "1.0",
    answer: () => ({
      headers: { "content-type": "application/octet-stream", "mc-siem-token": "token-1" },
      body,
    }),
    said: /Cannot unpack the zip archive|"code":"too_large"/,
  });

  it("that names an offset beyond all files does not end the process", async () => {
    const content = zipOf("a.json", deflateRawSync('{"data":[]}'), 11);
    const end = content.subarray(content.length - 22);
    const record = Buffer.alloc(76);
    record.writeUInt32LE(0x07064b50, 56);
    record.writeBigUInt64LE(2n ** 62n, 64);
    const body = Buffer.concat([content.subarray(0, content.length - 22), record, end]);
    const { code, codes, peakMib } = await meet(archive(body));
    expect(ENDS_WELL).toContain(code);
    expect(codes).not.toContain("defect");
    expect(peakMib).toBeLessThan(MOST_MIB);
  });

  it("that once ended the process does not (skipped without the sample)", async () => {
    let body: Buffer;
    try {
      body = readFileSync(crash);
    } catch {
      return;
    }
    expect(ENDS_WELL).toContain((await meet(archive(body))).code);
  });

  it("that would unpack to more than it can is refused before that", async () => {
    const body = zipOf("a.json", deflateRawSync("x".repeat(1_000_000)), 0xffff_0000);
    expect(ENDS_WELL).toContain((await meet(archive(body))).code);
  });
});

/** An archive of one deflated file that claims to unpack to `size` bytes. */
function zipOf(name: string, packed: Uint8Array, size: number): Buffer {
  const fixed = Buffer.alloc(26);
  fixed.writeUInt16LE(20, 0);
  fixed.writeUInt16LE(8, 4);
  fixed.writeUInt32LE(crc32('{"data":[]}'), 10);
  fixed.writeUInt32LE(packed.length, 14);
  fixed.writeUInt32LE(size, 18);
  fixed.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), fixed, Buffer.from(name), packed]);
  const entry = Buffer.concat([
    Buffer.from("PK\u0001\u0002\u0014\u0000"),
    fixed,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
