import type { MimecastClient } from "../client.ts";

/** Calls and downloads of a client since the count began, without the client's own repetitions. */
export interface CallCount {
  reset(): void;
  count(): number;
}

/** A client that counts its calls. */
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
