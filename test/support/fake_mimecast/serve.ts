import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, type Call, violate } from "./call.ts";
import { nextFault } from "./faults.ts";
import { send } from "./send.ts";
import type { World } from "./world.ts";

const BODY_LIMIT = 1_048_576;

/** A listening server. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves one host of the fake on the loopback address. */
export async function serve(
  world: World,
  port: number,
  answer: (call: Call) => Answer | Promise<Answer>,
): Promise<Listening> {
  const server = createServer((request, response) => {
    handle(world, request, response, answer).catch((error: Error) => {
      // A client that is gone destroys the response; anything else must not pass unseen.
      if (!response.destroyed) violate(world, request.url ?? "", "failed", error.message);
      response.destroy();
    });
  });
  server.on("clientError", (error, socket) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ECONNRESET") violate(world, "", "http", `unreadable request: ${code}`);
    socket.destroy();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}`, close: () => close(server) };
}

async function handle(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  answer: (call: Call) => Answer | Promise<Answer>,
): Promise<void> {
  response.sendDate = false;
  response.setHeader("date", new Date(world.now()).toUTCString());
  const call = await readCall(world, request);
  checkHttp(world, request, call);
  const result = await answer(call);
  await send(world, call, result, response);
}

async function readCall(world: World, request: IncomingMessage): Promise<Call> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BODY_LIMIT) throw new RangeError("The request's body is too long");
    pieces.push(piece);
  }
  const target = request.url ?? "/";
  const url = new URL(target, "http://127.0.0.1");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  const control = url.pathname.startsWith("/__fake/");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: Buffer.concat(pieces),
    fault: control ? null : nextFault(world.faults, world.faultCounts, target),
  };
}

/** What is legal HTTP but no client that is made well would send. */
function checkHttp(world: World, request: IncomingMessage, call: Call): void {
  const names = request.rawHeaders.filter((_, position) => position % 2 === 0);
  const lower = names.map((name) => name.toLowerCase());
  // A list header may be given in parts (RFC 9110 §5.3), and Filebeat 7 does so.
  const isPart = (name: string) => name.startsWith("accept");
  const twice = lower.find((name, position) => lower.indexOf(name) !== position && !isPart(name));
  if (twice !== undefined)
    violate(world, call.path, "http", `header "${twice}" stands there twice`);
  if (request.httpVersion !== "1.1") {
    violate(world, call.path, "http", `must be HTTP/1.1: current value is ${request.httpVersion}`);
  }
  if (request.headers["transfer-encoding"] !== undefined) {
    violate(world, call.path, "http", "a body of known length needs a Content-Length");
  }
  const host = `127.0.0.1:${request.socket.localPort}`;
  if (request.headers.host !== host) {
    violate(
      world,
      call.path,
      "http",
      `Host must be ${host}: current value is ${request.headers.host}`,
    );
  }
  if (!(request.url ?? "").startsWith("/") || (request.url ?? "").includes("#")) {
    violate(world, call.path, "http", "the target must be a path without a fragment");
  }
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
