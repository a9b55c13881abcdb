import { describe, expect, it, test } from "vitest";
import { parse, problems, V2 } from "../support/config_text.ts";

const withHttp = (text: string) => `${V2}output: { http: ${text} }\n`;
const LOCAL = "http://127.0.0.1:9880/";

describe("output.http", () => {
  test("is stdout without", () => {
    expect(parse(V2).target).toBeNull();
  });

  test("has defaults for everything but the address", () => {
    expect(parse(withHttp(`{ url: "${LOCAL}" }`)).target).toEqual({
      kind: "http",
      url: LOCAL,
      body: null,
      gzip: true,
      auth: null,
      clientCertFile: null,
      clientKeyFile: null,
      caFile: null,
      proxy: null,
      syslogAttributes: false,
      maxBatchBytes: 524_288,
      timeoutMs: 60_000,
    });
  });

  test("takes every key", () => {
    const http = parse(
      withHttp(
        '{ url: "https://shipper.example.com/in", body: json, gzip: false, auth: { basic: { user: me, password: { env: PW } } }, client_cert_file: /c, client_key_file: /k, ca_file: /a, proxy: { env: P }, max_batch_bytes: 65536, timeout_secs: 5 }',
      ),
    ).target;
    expect(http).toEqual({
      kind: "http",
      url: "https://shipper.example.com/in",
      body: "json",
      gzip: false,
      auth: { user: "me", password: { env: "PW" } },
      clientCertFile: "/c",
      clientKeyFile: "/k",
      caFile: "/a",
      proxy: { env: "P" },
      syslogAttributes: false,
      maxBatchBytes: 65_536,
      timeoutMs: 5_000,
    });
    const bearer = parse(withHttp(`{ url: "${LOCAL}", auth: { bearer: { file: /t } } }`)).target;
    expect(bearer).toMatchObject({ auth: { bearer: { file: "/t" } } });
  });

  it.each(["http://localhost:1/", "http://[::1]:1/", "https://10.0.0.1/?a=b"])(
    "takes the address %s",
    (url) => {
      expect(parse(withHttp(`{ url: "${url}" }`)).target).toMatchObject({ url });
    },
  );

  test("takes http to another machine only where it is asked for", () => {
    const url = "http://shipper.example.com:9880/";
    expect(problems(withHttp(`{ url: "${url}" }`))).toEqual([
      `line 8: "output.http.url" must be https (http is allowed on a loopback address, or with insecure: true): current value is "${url}"`,
    ]);
    expect(parse(withHttp(`{ url: "${url}", insecure: true }`)).target).toMatchObject({ url });
  });

  it.each([
    ["{}", '"output.http.url" is missing: it must be text'],
    ['{ url: "shipper:9880" }', '"output.http.url" must be a URL such as'],
    ['{ url: "https://me:QXSECRETXQ@host/" }', "must not hold a user name or password"],
    ['{ url: "https://host/#a" }', "must not hold a fragment"],
    [`{ url: "${LOCAL}", uri: x }`, 'unknown key "output.http.uri": did you mean "url"?'],
    [`{ url: "${LOCAL}", body: xml }`, '"output.http.body" must be one of "lines", "json"'],
    [`{ url: "${LOCAL}", auth: {} }`, '"output.http.auth" must have "bearer" or "basic"'],
    [
      `{ url: "${LOCAL}", auth: { bearer: { env: A }, basic: { user: a, password: { env: B } } } }`,
      '"output.http.auth" must have "bearer" or "basic", exactly one',
    ],
    [`{ url: "${LOCAL}", auth: { bearer: { evn: A } } }`, 'did you mean "env"?'],
    [
      `{ url: "${LOCAL}", auth: { basic: { user: me } } }`,
      '"output.http.auth.basic.password" is missing',
    ],
    [
      `{ url: "${LOCAL}", auth: { basic: { user: "a:b", password: { env: B } } } }`,
      "must be a name without a colon",
    ],
    [`{ url: "${LOCAL}", client_cert_file: /c }`, 'needs "client_key_file" beside it'],
    [`{ url: "${LOCAL}", client_key_file: /k }`, 'needs "client_cert_file" beside it'],
    [`{ url: "${LOCAL}", ca_file: ca.pem }`, '"output.http.ca_file" must be an absolute path'],
    [`{ url: "${LOCAL}", proxy: "socks5://x" }`, '"output.http.proxy" must be a URL such as'],
    [`{ url: "${LOCAL}", max_batch_bytes: 1 }`, "must be at least 65536"],
    ["text", '"output.http" must be a mapping'],
    [`{ url: "${LOCAL}", auth: text }`, '"output.http.auth" must be a mapping'],
  ])("refuses %s", (text, sentence) => {
    const found = problems(withHttp(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
    expect(found[0]).not.toContain("QXSECRETXQ");
  });

  it.each([
    `{ url: "${LOCAL}", auth: { bearer: QXSECRETXQ } }`,
    `{ url: "${LOCAL}", auth: { basic: { user: me, password: QXSECRETXQ } } }`,
    `{ url: "${LOCAL}", proxy: "http://me:QXSECRETXQ@proxy:1" }`,
  ])("wants a plain secret in a file of its owner only: %s", (text) => {
    const [found, ...others] = problems(withHttp(text), { mode: 0o644 });
    expect(found).toContain("in plain text: the file must be readable by its owner only");
    expect(found).not.toContain("QXSECRETXQ");
    expect(others).toEqual([]);
    expect(JSON.stringify(parse(withHttp(text)))).not.toContain("QXSECRETXQ");
  });

  test("wants a seal key for a sealed token", () => {
    const sealed = `{ url: "${LOCAL}", auth: { bearer: { sealed: eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc } } }`;
    expect(problems(withHttp(sealed))).toEqual([
      'line 8: "output.http.auth.bearer" is sealed and "seal_key" is missing: say where the key is',
    ]);
  });
});
