import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { closersOfAll, fakeFor } from "../support/closers.ts";
import { QUICK, startFollower } from "../support/follower.ts";
import { runProgram, until } from "../support/program.ts";

const closers = closersOfAll();

/** A listening server, and its port. */
async function listening() {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done));
  return { port: (server.address() as AddressInfo).port, close };
}

async function served() {
  const fake = await fakeFor(closers, { api: "2.0", records: { receipt: 20 }, seed: 1 });
  const { port, close } = await listening();
  await close();
  const more = `${QUICK}http_server: { listen: "127.0.0.1:${port}" }\n`;
  const follower = startFollower(closers, { acme: { fake, sources: "siem" } }, more);
  await follower.logged("Answering probes and scrapes");
  return {
    fake,
    port,
    follower,
    get: (path: string, init = {}) => fetch(`http://127.0.0.1:${port}${path}`, init),
  };
}

/** Sends a text on a connection of its own; resolves with the answer once the other side closes it. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  socket.on("error", () => {});
  socket.write(text);
  await new Promise((done) => socket.once("close", done));
  return answer;
}

it.concurrent("/healthz and /metrics say what status says", async () => {
  const { fake, follower, get, port } = await served();
  await follower.logged("Source collected");
  const health = await get("/healthz");
  expect([health.status, await health.text()]).toEqual([200, "live\n"]);
  const metrics = await get("/metrics?x=1");
  expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
  expect(await metrics.text()).toMatch(
    /^mimecast_input_records_total\{account="acme",source="siem"\} 20$/m,
  );
  const head = await get("/healthz", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  for (const host of [
    "evil.example.com",
    `evil.example.com:${port}`,
    "127.0.0.1.evil.example",
    "",
  ]) {
    const answer = await raw(port, `GET /metrics HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    expect(answer).not.toMatch(/ 200 |acme/);
  }
  expect(await raw(port, `GET /healthz HTTP/1.1\r\nhost: LOCALHOST:${port}\r\n\r\n`)).toContain(
    "200 OK",
  );
  expect((await get("/healthz", { method: "POST", body: "x" })).status).toBe(405);
  for (const path of ["/", "/constructor", "/metrics/..%2f", "/healthz/"]) {
    expect((await get(path)).status).toBe(404);
  }
  // An address that only this machine reaches needs no warning, another one does.
  const { env } = follower.workspace;
  const check = async () => (await runProgram(["check", "--json"], env)).stdout;
  expect(await check()).not.toContain("http_server");
  follower.configure({ acme: { fake } }, `${QUICK}http_server: { listen: "0.0.0.0:${port}" }\n`);
  expect(await check()).toContain("http_server");
  expect(await follower.stop()).toBe(0);
});

it.concurrent("clients that are slow, loud or many hold up neither probes nor collection", async () => {
  const { fake, follower, get, port } = await served();
  const huge = `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(100_000)}\r\n\r\n`;
  expect(await raw(port, huge)).not.toContain("200 OK");
  expect(await raw(port, "\u0000\u0001 nonsense\r\n\r\n")).not.toContain("200 OK");
  const body = `POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n`;
  const slow = Array.from({ length: 40 }, (_, index) =>
    raw(port, index % 2 === 0 ? "GET /healthz HTTP/1.1\r\nhost: a\r\nx: " : body),
  );
  // Each of them is cut off, without a byte more.
  await Promise.all(slow);
  await until(() => follower.ids().length > 0, 60_000, "a record");
  fake.add({ receipt: 5 });
  await follower.complete([fake]);
  expect((await get("/healthz")).status).toBe(200);
  expect(await follower.stop()).toBe(0);
});

it.concurrent("a port that another program has is told of, and taken once it is free", async () => {
  const fake = await fakeFor(closers, { api: "2.0", records: { receipt: 20 }, seed: 2 });
  const { port, close } = await listening();
  const more = `${QUICK}http_server: { listen: "127.0.0.1:${port}" }\n`;
  const follower = startFollower(closers, { acme: { fake, sources: "siem" } }, more);
  const told = await follower.logged(`Cannot listen on "127.0.0.1:${port}"`);
  expect(told).toMatchObject({ level: "error", code: "http_server" });
  expect(told.msg).toContain("another program has the port");
  await follower.complete([fake]);
  await close();
  await follower.logged("Answering probes and scrapes");
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect(await follower.stop()).toBe(0);
});
