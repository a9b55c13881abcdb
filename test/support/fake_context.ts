import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ApiRequest, MimecastClient } from "../../plugin/client/client.ts";
import type { SourceContext } from "../../plugin/sources/source.ts";
import { chunked, collect } from "./fake_effects.ts";

/** What the scripted client gives for one call: a JSON body, a file, or an error. */
export type ClientAnswer =
  | { readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly file: Uint8Array; readonly headers?: Readonly<Record<string, string>> }
  | Error;

/** A source's world with scripted answers. */
export interface FakeContext extends SourceContext {
  /** Requests so far. */
  readonly requests: ApiRequest[];
  /** Links asked for so far. */
  readonly downloads: string[];
  nowMs: number;
}

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/**
 * A context whose client gives `answers` in order; `files` maps a link's path to what a download gives. Spooled
 * files are real ones: archives are read in place.
 */
export function createFakeContext(
  answers: readonly ClientAnswer[],
  files: Readonly<Record<string, Uint8Array | Error>> = {},
): FakeContext {
  const script = [...answers];
  const requests: ApiRequest[] = [];
  const downloads: string[] = [];
  const next = (request: ApiRequest): Exclude<ClientAnswer, Error> => {
    requests.push(structuredClone(request));
    const answer = script.shift();
    if (answer === undefined) throw new Error(`The test expected no request to ${request.path}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  // As every answer of Mimecast's has.
  const headersOf = ({ headers }: Exclude<ClientAnswer, Error>) =>
    headers ?? { date: new Date(context.nowMs).toUTCString() };
  const client: MimecastClient = {
    json: async (request) => {
      const answer = next(request);
      if (!("json" in answer)) throw new Error("The script has a file where JSON is asked for");
      const text = JSON.stringify(answer.json);
      return { headers: headersOf(answer), body: JSON.parse(text) as unknown, text };
    },
    file: async (request) => {
      const answer = next(request);
      const headers = headersOf(answer);
      if ("json" in answer) return { headers, json: answer.json };
      return { headers, json: undefined, body: chunked([answer.file]) };
    },
    download: async (url) => {
      downloads.push(url);
      const file = files[new URL(url).pathname];
      if (file === undefined) throw new Error(`The test expected no download of ${url}`);
      if (file instanceof Error) throw file;
      return chunked([file]);
    },
  };
  const context: FakeContext = {
    client,
    requests,
    downloads,
    nowMs: Date.UTC(2026, 2, 1, 12),
    now: () => context.nowMs,
    overlapMs: 600_000,
    spool: async (chunks) => {
      const folder = await mkdtemp(join(tmpdir(), "spool-"));
      folders.push(folder);
      const path = join(folder, "file");
      const bytes = await collect(chunks);
      await writeFile(path, bytes);
      return { path, size: bytes.length };
    },
  };
  return context;
}
