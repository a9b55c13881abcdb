import { isObject } from "../../client/failure.ts";
import { MAX_TOKEN_LENGTH } from "../restarts.ts";
import { unexpected } from "../unexpected.ts";

/** One link of a listing. */
export interface LinkedFile {
  /** The path of the link, without its query: that is a signature, new in each list. */
  readonly key: string;
  readonly url: string;
  /** Of the gzip file, in bytes; null where not given. */
  readonly size: number | null;
}

/** One page of links. */
export interface Listing {
  readonly files: readonly LinkedFile[];
  readonly nextPage: string | null;
  /** True if `@nextPage` is too long for a token: then `nextPage` is null. */
  readonly isTokenTooLong: boolean;
  readonly isCaughtUp: boolean | null;
}

/** Reads the answer of `GET /siem/v1/batch/events/…` (reference: API 2.0 batch). */
export function readListing(body: unknown, path: string): Listing {
  const { value, "@nextPage": nextPage, isCaughtUp } = isObject(body) ? body : {};
  if (!Array.isArray(value)) throw unexpected(`GET ${path}`, '"value" is no list');
  const files = value.map((file: unknown): LinkedFile => {
    const { url, size } = isObject(file) ? file : {};
    if (typeof url !== "string" || !URL.canParse(url)) {
      throw unexpected(`GET ${path}`, 'a file of "value" has no usable "url"');
    }
    return { key: new URL(url).pathname, url, size: typeof size === "number" ? size : null };
  });
  const token = typeof nextPage === "string" && nextPage !== "" ? nextPage : null;
  const isTokenTooLong = token !== null && token.length > MAX_TOKEN_LENGTH;
  return {
    files,
    nextPage: isTokenTooLong ? null : token,
    isTokenTooLong,
    isCaughtUp: typeof isCaughtUp === "boolean" ? isCaughtUp : null,
  };
}
