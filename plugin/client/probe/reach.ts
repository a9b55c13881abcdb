import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { NetworkError } from "../../errors.ts";
import { networkError, TimeoutError } from "../network_error.ts";
import { tlsOptions } from "../tls_options.ts";
import { proxyAuthorization } from "./proxy_for.ts";

/** The host to reach, and the way to it. */
export interface ReachTarget {
  readonly url: URL;
  readonly proxy: URL | null;
  /** Further trusted certificates, as PEM text. */
  readonly caPem: string | null;
  /** For each step. */
  readonly timeoutMs: number;
}

/** A step that worked, or the error that ended it. */
export type Step<T> = { readonly value: T; readonly ms: number } | { readonly error: NetworkError };

/** The certificate that answered. */
export interface PeerCertificate {
  readonly issuer: string;
  readonly subject: string;
  readonly validTo: string;
  /** "TLSv1.3". */
  readonly protocol: string;
  /** Why the certificate is not trusted, Node's code; null where it is. */
  readonly refused: string | null;
}

/** The result of each step; null if a step was not tried or is not needed. */
export interface Reach {
  readonly dns: Step<readonly string[]>;
  readonly tcp: Step<string> | null;
  /** CONNECT through the proxy. */
  readonly proxy: Step<string> | null;
  readonly tls: Step<PeerCertificate> | null;
}

/** Goes step by step to a host, as a request would, and sends nothing but what opening the connection takes. */
export async function reach(target: ReachTarget): Promise<Reach> {
  const { url, proxy } = target;
  const via = proxy ?? url;
  const none = { tcp: null, proxy: null, tls: null };
  const dns = await step(via, () => timed(target, addresses(hostOf(via))));
  if ("error" in dns) return { ...none, dns };
  const opened = await step(via, () => openTcp(target, hostOf(via), portOf(via)));
  if ("error" in opened) return { ...none, dns, tcp: opened };
  let socket: Socket = opened.value;
  const tcp = { value: `${socket.remoteAddress} port ${socket.remotePort}`, ms: opened.ms };
  try {
    let tunnel: Step<string> | null = null;
    if (proxy !== null) {
      const through = await step(proxy, () => openTunnel(target, socket, proxy));
      if ("error" in through) return { ...none, dns, tcp, proxy: through };
      socket = through.value;
      tunnel = { value: proxy.host, ms: through.ms };
    }
    if (url.protocol !== "https:") return { dns, tcp, proxy: tunnel, tls: null };
    const tls = await step(url, () => greet(target, socket));
    return { dns, tcp, proxy: tunnel, tls };
  } finally {
    opened.value.destroy();
  }
}

async function step<T>(url: URL, work: () => Promise<T>): Promise<Step<T>> {
  const startedMs = performance.now();
  try {
    return { value: await work(), ms: Math.round(performance.now() - startedMs) };
  } catch (error) {
    return { error: error instanceof NetworkError ? error : networkError(error, url.href) };
  }
}

async function addresses(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function openTcp(target: ReachTarget, host: string, port: number): Promise<Socket> {
  const socket = connectTcp({ host, port });
  return ready(target, socket, "connect");
}

/** CONNECT (RFC 9110 §9.3.6); the proxy's user and password go with it, as undici sends them. */
async function openTunnel(target: ReachTarget, socket: Socket, proxy: URL): Promise<Socket> {
  const talk = proxy.protocol === "https:" ? await secured(target, socket, hostOf(proxy)) : socket;
  const at = `${target.url.hostname}:${portOf(target.url)}`;
  const authorization = proxyAuthorization(proxy);
  const auth = authorization === null ? "" : `Proxy-Authorization: ${authorization}\r\n`;
  talk.write(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${auth}\r\n`);
  const answer = await timed(target, firstBytes(talk));
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? "no HTTP";
  if (!status.startsWith("2")) {
    throw new NetworkError(`Cannot go through the proxy "${proxy.host}": it answered ${status}`, {
      code: "proxy",
      hint:
        status === "407"
          ? "The proxy wants a user and password: network.proxy: { file: … } with http://user:password@host:port"
          : `Allow CONNECT to ${at} on the proxy`,
    });
  }
  return talk;
}

function firstBytes(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1")));
    socket.once("error", reject);
    socket.once("end", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
  });
}

/** Accepts any certificate, because it must show an untrusted one. It sends nothing over the connection. */
async function greet(target: ReachTarget, socket: Socket): Promise<PeerCertificate> {
  const tls = tlsOver(target, socket, hostOf(target.url), false);
  await ready(target, tls, "secureConnect");
  const certificate = tls.getPeerCertificate();
  return {
    issuer: nameOf(certificate.issuer),
    subject: nameOf(certificate.subject),
    validTo: certificate.valid_to,
    protocol: tls.getProtocol() ?? "",
    refused: tls.authorized ? null : String(tls.authorizationError),
  };
}

async function secured(target: ReachTarget, socket: Socket, host: string): Promise<TLSSocket> {
  const tls = tlsOver(target, socket, host, true);
  await ready(target, tls, "secureConnect");
  return tls;
}

function tlsOver(
  target: ReachTarget,
  socket: Socket,
  host: string,
  rejectUnauthorized: boolean,
): TLSSocket {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({
    socket,
    host,
    ...servername,
    ...tlsOptions(target.caPem),
    rejectUnauthorized,
  });
}

function ready<S extends Socket>(
  target: ReachTarget,
  socket: S,
  event: "connect" | "secureConnect",
): Promise<S> {
  const opened = new Promise<S>((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once("error", reject);
  });
  // An error after the step must not end the process.
  socket.on("error", () => {});
  return timed(target, opened).catch((error) => {
    socket.destroy();
    throw error;
  });
}

function timed<T>({ timeoutMs }: ReachTarget, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError()), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function nameOf(
  name: { readonly O?: string | string[]; readonly CN?: string | string[] } | undefined,
): string {
  return (
    [name?.CN, name?.O]
      .flat()
      .filter((part) => part !== undefined)
      .join(", ") || "no name"
  );
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}
