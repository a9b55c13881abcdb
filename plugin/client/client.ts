import type { HttpResponse } from "../effects.ts";

/** The facts about an account that the client needs. */
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
 * The network for sources. It signs, keeps tokens, repeats, obeys rate and size limits and reads error bodies; it returns a
 * success or throws an error of errors.ts.
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
   * from a loopback base URL). Throws a `LinkExpiredError` if the storage no longer knows the link or its object, and an
   * `ApiError` for any other answer. A body beyond the size of any file ends in a `DecodeError`.
   */
  download(url: string): Promise<Download>;
}

/** The bytes behind a link, as they come. */
export interface Download extends AsyncIterable<Uint8Array> {
  /** As the answer says, made fit for a message. */
  readonly contentType?: string;
}
