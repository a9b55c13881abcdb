import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectAccount } from "../../plugin/collect/account.ts";
import { createSlots } from "../../plugin/collect/slots.ts";
import { httpDelivery } from "../../plugin/deliver/http.ts";
import { pacedDelivery } from "../../plugin/deliver/paced.ts";
import { answer, createFakeEffects, type FakeEffects } from "../support/fake_effects.ts";
import { scriptedSource } from "../support/scripted.ts";
import { openScripted } from "../support/scripted_account.ts";

const OPTIONS = {
  kind: "http" as const,
  url: "http://127.0.0.1:1/",
  body: "lines" as const,
  gzip: false,
  authorization: null,
  timeoutMs: 1000,
};
const dataOf = (body: unknown) =>
  Buffer.from(body as Uint8Array)
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("{"));

/** One run of a source with one item; the shipper says "wait" to each batch that `takes` refuses. */
async function runOnce(
  effects: FakeEffects,
  records: readonly string[],
  values: {
    maxBatchBytes?: number;
    paced?: boolean;
    blockRecords?: number;
    signal?: AbortSignal;
  } = {},
) {
  const { maxBatchBytes = 4, blockRecords = 100, signal = new AbortController().signal } = values;
  const item = { key: "i", records, blockRecords };
  const source = scriptedSource((cursor) => (cursor === 0 ? { items: [item] } : undefined));
  const job = await openScripted(effects, {
    name: "acme",
    sources: [source],
    options: { safety: "taken" },
  });
  const endMs = effects.now() + 60_000;
  const http = httpDelivery(effects, { ...OPTIONS, maxBatchBytes, endMs }, signal);
  const delivery = values.paced ? pacedDelivery(http, effects, 10, signal) : http;
  const round = {
    stop: () => (signal.aborted ? ("now" as const) : ("no" as const)),
    abort: () => {},
    newSlot: createSlots(1),
  };
  await collectAccount(effects, job, delivery, round).catch(() => {});
  await job.ledger.close(signal.aborted ? "stopped" : "drained");
  effects.advance(3_600_000);
}

describe("a chunk that goes by HTTP in batches", () => {
  it.each([false, true])(
    "no batch comes twice, wherever the shipper said wait until the run's end; paced: %s",
    async (paced) => {
      const records = Array.from(
        { length: 12 },
        (_, index) => `r${String(index).padStart(2, "0")}`,
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }),
          fc.integer({ min: 1, max: 30 }),
          async (quotas, maxBatchBytes) => {
            const got: string[] = [];
            let left = 0;
            const effects = createFakeEffects({
              fetch: ({ body }) => {
                const data = dataOf(body);
                if (data.length > 0 && left-- <= 0) return answer({ status: 503 });
                got.push(...data);
                return answer({ status: 200 });
              },
            });
            for (const quota of [...quotas, 1000]) {
              left = quota;
              await runOnce(effects, records, { maxBatchBytes, paced });
            }
            expect(got).toEqual(records);
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  it("sends all of an item that is not what it was when a part of it went out", async () => {
    const got: string[] = [];
    let left = 1;
    const effects = createFakeEffects({
      fetch: ({ body }) => {
        const data = dataOf(body);
        if (data.length > 0 && left-- <= 0) return answer({ status: 503 });
        got.push(...data);
        return answer({ status: 200 });
      },
    });
    await runOnce(effects, ["aaa", "bbb"]);
    expect(got).toEqual(["aaa"]);
    left = 1000;
    await runOnce(effects, ["AAA", "bbb"]);
    expect(got).toEqual(["aaa", "AAA", "bbb"]);
  });

  it("sends all of an item that has become shorter than what went out", async () => {
    let left = 1;
    const got: string[] = [];
    const effects = createFakeEffects({
      fetch: ({ body }) => {
        const data = dataOf(body);
        if (data.length > 0 && left-- <= 0) return answer({ status: 503 });
        got.push(...data);
        return answer({ status: 200 });
      },
    });
    await runOnce(effects, ["aaa", "bbb"]);
    left = 1000;
    await runOnce(effects, ["x"]);
    expect(got).toEqual(["aaa", "x"]);
  });
});

describe("SIGTERM while a batch is in flight", () => {
  it("its answer is waited for, and it does not come twice", async () => {
    const got: string[] = [];
    const stopping = new AbortController();
    const effects = createFakeEffects();
    Object.assign(effects, {
      fetch: async (request: Parameters<FakeEffects["fetch"]>[0]) => {
        got.push(...dataOf(request.body));
        stopping.abort(new Error("SIGTERM"));
        for (let hops = 0; hops < 50; hops++) await Promise.resolve();
        request.signal?.throwIfAborted();
        return answer({ status: 200 });
      },
    });
    await runOnce(effects, ["aaa"], { signal: stopping.signal });
    await runOnce(effects, ["aaa"]);
    expect(got).toEqual(["aaa"]);
  });
});
