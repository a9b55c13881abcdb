import { createServer, type IncomingMessage, type Server } from "node:http";
import { type HttpServer, isLocalOnly } from "../config/http_server.ts";
import { codeOf, osReason } from "../disk/os_error.ts";
import type { Effects } from "../effects.ts";

/** The answer to a request for a path. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The program drops a client that takes longer to send its request or to read the answer. */
const SLOWEST_MS = 5_000;
const LONGEST_HEADERS_BYTES = 4_096;
/** Probes and scrapers are few. */
const MOST_CONNECTIONS = 16;
/** How often the program tries again to listen: the process before this one may still have the port. */
const RETRY_MS = 5_000;

/**
 * Answers `GET` by `pages`, path by path, until the signal is aborted. If it cannot listen on the address, it logs an error
 * and tries again; this never ends the run.
 */
export async function serveHttp(
  effects: Pick<Effects, "log" | "sleep">,
  at: HttpServer,
  pages: Readonly<Record<string, () => Promise<Answer>>>,
  until: AbortSignal,
): Promise<void> {
  const server = createHttpServer(pages, isLocalOnly(at));
  let said = "";
  while (!until.aborted) {
    const problem = await listening(server, at);
    if (problem === null) break;
    const address = JSON.stringify(showAddress(at));
    if (problem !== said) {
      effects.log("error", `Cannot listen on ${address}: ${problem}, trying again`, {
        code: "http_server",
        hint: "Give http_server.listen an address of this host and a port that no other program has; collection goes on without it",
      });
    }
    said = problem;
    await effects.sleep(RETRY_MS, until).catch(() => {});
  }
  if (until.aborted) return;
  effects.log("info", "Answering probes and scrapes", { listen: showAddress(at) });
  await new Promise((done) => until.addEventListener("abort", done, { once: true }));
  server.close();
  server.closeAllConnections();
}

function createHttpServer(
  pages: Readonly<Record<string, () => Promise<Answer>>>,
  isLocal: boolean,
): Server {
  const server = createServer(
    {
      maxHeaderSize: LONGEST_HEADERS_BYTES,
      headersTimeout: SLOWEST_MS,
      requestTimeout: SLOWEST_MS,
      connectionsCheckingInterval: 1_000,
      keepAlive: false,
    },
    (request, response) => {
      const { host = "" } = request.headers;
      // A page of the web whose name leads here (DNS rebinding) must not read the names of accounts.
      const known = isLocal && !LOCAL_HOST.test(host) ? {} : pages;
      void answer(request, known).then(({ status, type, text }) => {
        const headers = { "content-type": type, connection: "close", "cache-control": "no-store" };
        response.writeHead(status, headers);
        response.end(request.method === "HEAD" ? undefined : text);
      });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  // Also for a client that does not read its answer.
  server.setTimeout(SLOWEST_MS, (socket) => socket.destroy());
  // A client's trouble is its own.
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

async function answer(
  { method, url }: IncomingMessage,
  pages: Readonly<Record<string, () => Promise<Answer>>>,
): Promise<Answer> {
  const plain = (status: number, text: string) => ({ status, type: "text/plain", text });
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET and HEAD\n");
  const path = (url ?? "").split("?")[0] ?? "";
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return plain(404, `${Object.keys(pages).join("\n")}\n`);
  return page().catch((error: Error) => plain(500, `${error.message}\n`));
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has the port",
  EADDRNOTAVAIL: "this host does not have the address",
};

/** Null once the server listens, else why it does not. */
async function listening(server: Server, { host, port }: HttpServer): Promise<string | null> {
  return new Promise((done) => {
    const failed = (error: Error) => {
      // Or each try would leave a listener of its own.
      server.off("listening", listened);
      done(REASONS[codeOf(error)] ?? osReason(error));
    };
    const listened = () => {
      server.off("error", failed);
      // A later failure of a connection must not end the process.
      server.on("error", () => {});
      done(null);
    };
    server.once("error", failed);
    server.listen({ host, port }, listened);
  });
}

function showAddress({ host, port }: HttpServer): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
