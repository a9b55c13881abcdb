import { describe, expect, it } from "vitest";
import { type HttpOptions, httpDelivery } from "../../plugin/deliver/http.ts";
import { openShipperHttp } from "../../plugin/deliver/shipper_http.ts";
import { ConfigError, DeliveryError } from "../../plugin/errors.ts";
import { selfSigned } from "../support/certificates.ts";
import { closersOfEach } from "../support/closers.ts";
import { parse, V2 } from "../support/config_text.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { type HttpInput, type HttpInputOptions, startHttpInput } from "../support/http_input.ts";

const SERVER = selfSigned();
const CLIENT = selfSigned(Date.now(), "mimecast-input");
const FILES: Readonly<Record<string, string>> = {
  "/ca.pem": SERVER.cert,
  "/client.pem": CLIENT.cert,
  "/client.key": CLIENT.key,
  "/other.key": SERVER.key,
  "/text": "no PEM",
};
const ENV = {
  TOKEN: "qxsecretxq.token",
  PASSWORD: "qxsecretxq: word",
  BROKEN: "two words",
  PROXY: "http://me:qxsecretxq@127.0.0.1:9",
  // Nobody listens there: the environment's proxy must not be used.
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
};
const LINE = Buffer.from("<13>1 a line\n");

const closers = closersOfEach();

async function input(options: HttpInputOptions = {}): Promise<HttpInput> {
  const started = await startHttpInput(options);
  closers.push(() => started.close());
  return started;
}

function opened(url: string, more = "") {
  const { target: http } = parse(`${V2}output: { http: { url: "${url}"${more} } }\n`);
  if (http?.kind !== "http") throw new Error("There is no output.http");
  return openShipperHttp(
    http,
    5_000,
    { env: ENV, readFile: async () => ({ text: "", mode: 0o600 }), sealKey: null },
    async (path) => FILES[path] ?? "",
  );
}

/** Sends one line, through real sockets, and tries only once. */
async function send(url: string, more = "", options: Partial<HttpOptions> = {}): Promise<void> {
  const { fetch, authorization } = await opened(url, more);
  const effects = { ...createFakeEffects(), fetch };
  const delivery = httpDelivery(
    effects,
    {
      kind: "http",
      url,
      body: "lines",
      gzip: true,
      authorization,
      maxBatchBytes: 524_288,
      timeoutMs: 5_000,
      endMs: effects.now(),
      ...options,
    },
    new AbortController().signal,
  );
  await delivery.write(LINE);
}

async function refusal(promise: Promise<unknown>): Promise<Error & { code: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error instanceof ConfigError || error instanceof DeliveryError).toBe(true);
  return error as Error & { code: string };
}

describe("openShipperHttp()", () => {
  it("posts compressed lines, past the environment's proxy", async () => {
    const shipper = await input();
    await send(shipper.url);
    expect(shipper.lines).toEqual(["<13>1 a line"]);
    expect(shipper.batches[0]).toMatchObject({
      path: "/in",
      headers: { "content-type": "text/plain; charset=utf-8", "content-encoding": "gzip" },
    });
    expect(shipper.batches[0]?.headers).not.toHaveProperty("authorization");
  });

  it("posts an array of objects where body is json", async () => {
    const shipper = await input();
    await send(shipper.url, "", { body: "json", gzip: false });
    expect(shipper.batches[0]?.headers["content-type"]).toBe("application/json");
    expect(shipper.lines).toEqual(["<13>1 a line"]);
  });

  it.each([
    ["bearer: { env: TOKEN }", "Bearer qxsecretxq.token"],
    [
      "basic: { user: müller, password: { env: PASSWORD } }",
      `Basic ${Buffer.from("müller:qxsecretxq: word").toString("base64")}`,
    ],
  ])("knows auth %s", async (auth, header) => {
    const shipper = await input();
    await send(shipper.url, `, auth: { ${auth} }`);
    expect(shipper.batches[0]?.headers.authorization).toBe(header);
    const { secrets } = await opened(shipper.url, `, auth: { ${auth} }`);
    expect(secrets).toContain(header.split(" ")[1]);
    expect(secrets.some((secret) => secret.startsWith("qxsecretxq"))).toBe(true);
  });

  it("verifies the shipper's certificate, and trusts ca_file", async () => {
    const shipper = await input({ tls: SERVER });
    const error = await refusal(send(shipper.url));
    expect(error).toMatchObject({ code: "delivery_timeout" });
    expect(error.message).toContain("TLS certificate");
    await send(shipper.url, ", ca_file: /ca.pem");
    expect(shipper.lines).toHaveLength(1);
  });

  it("shows its own certificate to a shipper that asks for one", async () => {
    const shipper = await input({ tls: { ...SERVER, ca: CLIENT.cert } });
    await refusal(send(shipper.url, ", ca_file: /ca.pem"));
    expect(shipper.lines).toHaveLength(0);
    const pair = ", client_cert_file: /client.pem, client_key_file: /client.key";
    await send(shipper.url, `, ca_file: /ca.pem${pair}`);
    expect(shipper.lines).toHaveLength(1);
  });

  it.each([
    [", client_cert_file: /client.pem, client_key_file: /other.key", "client_cert", /another cert/],
    [", client_cert_file: /client.pem, client_key_file: /text", "client_cert", /not PEM/],
    [", client_cert_file: /text, client_key_file: /client.key", "client_cert", /not PEM/],
    [", ca_file: /text", "ca", /no PEM certificate/],
    [", auth: { bearer: { env: BROKEN } }", "bearer_token", /no bearer token/],
    [", auth: { bearer: { env: NONE } }", "secret_env", /"NONE" is not set/],
    [", proxy: { env: TOKEN }", "proxy_url", /output\.http\.proxy: it is not an http/],
  ])("refuses%s", async (more, code, message) => {
    const error = await refusal(opened("https://127.0.0.1:9/", more));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message).not.toMatch(/qxsecretxq|two words/);
  });

  it("hides the keys in the URL's query", async () => {
    const url =
      "https://shipper.example.com/in?api_key_name=abcdefgh%2F1&mode=fast&k=12345678&n=1234567";
    const { secrets } = await opened(url);
    expect(secrets).toEqual(["abcdefgh/1", "12345678", "abcdefgh%2F1"]);
  });

  it("uses a proxy of its own where it is configured, and hides its password", async () => {
    const { secrets } = await opened("https://shipper.example.com/", ", proxy: { env: PROXY }");
    expect(secrets).toEqual([ENV.PROXY, "qxsecretxq", "qxsecretxq"]);
    const error = await refusal(
      send("https://shipper.example.com/", ", proxy: { env: PROXY }", { timeoutMs: 5_000 }),
    );
    expect(error.message).toContain("the connection was refused");
  });
});
