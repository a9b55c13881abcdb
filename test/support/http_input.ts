import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { idOf } from "./fake_mimecast/record_id.ts";
import { readOtlpRequest } from "./otlp_request.ts";

/** A batch as it came. */
export interface ReceivedBatch {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** The batch's lines: those of the body, or the `message` of each object of an array. */
  readonly lines: readonly string[];
}

/** What becomes of a batch: a status, or "hang": no answer, and the batch is not kept. */
export type Verdict =
  | number
  | "hang"
  | {
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body?: string | Buffer;
    };

/** How the input behaves. */
export interface HttpInputOptions {
  /** Asked for each batch, counted from 1. Default: 200. May wait: that is a shipper that acknowledges late. */
  readonly judge?: (number: number, batch: ReceivedBatch) => Verdict | Promise<Verdict>;
  /** PEM texts: listens with TLS; `ca` asks for a client certificate. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
}

/** A stand-in for an HTTP input of a shipper (Vector's http_server, Fluent Bit's http): it keeps a batch if it says 2xx. */
export interface HttpInput {
  readonly url: string;
  /** All batches, those that were refused too. */
  readonly batches: readonly ReceivedBatch[];
  /** Lines of the batches that were answered by 2xx. */
  readonly lines: readonly string[];
  /** Their record ids, in the order of arrival. */
  ids(): string[];
  /** Most batches that were unanswered at the same time. */
  readonly mostInFlight: number;
  close(): Promise<void>;
}

/** Starts an input on 127.0.0.1. */
export async function startHttpInput(options: HttpInputOptions = {}): Promise<HttpInput> {
  const { judge = () => 200, tls } = options;
  const batches: ReceivedBatch[] = [];
  const lines: string[] = [];
  const ids: string[] = [];
  let inFlight = 0;
  let mostInFlight = 0;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const batch = await readBatch(request);
    batches.push(batch);
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    const verdict = await judge(batches.length, batch);
    inFlight--;
    if (verdict === "hang") return;
    const { status, headers, body } =
      typeof verdict === "number" ? { status: verdict, headers: {}, body: undefined } : verdict;
    if (status >= 200 && status < 300) {
      lines.push(...batch.lines);
      ids.push(...batch.lines.flatMap((line) => idOf(line) ?? []));
    }
    response.writeHead(status, headers).end(body ?? (status < 300 ? "" : `status ${status}\n`));
  }

  const handle = (request: IncomingMessage, response: ServerResponse) =>
    void take(request, response).catch(() => response.destroy());
  const server =
    tls === undefined
      ? createHttpServer(handle)
      : createHttpsServer({ ...tls, requestCert: tls.ca !== undefined }, handle);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/in`,
    batches,
    lines,
    ids: () => [...ids],
    get mostInFlight() {
      return mostInFlight;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function readBatch(request: IncomingMessage): Promise<ReceivedBatch> {
  const raw = Buffer.concat(await request.toArray());
  const { headers, url } = request;
  const bytes = headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
  const lines = linesOf(bytes, headers["content-type"] ?? "");
  return { headers: headers as Record<string, string>, path: url ?? "", lines };
}

function linesOf(bytes: Buffer, type: string): string[] {
  const text = bytes.toString("utf8");
  if (type === "application/x-protobuf" || text.startsWith('{"resourceLogs"')) {
    return readOtlpRequest(type, bytes).map(({ body }) => lineOf(body));
  }
  if (type !== "application/json") return text.split("\n").slice(0, -1);
  return (JSON.parse(text) as { message?: string }[]).map(({ message, ...rest }) =>
    message === undefined ? JSON.stringify(rest) : message,
  );
}

function lineOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}
