import type { MimecastClient } from "../client.ts";

/** Calls and downloads of a client since the count was begun; repetitions inside of the client are not counted. */
export interface CallCount {
  reset(): void;
  count(): number;
}

/** A client that counts what is asked of it. */
export function countCalls(client: MimecastClient): {
  readonly client: MimecastClient;
  readonly calls: CallCount;
} {
  let count = 0;
  return {
    client: {
      json(request) {
        count++;
        return client.json(request);
      },
      file(request) {
        count++;
        return client.file(request);
      },
      download(url) {
        count++;
        return client.download(url);
      },
    },
    calls: {
      reset() {
        count = 0;
      },
      count: () => count,
    },
  };
}
