import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createGunzip } from "node:zlib";
import { expect, test } from "vitest";
import { IS_ALL } from "./amount.ts";
import { getV2, postV1 } from "./fake_client.ts";
import { startFake } from "./fake_mimecast/fake.ts";

const RECORDS = IS_ALL ? 200_000 : 80_000;
const MIB = 1_048_576;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use that a full collection leaves. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Reads a stream to its end: its length, its lines, and the most memory that was in use meanwhile. */
async function drain(stream: AsyncIterable<Buffer>) {
  let bytes = 0;
  let lines = 1;
  let peak = 0;
  let measuredAt = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
    if (bytes - measuredAt > 4 * MIB) {
      measuredAt = bytes;
      peak = Math.max(peak, usedBytes());
    }
  }
  return { bytes, lines, peak };
}

const streamOf = (answer: Response) => Readable.fromWeb(answer.body as ReadableStream);

test("a file of very many records is made while it is read, and read in bounded memory", async () => {
  const fake = await startFake({
    records: { delivery: RECORDS },
    switches: { recordsPerFile: RECORDS },
  });
  try {
    const list = await getV2(fake, "/siem/v1/batch/events/cg", { type: "delivery" });
    const { value } = (await list.json()) as { value: { url: string }[] };
    expect(value).toHaveLength(1);
    const before = usedBytes();
    const packed = streamOf(await fetch(value[0]?.url ?? ""));
    const { bytes, lines, peak } = await drain(packed.pipe(createGunzip()));
    expect(lines).toBe(RECORDS);
    expect(bytes).toBeGreaterThan(RECORDS * 780);
    expect(peak).toBeGreaterThan(0);
    expect(peak - before).toBeLessThan(40 * MIB);
    expect(fake.handedOutCount()).toBe(RECORDS);
    expect(usedBytes() - before).toBeLessThan(10 * MIB);
  } finally {
    await fake.close();
  }
});

test("so is a zip", async () => {
  const fake = await startFake({
    api: "1.0",
    records: { siem: RECORDS },
    switches: { filesPerZip: 1_000 },
  });
  try {
    const body = { data: [{ type: "MTA", compress: true, fileFormat: "json" }] };
    const before = usedBytes();
    const answer = await postV1(fake, "/api/audit/get-siem-logs", body, Date.now());
    const { bytes, peak } = await drain(streamOf(answer));
    expect(bytes).toBeGreaterThan(RECORDS * 78);
    expect(peak).toBeGreaterThan(0);
    expect(peak - before).toBeLessThan(40 * MIB);
    expect(fake.handedOutCount()).toBe(RECORDS);
  } finally {
    await fake.close();
  }
});

test("two million records cost nothing until they are asked for", async () => {
  const before = usedBytes();
  const fake = await startFake({ records: { siem: 2_000_000, audit: 2_000_000 } });
  try {
    expect(fake.total()).toBe(4_000_000);
    expect(usedBytes() - before).toBeLessThan(10 * MIB);
  } finally {
    await fake.close();
  }
});
