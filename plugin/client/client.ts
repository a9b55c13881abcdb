import type { HttpResponse } from "../effects.ts";

/** What the client needs to know of an account of the configuration. */
export interface ClientAccount {
  /** The account's name in the configuration, for log lines. */
  readonly name: string;
  /** Origin of the API host, `https://eu-api.mimecast.com`; a path after it is kept as a prefix. */
  readonly baseUrl: string;
  /** Patterns such as `*.amazonaws.com`: the hosts that pre-signed links may point to. */
  readonly downloadHosts: readonly string[];
}

/** The keys of one account, in clear. They decide the API generation. */
export type Credentials =
  | {
      readonly api: "1.0";
      readonly appId: string;
      readonly appKey: string;
      readonly accessKey: string;
      /** base64, as Mimecast shows it. */
      readonly secretKey: string;
    }
  | { readonly api: "2.0"; readonly clientId: string; readonly clientSecret: string };

/** A call on the API host. Path only, from "/", without the host. */
export interface ApiRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/**
 * What sources use of the network. Signing, tokens, retries, rate limits, size limits and the reading of
 * error bodies happen behind it; what comes back is a success or one of the errors of errors.ts.
 */
export interface MimecastClient {
  /**
   * A call whose answer is JSON. `fail` inside a 200 is an `ApiError` (or `AuthError`).
   * `headers` are lower-case.
   */
  json(
    request: ApiRequest,
  ): Promise<{ headers: Readonly<Record<string, string>>; body: unknown; text: string }>;
  /**
   * A call whose answer may be a file (API 1.0 get-siem-logs): JSON answers are read and checked as in
   * `json`, anything else is handed over as a stream.
   */
  file(
    request: ApiRequest,
  ): Promise<
    | { json: unknown; headers: Readonly<Record<string, string>> }
    | { json: undefined; headers: Readonly<Record<string, string>>; body: HttpResponse["body"] }
  >;
  /**
   * Downloads a pre-signed link: no Authorization, only https and hosts of `download_hosts` (loopback only
   * from a loopback base URL). A storage that knows the link or its object no more is a `LinkExpiredError`; anything
   * else that answers in its place is an `ApiError`. Beyond a size that no file has, the body ends in a `DecodeError`.
   */
  download(url: string): Promise<Download>;
}

/** The bytes behind a link, as they come. */
export interface Download extends AsyncIterable<Uint8Array> {
  /** As the answer says, made fit for a message. */
  readonly contentType?: string;
}
