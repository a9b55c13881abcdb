import { describe, expect, it } from "vitest";
import { openDelivery } from "../../plugin/deliver/open_delivery.ts";
import { parse, V2 } from "../support/config_text.ts";
import { answer, createFakeEffects, type FakeOptions } from "../support/fake_effects.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

const HTTP = "url: http://127.0.0.1:9880/in, gzip: false";

/** A delivery of the configuration with these keys, and what it meets. */
async function opened(
  more: string,
  wanted: Partial<Parameters<typeof openDelivery>[1]> = {},
  options: FakeOptions = {},
) {
  const clock = createSimulatedClock(1_000_000);
  const effects = createFakeEffects({ fetch: () => answer({ status: 200 }), ...options });
  Object.assign(effects, clock);
  const stopping = new AbortController();
  const delivery = await openDelivery(
    parse(`${V2}${more}\n`),
    { mode: "once", endMs: Number.POSITIVE_INFINITY, ...wanted },
    {
      effects,
      signal: stopping.signal,
      lock: async () => () => {},
      shipperHttp: async () => ({
        fetch: effects.fetch,
        authorization: "Bearer t",
        secrets: [],
        identity: "",
      }),
    },
  );
  return { delivery, effects, clock, stopping };
}

describe("openDelivery()", () => {
  it("writes to stdout where no HTTP input is configured", async () => {
    const { delivery, effects } = await opened("", { mode: "follow" }, { outKind: "pipe" });
    expect(delivery.safety).toBe("lag");
    await delivery.write(Buffer.from("a\nb\n"));
    expect(effects.output()).toBe("a\nb\n");
    expect(effects.writes).toHaveLength(1);
    expect(effects.requests).toEqual([]);
  });

  it.each([
    ["leef", undefined, "", "text/plain; charset=utf-8"],
    ["json", undefined, "", "application/json"],
    ["json", "leef", "", "text/plain; charset=utf-8"],
    ["leef", "json", "", "application/json"],
    ["leef", undefined, ", body: json", "application/json"],
    ["json", undefined, ", body: lines", "application/x-ndjson"],
  ] as const)(
    "posts with format %s, --format %s and http%s as %s",
    async (format, option, body, type) => {
      const config = `output: { format: ${format}, http: { ${HTTP}${body} } }`;
      const { delivery, effects } = await opened(config, { format: option });
      const isLeef = (option ?? format) === "leef";
      await delivery.write(Buffer.from(isLeef ? "<13>1 a\n" : '{"a":1}\n'));
      expect(effects.requests[0]).toMatchObject({
        url: "http://127.0.0.1:9880/in",
        headers: { "content-type": type, authorization: "Bearer t" },
      });
      expect(effects.output()).toBe("");
    },
  );

  it("slows either of them down where that is configured", async () => {
    for (const http of ["", `, http: { ${HTTP} }`]) {
      const paced = await opened(`output: { max_events_per_second: 10${http} }`);
      const count = () => paced.effects.writes.length + paced.effects.requests.length;
      const written = paced.delivery.write(Buffer.from("a\nb\nc\n"));
      await paced.clock.runUntil(1_000_000 + 50);
      expect(count()).toBe(1);
      await paced.clock.runUntil(1_000_000 + 250);
      await written;
      expect(count()).toBe(3);
    }
  });

  it.each([
    ["60", 5_000],
    ["2", 2_000],
  ])(
    "gives a batch in flight a while when the run is to end: timeout_secs %s",
    async (secs, ms) => {
      for (const isStopped of [false, true]) {
        let ended: unknown;
        const { delivery, clock, stopping } = await opened(
          `output: { http: { ${HTTP}, timeout_secs: ${secs} } }`,
          {},
          {
            fetch:
              () =>
              ({ signal }) =>
                new Promise((_, reject) => {
                  const end = () => reject(signal?.reason);
                  signal?.addEventListener("abort", end);
                  if (isStopped) stopping.abort(new Error("SIGTERM"));
                }),
          },
        );
        const written = delivery.write(Buffer.from("a\n")).catch((error) => {
          ended = error;
        });
        await clock.runUntil(1_000_000 + ms - 1);
        expect(ended).toBeUndefined();
        await clock.runUntil(1_000_000 + ms);
        if (!isStopped) {
          expect(ended).toBeUndefined();
          continue;
        }
        await written;
        expect(ended).toMatchObject({ message: "SIGTERM" });
      }
    },
  );
});
