import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { KeyAndCertificate } from "./certificates.ts";

/** A request as a handler sees it. */
export interface SmallCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** How often this path was asked before. */
  readonly before: number;
}

/** What to answer; or a function that writes the answer itself, as badly as it likes. Undefined: the right answer. */
export type SmallAnswer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  | ((response: ServerResponse) => void)
  | undefined;

/** How the server is reached, and what is wrong with it. */
export interface SmallOptions {
  readonly tls?: KeyAndCertificate;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** What links to files begin with; default: this server itself. */
  readonly filesAt?: string;
  /** Lines of the one file that there is. Default: three records. */
  readonly file?: Uint8Array;
  answer?(call: SmallCall): SmallAnswer;
}

/** A server that answers as API 2.0 does, with one file of SIEM records of the type "receipt". */
export interface SmallMimecast {
  readonly port: number;
  /** "https://127.0.0.1:PORT". */
  readonly url: string;
  /** "METHOD path" of each request. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The records of the one file, as its lines. */
export const SMALL_RECORDS: readonly string[] = [1, 2, 3].map((number) =>
  JSON.stringify({
    type: "receipt",
    timestamp: 1_767_225_600_000 + number,
    subject: `record ${number}`,
  }),
);
/** Path of the one file. */
export const SMALL_FILE = "/bucket/receipt-1.json.gz";

/** Starts a server. For what the whole of Mimecast does there is fake_mimecast/; this one is for bad networks and bad answers. */
export async function startSmallMimecast(options: SmallOptions = {}): Promise<SmallMimecast> {
  const { tls, address = "127.0.0.1" } = options;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const line = `${request.method} ${pathname}`;
    const before = asked.filter((one) => one === line).length;
    asked.push(line);
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const method = request.method ?? "";
    const call = {
      method,
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body,
      before,
    };
    const answer =
      options.answer?.(call) ?? rightAnswer(call, options.filesAt ?? url, options.file);
    if (typeof answer === "function") return answer(response);
    const { status = 200, headers = { "content-type": "application/json" } } = answer;
    response.writeHead(status, headers).end(answer.body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((done) => server.listen(0, address, done));
  const { port } = server.address() as AddressInfo;
  const host = address.includes(":") ? `[${address}]` : address;
  const url = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  return {
    port,
    url,
    asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function rightAnswer(
  call: SmallCall,
  filesAt: string,
  file?: Uint8Array,
): Exclude<SmallAnswer, undefined> {
  const { path, query } = call;
  if (path === "/oauth/token") {
    return { body: JSON.stringify({ access_token: "small-token-0123456789", expires_in: 1_800 }) };
  }
  if (path === SMALL_FILE) {
    const body = file ?? gzipSync(`${SMALL_RECORDS.join("\n")}\n`);
    return { headers: { "content-type": "application/gzip" }, body };
  }
  const isFirst = query.get("type") === "receipt" && query.get("nextPage") === null;
  const value = isFirst ? [{ url: `${filesAt}${SMALL_FILE}?X-Amz-Signature=ab`, size: 200 }] : [];
  return { body: JSON.stringify({ value, "@nextPage": "page-2", isCaughtUp: true }) };
}

/** A configuration for it: one account "acme", API 2.0, its SIEM feed only. */
export function smallConfig(
  stateDir: string,
  baseUrl: string,
  { account = "", more = "" }: { readonly account?: string; readonly more?: string } = {},
): string {
  return `state_dir: ${stateDir}
accounts:
  - name: acme
    api: "2.0"
    base_url: ${baseUrl}
    client_id: "small-client-id"
    client_secret: "small-client-secret"
    sources: [siem]
${account}${more}`;
}
