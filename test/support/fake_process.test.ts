import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { parseConfig } from "../../plugin/config/parse_config.ts";

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** `npm run fake` with arguments: its address and all that it printed. */
async function start(...args: string[]): Promise<{ url: string; text: string }> {
  child = spawn(process.execPath, ["scripts/fake.ts", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const piece of child.stdout ?? []) {
    text += String(piece);
    if (text.includes("output: {")) break;
  }
  return { url: /API host: +(\S+)/.exec(text)?.[1] ?? "", text };
}

async function ask(url: string, body?: unknown): Promise<Record<string, never>> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return (await (await fetch(url, init)).json()) as Record<string, never>;
}

test.each(["1.0", "2.0"])(
  "prints a configuration of API %s that the program takes",
  async (api) => {
    const { url, text } = await start("--api", api, "--records", "100");
    const yaml = text.slice(text.indexOf("state_dir:"));
    const config = parseConfig(yaml, {}, { fileName: "config.yaml", mode: 0o600 });
    expect(config.accounts).toMatchObject([{ name: "fake", api, baseUrl: url }]);
    expect(text).toContain("/__fake/log");
  },
);

test("answers the control requests, and stops on SIGTERM", async () => {
  const { url } = await start("--records", "500", "--seed", "3");
  expect(await ask(`${url}/__fake/add`, { audit: 5, spam: 2 })).toMatchObject({
    totals: { audit: 15 },
  });
  expect(await ask(`${url}/__fake/add`, { spams: 2 })).toEqual({
    error: 'Cannot make records: "spams" is neither a source nor a record type',
  });
  await ask(`${url}/__fake/faults`, [{ path: "/oauth/token", fault: "html_502" }]);
  await ask(`${url}/__fake/set`, { forbidden: ["/api/account/get-account"] });
  const askToken = (body: URLSearchParams | string) =>
    fetch(`${url}/oauth/token`, { method: "POST", body });
  const form = { client_id: "a", client_secret: "b", grant_type: "client_credentials" };
  expect((await askToken(new URLSearchParams(form))).status).toBe(502);
  expect((await askToken(new URLSearchParams(form))).status).toBe(401);
  expect((await askToken("{}")).status).toBe(415);
  const log = await ask(`${url}/__fake/log`);
  expect(log).toMatchObject({
    handedOut: 0,
    ids: [],
    requests: { "/oauth/token": 3 },
    violations: [{ rule: "content_type" }],
  });
  expect(await ask(`${url}/__fake/log?ids=0`)).not.toHaveProperty("ids");
  expect(await ask(`${url}/__fake/nothing`, {})).toHaveProperty("error");
  expect(await ask(`${url}/__fake/faults`, { path: 1 })).toHaveProperty("error");
  child?.kill("SIGTERM");
  expect((await once(child as ChildProcess, "exit"))[0]).toBe(0);
});

test("refuses arguments that make no sense", async () => {
  const bad = spawn(process.execPath, ["scripts/fake.ts", "--records", "many"]);
  let said = "";
  bad.stderr.on("data", (piece) => {
    said += String(piece);
  });
  expect((await once(bad, "exit"))[0]).not.toBe(0);
  expect(said).toContain("argument 'many' is invalid. It must be a whole number of at least 0.");
});
