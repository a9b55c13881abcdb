import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Call } from "./call.ts";
import type { World } from "./world.ts";

const PIECE = 1_024;

/** Sends an answer, as badly as the call's fault wants it. */
export async function send(
  world: World,
  call: Call,
  answer: Answer,
  response: ServerResponse,
): Promise<void> {
  const kind = call.fault?.fault;
  if (kind === "hang") return;
  if (kind === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const bytes = typeof answer.body === "string" ? Buffer.from(answer.body, "utf8") : answer.body;
  const length = bytes instanceof Uint8Array ? { "content-length": String(bytes.length) } : {};
  response.writeHead(answer.status, { ...answer.headers, ...length });
  if (kind === "reset_mid_body" || kind === "stall_body") {
    await sendPart(call, bytes, response);
    if (kind === "reset_mid_body") response.socket?.resetAndDestroy();
    return;
  }
  const delayMs = kind === "slow_body" ? (call.fault?.delayMs ?? 20) : 0;
  for await (const piece of piecesOf(bytes, delayMs)) await write(response, piece);
  response.end();
  if (response.destroyed) return;
  for (const { type, index } of answer.handed ?? []) world.ledger.mark(type, index);
}

/** The first bytes of a body that never comes to its end. */
async function sendPart(
  call: Call,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  const half = body instanceof Uint8Array ? Math.floor(body.length / 2) : 4_096;
  let left = call.fault?.afterBytes ?? Math.min(half, 4_096);
  response.flushHeaders();
  for await (const piece of piecesOf(body, 0)) {
    await write(response, piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) break;
  }
  // A reset overtakes what the client has not read yet: give it the time to see headers and first bytes.
  await pause(5);
}

async function* piecesOf(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  delayMs: number,
): AsyncGenerator<Uint8Array> {
  const whole = body instanceof Uint8Array ? [body] : body;
  for await (const piece of whole) {
    if (delayMs === 0) {
      yield piece;
      continue;
    }
    for (let start = 0; start < piece.length; start += PIECE) {
      yield piece.subarray(start, start + PIECE);
      await pause(delayMs);
    }
  }
}

/** Waits where the reader is slow; throws where it is gone. */
function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) {
      reject(new Error("The client closed the connection"));
      return;
    }
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    response.write(bytes, done);
  });
}
