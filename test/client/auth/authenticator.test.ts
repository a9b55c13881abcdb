import { expect, test } from "vitest";
import {
  bearerAuthenticator,
  signingAuthenticator,
} from "../../../plugin/client/auth/authenticator.ts";
import { createTokenSource } from "../../../plugin/client/auth/token_source.ts";
import { createFakeEffects } from "../../support/fake_effects.ts";

const KEYS = { api: "2.0", clientId: "client", clientSecret: "client-secret-value" } as const;

function setting() {
  const effects = createFakeEffects();
  let count = 0;
  const request = async () => {
    count++;
    return { accessToken: `token-${count}`, renewAtMs: effects.now() + 600_000 };
  };
  const baseUrl = "https://api.services.mimecast.com";
  const tokens = createTokenSource({
    credentials: KEYS,
    baseUrl,
    kept: undefined,
    effects,
    request,
  });
  return bearerAuthenticator(KEYS, tokens);
}

test("bearerAuthenticator(): two requests that meet a 401 with one token cost one fresh token", async () => {
  const authenticator = setting();
  const [one, two] = [await authenticator.headers(""), await authenticator.headers("")];
  expect(authenticator.renew(one)).toBe(true);
  const fresh = await authenticator.headers("");
  expect(fresh).toEqual({ authorization: "Bearer token-2" });
  expect(authenticator.renew(two)).toBe(true);
  expect(await authenticator.headers("")).toEqual(fresh);
});

test("bearerAuthenticator(): the token before is a secret as long as no third one is used", async () => {
  const authenticator = setting();
  expect(authenticator.secrets()).toEqual(["client-secret-value"]);
  authenticator.renew(await authenticator.headers(""));
  for (let i = 0; i < 3; i++) await authenticator.headers("");
  expect(authenticator.secrets()).toEqual(["client-secret-value", "token-2", "token-1"]);
});

test.each([
  [59_000, false],
  [60_000, true],
  [-59_000, false],
  [-60_000, true],
])(
  "signingAuthenticator(): a date that is %i ms off is a reason to sign again: %s",
  async (offMs, isReason) => {
    const nowMs = Date.UTC(2026, 2, 1, 12);
    const clock = { now: () => nowMs };
    const keys = { appId: "app", appKey: "key", accessKey: "access", secretKey: "c2VjcmV0" };
    const authenticator = signingAuthenticator({ api: "1.0", ...keys }, createFakeEffects(), clock);
    expect(authenticator.secrets()).toEqual(["key", "access", "c2VjcmV0"]);
    const sent = await authenticator.headers("/x");
    clock.now = () => nowMs + offMs;
    expect(authenticator.renew(sent)).toBe(isReason);
  },
);

test("bearerAuthenticator(): the tokens of late are secrets, those before are not kept", async () => {
  const authenticator = setting();
  for (let i = 0; i < 3; i++) authenticator.renew(await authenticator.headers(""));
  expect(authenticator.secrets()).toEqual(["client-secret-value", "token-3", "token-2"]);
});
