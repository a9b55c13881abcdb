import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../plugin/config/secrets/secret.ts";
import { ApiError } from "../../plugin/errors.ts";
import { redactFields, redactText } from "../../plugin/text/redact.ts";

describe("redactText()", () => {
  test.each([
    ["Authorization: Bearer RPjLow4SKlsPLycjML3dqvIxzi7B", "Authorization: Bearer [secret]"],
    ["authorization: bearer  a.b~c+d/e==", "authorization: bearer [secret]"],
    ["MC aKey123:/E9f3imOLVOG2Jz9hcCVHcyz8Bc= x", "MC [secret] x"],
    ["sealed: eyJhbGciOiJkaXIifQ..aaaa.bbbb.cc-_ )", "sealed: [secret] )"],
    ["q=a%3DeyJhbGciOiJkaXIifQ..aaaa.bbbb.cc", "q=a%3D[secret]"],
    ["h=Bearer%20abc", "h=Bearer [secret]"],
    ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "jwt [secret]"],
    [
      "https://b.s3.amazonaws.com/f?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=0a1b&x=1",
      "https://b.s3.amazonaws.com/f?X-Amz-Credential=[secret]&X-Amz-Signature=[secret]&x=1",
    ],
    [
      "u=https%3A%2F%2Fx%3FX-Amz-Signature%3D0a1b2c",
      "u=https%3A%2F%2Fx%3FX-Amz-Signature%3D[secret]",
    ],
    ["x-amz-security-token=IQoJb3Jp", "x-amz-security-token=[secret]"],
    ["client_id=a&client_secret=hunter2&x=1", "client_id=a&client_secret=[secret]&x=1"],
    ['{"access_token":"abc","expires_in":1799}', '{"access_token":"[secret]","expires_in":1799}'],
    ["proxy http://me:pw@proxy.example.com:3128/", "proxy http://[secret]@proxy.example.com:3128/"],
    ["GET /siem/v1/batch/events/cg?type=av", "GET /siem/v1/batch/events/cg?type=av"],
    ["mail to me@example.com", "mail to me@example.com"],
    ["password: hunter", "password: [secret]"],
    ["password: hunter, user: me", "password: [secret], user: me"],
    ["client_secret: hunter2 of nobody", "client_secret: [secret] of nobody"],
    ["secret_key:abc def", "secret_key:[secret] def"],
    ["app_key = 'abc'", "app_key = '[secret]'"],
    ["access_key= abcdefghijklmnopqrst x", "access_key= [secret] x"],
  ])("%s", (text, masked) => {
    expect(redactText(text, [])).toBe(masked);
  });

  test.each([
    'lacks "client_secret": account of API 2.0 needs client_id, client_secret',
    'Cannot read the secret client_secret of account "acme": it is empty',
    "access_key: must be text, or one of env, file, credential and sealed",
    "Check access_key, secret_key and app_key, and that they belong to this region",
    '"accounts[0].client_secret": unknown form',
  ])("leaves a sentence as it is: %s", (text) => {
    expect(redactText(text, [])).toBe(text);
  });

  test("masks registered secrets as they are, in JSON, in a form and in base64", () => {
    const secret = 'pä"ss\\word&=1';
    const shown = redactText(
      [
        secret,
        JSON.stringify({ a: secret }),
        new URLSearchParams({ q: secret }).toString(),
        Buffer.from(secret).toString("base64"),
      ].join(" "),
      [secret],
    );
    expect(shown).toBe('[secret] {"a":"[secret]"} q=[secret] [secret]');
  });

  test("masks the longer of two secrets first, and leaves very short ones", () => {
    expect(redactText("abcdefgh abcd", ["abcd", "abcdefgh"])).toBe("[secret] [secret]");
    expect(redactText("a bc abc", ["a", "abc", ""])).toBe("a bc abc");
  });

  test("knows a secret that was added to the same list, or took another's place", () => {
    const secrets = ["abcdefgh"];
    expect(redactText("abcdefgh ijklmnop", secrets)).toBe("[secret] ijklmnop");
    secrets.push("ijklmnop");
    expect(redactText("abcdefgh ijklmnop", secrets)).toBe("[secret] [secret]");
    secrets[0] = "qrstuvwx";
    expect(redactText("abcdefgh qrstuvwx", secrets)).toBe("abcdefgh [secret]");
  });

  test("spells out what moves a cursor or breaks a line", () => {
    expect(redactText("a\u009b31mb\u2028c\u007f", [])).toBe("a\\u009b31mb\\u2028c\\u007f");
  });

  test("cuts long texts and leaves no secret at the cut", () => {
    const secret = "correct-horse-battery";
    for (let before = 4060; before < 4110; before++) {
      const shown = redactText(`${".".repeat(before)}${secret}${".".repeat(5000)}`, [secret]);
      expect(shown.length).toBeLessThan(4200);
      expect(shown).not.toContain("correct");
    }
  });

  test("never lets a secret through", () => {
    const secret = fc
      .string({ minLength: 8, unit: "grapheme" })
      .filter((one) => !"[secret]".includes(one));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (one, before, after) => {
        const lone = redactText(before + one + after, [one]);
        expect(lone.includes(one) && !(before + after).includes(one)).toBe(false);
      }),
    );
  });

  test("does not slow down on texts made to make a pattern backtrack", () => {
    for (const piece of [
      "eyJaaaaaaaa-",
      "Bearer ",
      "a://",
      "X-Amz-Signature=",
      "MC aaaa:",
      'password"',
      "password : ",
      "password: aaaaaaaaaa ",
      "password:",
      "\t",
    ]) {
      const text = piece.repeat(1_000_000 / piece.length);
      expect(redactText(text, ["correct-horse"]).length).toBeLessThan(5000);
    }
  });
});

describe("redactFields()", () => {
  test("keeps plain values", () => {
    const fields = { n: 1, f: 1.5, t: true, z: null, s: "x", a: [1, "b"], o: { p: { q: 1 } } };
    expect(redactFields(fields, [])).toEqual(fields);
  });

  test("masks texts at any depth, keys, secrets by name and Secret values", () => {
    const fields = {
      a: [{ b: "correct-horse" }],
      "correct-horse": 1,
      Authorization: "x",
      clientSecret: "x",
      token: 12345,
      own: new Secret("y"),
    };
    expect(redactFields(fields, ["correct-horse"])).toEqual({
      a: [{ b: "[secret]" }],
      "[secret]": 1,
      Authorization: "[secret]",
      clientSecret: "[secret]",
      token: "[secret]",
      own: "[secret]",
    });
  });

  test("shows of an error what people need, and no stack", () => {
    const cause = new Error("socket of correct-horse");
    const options = { code: "http_500", hint: "wait", status: 500, retryable: true, cause };
    const error = new ApiError("Cannot list: Bearer abc", options);
    expect(redactFields({ error }, ["correct-horse"])).toEqual({
      error: {
        name: "ApiError",
        code: "http_500",
        status: 500,
        message: "Cannot list: Bearer [secret]",
        hint: "wait",
        cause: { name: "Error", message: "socket of [secret]" },
      },
    });
  });

  test("shows six levels, and cuts what lies deeper", () => {
    const nest = (depth: number): object => (depth === 0 ? { end: 1 } : { in: nest(depth - 1) });
    expect(JSON.stringify(redactFields({ ...nest(5) }, []))).toContain('"end":1');
    expect(JSON.stringify(redactFields({ ...nest(6) }, []))).toBe(
      '{"in":{"in":{"in":{"in":{"in":{"in":"[…]"}}}}}}',
    );
  });

  test("survives fields that can't be read at all", () => {
    const throwing = {
      get x(): never {
        throw new Error("no");
      },
    };
    expect(redactFields(throwing, [])).toEqual({ fields: "[…]" });
  });

  test("bounds what is cyclic, deep, wide or binary, and survives what throws", () => {
    const cyclic: unknown[] = [];
    for (let i = 0; i < 100; i++) {
      cyclic.push(cyclic);
    }
    const throwing = {
      get x(): never {
        throw new Error("no");
      },
    };
    const badJson = {
      toJSON(): never {
        throw new Error("no");
      },
    };
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    const shown = redactFields(
      { throwing, badJson, bytes: new Uint8Array(9), big: 10n, f() {}, cyclic },
      [],
    );
    expect(shown).toMatchObject({ throwing: "[…]", badJson: "[…]", bytes: "[9 bytes]", big: "10" });
    expect(shown.f).toBe("[function]");
    expect(JSON.stringify(shown).length).toBeLessThan(100_000);
    expect(Object.keys(redactFields(wide, []))).toHaveLength(500);
  });
});
