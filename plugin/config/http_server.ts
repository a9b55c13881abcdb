import * as z from "zod";

/** Where `poll --follow` answers probes and scrapes. */
export interface HttpServer {
  /** An IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Reads `127.0.0.1:9477` or `[::1]:9477`; undefined for any other text, because a name could lead anywhere. */
export function parseListen(text: string): HttpServer | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (found === null) return undefined;
  const [, six, four, port] = found;
  const host = six ?? four ?? "";
  const isAddress = six === undefined ? IPV4.test(host) : URL.canParse(`http://[${six}]/`);
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535
    ? { host, port: Number(port) }
    : undefined;
}

/** True if only programs of this machine can reach it. */
export function isLocalOnly({ host }: HttpServer): boolean {
  return host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** `http_server` of the file. */
export const HTTP_SERVER_SCHEMA = z.strictObject({
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, {
      error: 'must be an IP address and a port such as "127.0.0.1:9477" or "[::1]:9477"',
    })
    .default("127.0.0.1:9477")
    .describe("IP address and port; another address than a loopback one lets other machines in"),
});
