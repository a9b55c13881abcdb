import type { Effects } from "../effects.ts";
import { answerError, etcdError, isPassing, unanswered } from "./etcd_error.ts";
import {
  type Compare,
  compareOf,
  isJson,
  type Json,
  type MemberStatus,
  memberStatus,
  type Outcome,
  outcomeOf,
  readJson,
  type Step,
  stepOf,
} from "./etcd_json.ts";

export type { Compare, KeyValue, MemberStatus, Outcome, Step } from "./etcd_json.ts";

/** How etcd is reached. */
export interface EtcdWay {
  readonly endpoints: readonly string[];
  readonly fetch: Effects["fetch"];
  /** Null: without etcd's authentication. */
  readonly user: { readonly name: string; readonly password: string } | null;
  /** An endpoint that has not answered by then counts as unavailable, ms. */
  readonly callMs: number;
}

/**
 * What the program asks of etcd. Each call tries the endpoints in turn and throws a `StateError` with a code of
 * `EtcdCode`. After `etcd_unavailable` a transaction may have happened, or happen still.
 */
export interface Etcd {
  txn(
    ifs: readonly Compare[],
    then: readonly Step[],
    otherwise?: readonly Step[],
  ): Promise<Outcome>;
  /** A new lease; gives its id. */
  grant(ttlSecs: number): Promise<string>;
  /** Seconds that the lease has from now; 0 where it has ended. */
  keepAlive(lease: string): Promise<number>;
  /** Seconds that a lease has, without renewing it; 0 where it has ended. */
  leaseLeft(lease: string): Promise<number>;
  /** Ends the lease, and deletes every key that is bound to it. */
  revoke(lease: string): Promise<void>;
  /** Of one endpoint, without trying others. */
  status(endpoint: string): Promise<MemberStatus>;
}

/** etcd by its JSON gateway (3.4 and later: `/v3/…`; etcd's "Why gRPC gateway"). */
export function createEtcd(way: EtcdWay): Etcd {
  const { call, authorized } = createCaller(way);
  const noEtcd = (path: string) =>
    etcdError("etcd_refused", way.endpoints[0] as string, `${path} was not answered as etcd does`);
  return {
    async txn(ifs, then, otherwise = []) {
      const answer = await call("/v3/kv/txn", {
        compare: ifs.map(compareOf),
        success: then.map(stepOf),
        failure: otherwise.map(stepOf),
      });
      const outcome = outcomeOf(answer, then, otherwise);
      if (outcome === null) throw noEtcd("/v3/kv/txn");
      return outcome;
    },
    async grant(ttlSecs) {
      const path = "/v3/lease/grant";
      const { ID: id } = await call(path, { TTL: String(ttlSecs) });
      if (!/^[1-9]\d*$/.test(String(id))) throw noEtcd(path);
      return String(id);
    },
    async keepAlive(lease) {
      const path = "/v3/lease/keepalive";
      const { result } = await call(path, { ID: lease });
      // Of a lease that has ended it leaves out the time, never the id.
      if (!isJson(result) || result.ID === undefined) throw noEtcd(path);
      const leftSecs = Number(result.TTL ?? 0);
      return Number.isFinite(leftSecs) ? leftSecs : 0;
    },
    async leaseLeft(lease) {
      return Math.max(0, Number((await call("/v3/lease/timetolive", { ID: lease })).TTL ?? 0));
    },
    async revoke(lease) {
      await call("/v3/lease/revoke", { ID: lease });
    },
    async status(endpoint) {
      return memberStatus(await authorized(endpoint, "/v3/maintenance/status", {}));
    },
  };
}

/** Requests with the user's token, to one endpoint or to all in turn. */
function createCaller(way: EtcdWay): {
  authorized(endpoint: string, path: string, body: Json): Promise<Json>;
  call(path: string, body: Json): Promise<Json>;
} {
  let at = 0;
  let token: Promise<string> | null = null;

  async function login(endpoint: string): Promise<string> {
    const { user } = way;
    if (user === null) return "";
    token ??= ask(way, endpoint, "/v3/auth/authenticate", user, "").then((answer) =>
      String(answer.token ?? ""),
    );
    return token.catch((error) => {
      token = null;
      throw error;
    });
  }

  async function authorized(endpoint: string, path: string, body: Json): Promise<Json> {
    const auth = await login(endpoint);
    try {
      return await ask(way, endpoint, path, body, auth);
    } catch (error) {
      // Tokens live for minutes only; a request that was refused was not carried out.
      if (way.user === null || !isOldToken(error)) throw error;
      token = null;
      return ask(way, endpoint, path, body, await login(endpoint));
    }
  }

  async function call(path: string, body: Json): Promise<Json> {
    const { endpoints } = way;
    for (let tries = 1; ; tries++) {
      try {
        return await authorized(endpoints[at % endpoints.length] as string, path, body);
      } catch (error) {
        if (!isPassing(error)) throw error;
        at++;
        if (tries >= endpoints.length) throw error;
      }
    }
  }

  return { authorized, call };
}

/** One request to one endpoint. */
async function ask(
  { fetch, callMs, user }: EtcdWay,
  endpoint: string,
  path: string,
  body: Json,
  auth: string,
): Promise<Json> {
  try {
    const answer = await fetch({
      method: "POST",
      url: `${endpoint}${path}`,
      headers: {
        "content-type": "application/json",
        ...(auth === "" ? {} : { authorization: auth }),
      },
      body: JSON.stringify(body),
      timeoutMs: callMs,
      totalMs: callMs,
    });
    const text = await readAll(endpoint, answer.body);
    const secrets = [auth, user?.password ?? ""].filter((secret) => secret !== "");
    if (answer.status !== 200) throw answerError(endpoint, answer.status, text, secrets);
    const read = readJson(text);
    if (read === null) throw etcdError("etcd_refused", endpoint, "its answer is no JSON object");
    // A stream's error comes with status 200.
    if (read.error !== undefined) {
      throw answerError(endpoint, 200, JSON.stringify(read.error), secrets);
    }
    return read;
  } catch (error) {
    throw unanswered(endpoint, error);
  }
}

function isOldToken(error: unknown): boolean {
  return (
    error instanceof Error &&
    /invalid auth token|user name is empty|revision of auth store is old/.test(error.message)
  );
}

/** All positions of a fleet with thousands of accounts are less. */
const MOST_ANSWER_BYTES = 64 * 1_048_576;

async function readAll(endpoint: string, body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MOST_ANSWER_BYTES) {
      const words = `its answer is larger than ${MOST_ANSWER_BYTES} bytes`;
      throw etcdError("etcd_refused", endpoint, words);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
