import { expect, test } from "vitest";
import type { MimecastClient } from "../../../plugin/client/client.ts";
import { countCalls } from "../../../plugin/client/probe/count_calls.ts";

test("countCalls() counts each kind of call, hands it on, and begins again", async () => {
  const inner = {
    json: async (request: unknown) => ["json", request],
    file: async (request: unknown) => ["file", request],
    download: async (url: string) => ["download", url],
  } as unknown as MimecastClient;
  const { client, calls } = countCalls(inner);
  const request = { method: "GET", path: "/x" } as const;
  expect(await client.json(request)).toEqual(["json", request]);
  expect(calls.count()).toBe(1);
  expect(await client.file(request)).toEqual(["file", request]);
  expect(calls.count()).toBe(2);
  expect(await client.download("https://x")).toEqual(["download", "https://x"]);
  expect(calls.count()).toBe(3);
  calls.reset();
  expect(calls.count()).toBe(0);
});
