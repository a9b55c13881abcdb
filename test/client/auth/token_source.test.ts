import { describe, expect, test } from "vitest";
import type { Token } from "../../../plugin/client/auth/auth_v2.ts";
import { openToken, sealToken } from "../../../plugin/client/auth/token_seal.ts";
import { createTokenSource, tokenFile } from "../../../plugin/client/auth/token_source.ts";
import { createFakeEffects, type FakeEffects } from "../../support/fake_effects.ts";

const KEYS = { api: "2.0", clientId: "client", clientSecret: "secret-of-the-client" } as const;
const BASE = "https://api.services.mimecast.com";
const FILE = "/state/acme/token.jwe";

/** A source whose tokens are numbered and live for 30 minutes. */
function source(effects: FakeEffects, credentials = KEYS, baseUrl = BASE) {
  const asked = { count: 0 };
  const tokens = createTokenSource({
    credentials,
    baseUrl,
    kept: tokenFile(effects.files, "/state/acme"),
    effects,
    request: async () => {
      asked.count += 1;
      const mark = `${credentials.clientId}-${effects.now()}-${asked.count}`;
      return { accessToken: mark, renewAtMs: effects.now() + 1_740_000 };
    },
  });
  return { tokens, asked };
}

describe("createTokenSource()", () => {
  test("asks once, and again when the token is to be renewed", async () => {
    const effects = createFakeEffects();
    const { tokens, asked } = source(effects);
    const first = await tokens.current();
    effects.advance(1_739_999);
    expect(await tokens.current()).toBe(first);
    effects.advance(1);
    expect((await tokens.current()).accessToken).not.toBe(first.accessToken);
    expect(asked.count).toBe(2);
  });

  test("callers at the same time share one request", async () => {
    const { tokens, asked } = source(createFakeEffects());
    const all = await Promise.all([tokens.current(), tokens.current(), tokens.current()]);
    expect(new Set(all.map((token) => token.accessToken)).size).toBe(1);
    expect(asked.count).toBe(1);
  });

  test("a later process takes the token from the file", async () => {
    const effects = createFakeEffects();
    const first = await source(effects).tokens.current();
    const later = source(effects);
    expect((await later.tokens.current()).accessToken).toBe(first.accessToken);
    expect(later.asked.count).toBe(0);
  });

  test("a refused token is given out no more, not even from the file", async () => {
    const effects = createFakeEffects();
    const { tokens, asked } = source(effects);
    const first = await tokens.current();
    tokens.refused(first.accessToken);
    expect((await tokens.current()).accessToken).not.toBe(first.accessToken);
    expect(asked.count).toBe(2);
  });

  test.each([
    ["another client", { ...KEYS, clientId: "other" }, BASE],
    ["another secret", { ...KEYS, clientSecret: "rotated" }, BASE],
    ["another host", KEYS, "https://uk-api.services.mimecast.com"],
  ])("a token of %s is not used", async (_what, credentials, base) => {
    const effects = createFakeEffects();
    await source(effects).tokens.current();
    const other = source(effects, credentials as typeof KEYS, base);
    await other.tokens.current();
    expect(other.asked.count).toBe(1);
  });

  test("a file that is damaged, expired or from the future is replaced", async () => {
    for (const [text, advanceMs] of [
      ["not a JWE", 0],
      ["", 0],
      [undefined, 1_800_000],
      [undefined, -86_400_000 * 2],
    ] as const) {
      const effects = createFakeEffects();
      await source(effects).tokens.current();
      if (text !== undefined) effects.disk.set(FILE, new TextEncoder().encode(text));
      effects.advance(advanceMs);
      const later = source(effects);
      await later.tokens.current();
      expect(later.asked.count).toBe(1);
    }
  });

  test("a disk that fails costs the cache, not the token", async () => {
    const effects = createFakeEffects({
      onFile: (operation) => {
        throw Object.assign(new Error(`EIO: ${operation}`), { code: "EIO" });
      },
    });
    const { tokens } = source(effects);
    expect((await tokens.current()).accessToken).toContain("client-");
    expect(effects.logs.map(({ level }) => level)).toEqual(["debug", "warn"]);
  });

  test("keeps nothing without a folder", async () => {
    const effects = createFakeEffects({
      onFile: (operation) => {
        throw new Error(`${operation} without a folder`);
      },
    });
    const request = async () => ({ accessToken: "t", renewAtMs: effects.now() + 1 });
    const parts = { credentials: KEYS, baseUrl: BASE, kept: undefined, effects, request };
    expect((await createTokenSource(parts).current()).accessToken).toBe("t");
    expect(effects.disk.size).toBe(0);
    expect(effects.logs).toEqual([]);
  });

  test("a token is used for a day at most", async () => {
    const effects = createFakeEffects();
    let asked = 0;
    const lifetimes = [86_400_000, 86_400_001];
    const request = async () => {
      asked++;
      return { accessToken: "t", renewAtMs: effects.now() + (lifetimes.shift() ?? 0) };
    };
    const parts = { credentials: KEYS, baseUrl: BASE, kept: undefined, effects, request };
    const day = createTokenSource(parts);
    for (let call = 0; call < 2; call++) await day.current();
    expect(asked).toBe(1);
    const longer = createTokenSource(parts);
    for (let call = 0; call < 2; call++) await longer.current();
    expect(asked).toBe(3);
  });

  test("an error of the request is not kept", async () => {
    let fails = true;
    const tokens = createTokenSource({
      credentials: KEYS,
      baseUrl: BASE,
      kept: undefined,
      effects: createFakeEffects(),
      request: async () => {
        if (fails) throw new Error("no");
        return { accessToken: "t", renewAtMs: Number.MAX_SAFE_INTEGER - 1 };
      },
    });
    await expect(tokens.current()).rejects.toThrow("no");
    fails = false;
    expect((await tokens.current()).accessToken).toBe("t");
  });
});

describe("sealToken() and openToken()", () => {
  const token: Token = { accessToken: "very-secret-token", renewAtMs: 5 };

  test("give the token back, and the file shows none of it", async () => {
    const file = await sealToken(token, KEYS, BASE);
    const text = new TextDecoder().decode(file);
    expect(text).toMatch(/^[A-Za-z0-9_.-]+$/);
    expect(JSON.parse(Buffer.from(text.split(".")[0] ?? "", "base64url").toString())).toEqual({
      alg: "dir",
      enc: "A256GCM",
    });
    expect(text).not.toContain(token.accessToken);
    expect(await openToken(file, KEYS, BASE)).toEqual(token);
  });

  test("a file with anything but a token in it is none", async () => {
    for (const wrong of [{ accessToken: 5 }, { renewAtMs: "5" }, { accessToken: undefined }]) {
      const file = await sealToken({ ...token, ...wrong } as unknown as Token, KEYS, BASE);
      expect(await openToken(file, KEYS, BASE)).toBeNull();
    }
    const file = await sealToken(token, KEYS, BASE);
    expect(await openToken(file, { ...KEYS, clientId: "other" }, BASE)).toBeNull();
    expect(await openToken(file, KEYS, `${BASE}/`)).toBeNull();
  });

  test("one changed byte anywhere makes it unusable", async () => {
    const file = await sealToken(token, KEYS, BASE);
    for (let at = 0; at < file.length; at += 5) {
      const changed = file.slice();
      // The last letter of a base64url part may hold unused bits; a dot moves the parts.
      changed[at] = changed[at] === 0x2e ? 0x41 : 0x2e;
      expect(await openToken(changed, KEYS, BASE), `byte ${at}`).toBeNull();
    }
  });
});
