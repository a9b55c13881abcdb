import { describe, expect, test } from "vitest";
import { parseJson, readErrorText, readText, send } from "../../plugin/client/transport.ts";
import { answer, chunked, createFakeEffects } from "../support/fake_effects.ts";

/** A body without an end, and how much of it was read. */
function endless(bytes: number) {
  const read = { pieces: 0 };
  async function* body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      read.pieces++;
      yield Buffer.alloc(bytes, "x");
    }
  }
  return { read, body: body() };
}

describe("readErrorText()", () => {
  test("reads the beginning of a body, whatever its pieces", async () => {
    const { read, body } = endless(10_000);
    expect(await readErrorText(body)).toBe("x".repeat(70_000));
    expect(read.pieces).toBe(7);
    expect(await readErrorText(chunked([Buffer.from("a"), Buffer.from("b")]))).toBe("ab");
  });

  test("what breaks off is read as far as it came", async () => {
    expect(await readErrorText(chunked([Buffer.from("a"), new Error("reset")]))).toBe("a");
  });
});

describe("readText()", () => {
  test("reads as much as is allowed", async () => {
    expect(await readText(chunked([Buffer.from("abc"), Buffer.from("de")]), 5)).toBe("abcde");
    await expect(readText(endless(3).body, 5)).rejects.toMatchObject({
      code: "answer_too_large",
      retryable: false,
    });
  });
});

describe("parseJson()", () => {
  test("is undefined for what is none", () => {
    expect(parseJson('{"a":1}')).toEqual({ a: 1 });
    expect(parseJson("")).toBeUndefined();
  });
});

describe("send()", () => {
  const request = { method: "GET", url: "https://x/", timeoutMs: 1 } as const;
  const sent = async (headers: Record<string, string>, own: Record<string, string> = {}) => {
    const effects = createFakeEffects({ fetch: [answer({ status: 201, headers })] });
    const redact = (text: string) => text.replace("secret", "*");
    await send({ ...request, headers: own }, effects, { path: "/x" }, redact);
    return effects.logs;
  };

  test("logs status and request id, and what is left where the answer says so", async () => {
    expect(await sent({ "x-request-id": "r-secret", "x-ratelimit-remaining": "5secret" })).toEqual([
      {
        level: "debug",
        message: "Answer",
        fields: { path: "/x", status: 201, requestId: "r-*", remaining: "5*", durationMs: 0 },
      },
    ]);
    const [plain] = await sent({});
    expect(plain?.fields).toEqual({ path: "/x", status: 201, requestId: "", durationMs: 0 });
    const [own] = await sent({}, { "x-mc-req-id": "mine" });
    expect(own?.fields.requestId).toBe("mine");
  });
});
