import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type HttpOptions, httpDelivery, httpRequest } from "../../plugin/deliver/http.ts";
import { DeliveryError, NetworkError } from "../../plugin/errors.ts";
import { answer, createFakeEffects, type FakeAnswer } from "../support/fake_effects.ts";

const OPTIONS: HttpOptions = {
  kind: "http",
  url: "http://127.0.0.1:9880/mimecast?key=qxsecretxq",
  body: "lines",
  gzip: false,
  authorization: null,
  maxBatchBytes: 524_288,
  timeoutMs: 60_000,
  endMs: Number.POSITIVE_INFINITY,
};
const LINE = Buffer.from("<13>1 a line\n");
const busy = (headers = {}) => answer({ status: 503, headers, text: "deferred" });
const reset = new NetworkError('Cannot reach "127.0.0.1:9880": reset', { code: "reset" });

function started(
  fetch: readonly FakeAnswer[] | ((request: { body?: unknown }) => FakeAnswer),
  options: Partial<HttpOptions> = {},
) {
  const effects = createFakeEffects({ fetch });
  const stopping = new AbortController();
  const delivery = httpDelivery(effects, { ...OPTIONS, ...options }, stopping.signal);
  const sent = () => effects.requests.map(({ body }) => Buffer.from(body as Uint8Array).toString());
  return { effects, stopping, delivery, sent };
}

async function refusal(promise: Promise<unknown>): Promise<DeliveryError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  return error as DeliveryError;
}

describe("httpDelivery()", () => {
  it.each([200, 201, 204])(
    "takes %i for the shipper's word that it has the batch",
    async (status) => {
      const { delivery, sent, effects } = started([answer({ status })]);
      expect(delivery.safety).toBe("taken");
      await delivery.write(LINE);
      expect(delivery.accepted()).toBe(LINE.length);
      expect(sent()).toEqual([String(LINE)]);
      expect(effects.sleeps).toEqual([]);
    },
  );

  it.each([
    [
      "a content type",
      answer({ headers: { "content-type": "text/html; charset=utf-8" }, text: "ok" }),
    ],
    ["its first bytes", answer({ text: "\n<!DOCTYPE html><html>Please log in</html>" })],
    ["its first bytes, short", answer({ status: 201, text: "<html>" })],
  ])("takes a page of HTML for no delivery, by %s: something else answers", async (_what, page) => {
    const { delivery, effects } = started([page, answer({ status: 201 })]);
    await delivery.write(LINE);
    expect(effects.requests).toHaveLength(2);
    expect(effects.logs).toMatchObject([
      { level: "warn", fields: { why: expect.stringContaining("HTML") } },
    ]);
  });

  it("ends a batch in flight where there is no time left for its answer", async () => {
    const hurry = new AbortController();
    const effects = createFakeEffects();
    Object.assign(effects, {
      fetch: ({ signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          hurry.abort(new Error("SIGTERM"));
        }),
    });
    const delivery = httpDelivery(effects, OPTIONS, new AbortController().signal, hurry.signal);
    await expect(delivery.write(LINE)).rejects.toThrow("SIGTERM");
  });

  it("counts a batch whose answer breaks off behind a 2xx: the shipper has it", async () => {
    const { delivery, effects } = started([answer({ status: 200, chunks: [LINE, reset] })]);
    await delivery.write(LINE);
    expect(delivery.accepted()).toBe(LINE.length);
    expect(effects.requests).toHaveLength(1);
  });

  it.each([
    ["503 of Fluent Bit", busy()],
    ["429", answer({ status: 429 })],
    ["a gateway without a shipper", answer({ status: 502 })],
    ["a connection that is refused", new NetworkError("x", { code: "connect" })],
    ["an answer that never comes", new NetworkError("x", { code: "timeout" })],
    // The file may be replaced while we wait; ending the run would not help.
    ["a certificate that is not trusted", new NetworkError("x", { code: "tls" })],
  ])("waits after %s and sends the same batch again", async (_what, failure) => {
    const { delivery, sent, effects } = started([failure, failure, answer({ status: 201 })]);
    await delivery.write(LINE);
    expect(sent()).toEqual([String(LINE), String(LINE), String(LINE)]);
    expect(delivery.accepted()).toBe(LINE.length);
    expect(effects.sleeps).toHaveLength(2);
    for (const delayMs of effects.sleeps) {
      expect(delayMs).toBeGreaterThanOrEqual(1000);
      expect(delayMs).toBeLessThanOrEqual(30_000);
    }
    expect(effects.logs[0]).toMatchObject({ level: "warn", fields: { attempts: 1 } });
  });

  it("waits as long as the shipper asks for", async () => {
    const { delivery, effects } = started([busy({ "retry-after": "17" }), answer({ status: 200 })]);
    await delivery.write(LINE);
    expect(effects.sleeps).toEqual([17_000]);
  });

  it("waits for ever while it follows, and says so now and then, not each time", async () => {
    let left = 200;
    const { delivery, effects } = started(() => (left-- > 0 ? busy() : answer({ status: 201 })));
    await delivery.write(LINE);
    expect(effects.sleeps).toHaveLength(200);
    expect(effects.logs).toHaveLength(21);
    expect(effects.logs.slice(0, 3).map(({ fields }) => fields.attempts)).toEqual([1, 10, 20]);
    expect(Math.max(...effects.sleeps)).toBeGreaterThan(20_000);
  });

  it("ends at the end of a run that the shipper took nothing of, and asks again in the next write", async () => {
    let isBusy = true;
    const nowMs = createFakeEffects().now();
    const { delivery, effects } = started(() => (isBusy ? busy() : answer({ status: 201 })), {
      endMs: nowMs + 120_000,
    });
    const error = await refusal(delivery.write(LINE));
    expect(error.code).toBe("delivery_timeout");
    expect(error.message).toBe(
      'Cannot deliver to "127.0.0.1:9880/mimecast": the shipper took nothing until the end of the run: HTTP 503',
    );
    expect(effects.now()).toBeLessThan(nowMs + 120_000);
    expect(effects.now()).toBeGreaterThan(nowMs + 60_000);
    expect(delivery.accepted()).toBe(0);
    isBusy = false;
    await delivery.write(LINE);
    expect(delivery.accepted()).toBe(LINE.length);
  });

  it("gives a request no longer than the run has left", async () => {
    const { delivery, effects } = started([answer({}), answer({}), answer({})], {
      endMs: createFakeEffects().now() + 20_000,
    });
    await delivery.write(LINE);
    effects.advance(12_000);
    await delivery.write(LINE);
    effects.advance(60_000);
    await delivery.write(LINE);
    expect(effects.requests.map((request) => request.timeoutMs)).toEqual([20_000, 8_000, 5_000]);
  });

  it.each([
    [400, "output.http.body"],
    [401, "output.http.auth"],
    [403, "output.http.auth"],
    [404, "output.http.url"],
    [302, "output.http.url"],
    [413, "output.http.max_batch_bytes"],
    [415, "output.http.gzip"],
  ])("ends the run after %i, naming the setting", async (status, setting) => {
    const { delivery, effects } = started([answer({ status, text: "no\u001b[31m\n way" })]);
    const error = await refusal(delivery.write(LINE));
    expect(error).toMatchObject({
      code: "delivery_refused",
      message: `Cannot deliver to "127.0.0.1:9880/mimecast": HTTP ${status}, "no [31m way"`,
    });
    expect(error.hint).toContain(setting);
    expect(effects.sleeps).toEqual([]);
    expect(delivery.accepted()).toBe(0);
  });

  it.each(["", " \n\t"])("quotes nothing where the refusal says nothing: %j", async (text) => {
    const { delivery } = started([answer({ status: 404, text })]);
    const error = await refusal(delivery.write(LINE));
    expect(error.message).toBe('Cannot deliver to "127.0.0.1:9880/mimecast": HTTP 404');
  });

  it("quotes what the refusal says without the white space around it", async () => {
    const { delivery } = started([answer({ status: 404, text: "\n no input here\n" })]);
    const error = await refusal(delivery.write(LINE));
    expect(error.message).toMatch(/HTTP 404, "no input here"$/);
  });

  it("never waits for a reader, as a pipe does", async () => {
    const { delivery } = started([busy(), answer({})]);
    const written = delivery.write(LINE);
    expect([delivery.isWriting(), delivery.readerWaits()]).toEqual([false, false]);
    await written;
    await delivery.flush();
  });

  it("reads only the beginning of what a refusal says", async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pieces++;
        yield Buffer.alloc(100, "x");
      }
    }
    const { delivery } = started([{ status: 400, headers: {}, body: endless() }]);
    const error = await refusal(delivery.write(LINE));
    expect(error.message.length).toBeLessThan(400);
    expect(pieces).toBeLessThan(10);
  });

  it("has one batch in flight, in the order of asking", async () => {
    let inFlight = 0;
    const { delivery, sent } = started(() => async () => {
      expect(++inFlight).toBe(1);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      inFlight--;
      return answer({ status: 201 });
    });
    const totals: number[] = [];
    await Promise.all(
      ["1\n", "22\n", "333\n"].map(async (line) => {
        await delivery.write(Buffer.from(line));
        totals.push(delivery.accepted());
      }),
    );
    expect(sent()).toEqual(["1\n", "22\n", "333\n"]);
    expect(totals).toEqual([2, 5, 9]);
  });

  it("counts the batches before one that is refused", async () => {
    const { delivery, sent } = started([answer({}), answer({ status: 413 })], { maxBatchBytes: 4 });
    await refusal(delivery.write(Buffer.from("aaa\nbbb\nccc\n")));
    expect(sent()).toEqual(["aaa\n", "bbb\n"]);
    expect(delivery.accepted()).toBe(4);
  });

  it("sends what it was given, whatever happens to the engine's memory meanwhile", async () => {
    const memory = Buffer.from("aaa\n");
    const { delivery, sent } = started([busy(), answer({})]);
    const written = delivery.write(memory);
    memory.fill("?");
    await written;
    expect(sent()).toEqual(["aaa\n", "aaa\n"]);
  });

  it("is ended by a signal while it waits, and while it asks", async () => {
    const waiting = started([
      () => {
        waiting.stopping.abort(new Error("SIGTERM"));
        return busy();
      },
    ]);
    await expect(waiting.delivery.write(LINE)).rejects.toThrow("SIGTERM");
    await expect(waiting.delivery.write(LINE)).rejects.toThrow("SIGTERM");
    expect(waiting.effects.requests).toHaveLength(1);
    expect(waiting.delivery.accepted()).toBe(0);
  });

  it("never shows the query", async () => {
    const { delivery, effects } = started([busy(), answer({ status: 404 })]);
    const error = await refusal(delivery.write(LINE));
    expect(JSON.stringify([effects.logs, error.message, error.hint])).not.toContain("qxsecretxq");
  });

  it("lets a defect through", async () => {
    const inBody = answer({ chunks: [new TypeError("defect")] });
    for (const defect of [new TypeError("defect"), inBody]) {
      const { delivery } = started([defect]);
      await expect(delivery.write(LINE)).rejects.toThrow(TypeError);
    }
  });
});

describe("httpRequest()", () => {
  it("compresses, and says so", async () => {
    const request = await httpRequest(
      LINE,
      { ...OPTIONS, gzip: true, authorization: "Bearer t" },
      0,
    );
    expect(gunzipSync(request.body)).toEqual(LINE);
    expect(request.headers).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "content-encoding": "gzip",
      authorization: "Bearer t",
    });
  });
});
