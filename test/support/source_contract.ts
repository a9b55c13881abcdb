import { describe, test as everyTest, expect } from "vitest";
import { ApiError, isKnownError } from "../../plugin/errors.ts";
import type { Source } from "../../plugin/sources/source.ts";
import { IS_ALL } from "./amount.ts";
import type { Fault, FaultKind } from "./fake_mimecast/faults.ts";
import { type RecordType, type SourceName, typesOf } from "./fake_mimecast/record_types.ts";
import {
  type Shape,
  type SourceTests,
  testClocks,
  testLate,
  testOrder,
  testRefusedTokens,
} from "./source_dimensions.ts";
import { createDriver, type Driver } from "./source_driver.ts";

type DriverOptions = NonNullable<Parameters<typeof createDriver>[1]>;

const MINUTE_MS = 60_000;

let asked = 0;
/** Every `step`-th test where not all are wanted. */
const someTest = (step: number) => (name: string, run: () => Promise<void>) =>
  (IS_ALL || asked++ % step === 0 ? everyTest : everyTest.skip)(name, run);

/**
 * What every source promises: each record that the fake Mimecast has comes out, once, whatever goes wrong with
 * single answers, and the fake has nothing to complain of.
 */
export function testSource(source: Source, shape: Shape): void {
  const name = source.name as SourceName;
  // Faults strike the second page of one type: the other types would only repeat it.
  const [first] = typesOf(name);
  const one = shape === "batch" ? { ...source, streams: source.streams.slice(0, 1) } : source;
  const oneName: SourceName | RecordType = shape === "batch" ? (first as RecordType) : name;
  const path = source.endpoint.slice(source.endpoint.indexOf("/"));
  const amount = shape === "batch" ? 900 : 1_300;
  const switches = { recordsPerFile: shape === "batch" ? 2 : 25, filesPerZip: 7 };
  const start = (records = amount, more: DriverOptions = {}): Promise<Driver> =>
    createDriver(source, {
      ...more,
      records: { [name]: records },
      switches: { ...switches, ...more.switches },
    });
  const startOne = (more: DriverOptions = {}): Promise<Driver> =>
    createDriver(one, {
      ...more,
      records: { [oneName]: shape === "batch" ? 220 : 700 },
      switches: { ...switches, ...more.switches },
    });

  // The window feeds share their code.
  const test = someTest(shape === "window" && source.name !== "audit" ? 18 : 6);

  describe(`${source.name} ${source.api}`, () => {
    test("takes every record of many pages, each once", () =>
      using(start(), async (driver) => {
        await driver.poll();
        expectAllOnce(driver);
        expect(driver.asked.count).toBeGreaterThan(source.streams.length);
      }));

    test("an empty feed gives nothing and comes to an end", () =>
      using(start(0), async (driver) => {
        await driver.poll();
        await driver.poll();
        expect(driver.lines).toEqual([]);
        expect(driver.gaps).toEqual([]);
        expect(driver.fake.violations).toEqual([]);
      }));

    test("later polls take what is new, and nothing twice", () =>
      using(start(120), async (driver) => {
        await driver.poll();
        for (let round = 0; round < 5; round++) {
          driver.effects.advance(15 * MINUTE_MS);
          driver.fake.add({ [name]: round % 2 === 0 ? 40 : 0 });
          await driver.poll();
          expectAllOnce(driver);
        }
      }));

    test("a crash at any page loses nothing, and the page comes again with the same keys", () =>
      using(start(600), async (driver) => {
        let page = 0;
        driver.crash = () => page++ % 2 === 0;
        for (const stream of source.streams) {
          const [first, again] = [await driver.peek(stream), await driver.peek(stream)];
          expect(again.items.map((item) => item.key)).toEqual(first.items.map((item) => item.key));
          expect(again.next).toEqual(first.next);
        }
        await driver.poll();
        driver.crash = () => false;
        await driver.poll();
        expect(driver.ids()).toEqual(new Set(driver.fake.ids(name)));
        expect(driver.fake.violations).toEqual([]);
      }));

    const tests: SourceTests = {
      source,
      shape,
      path,
      test,
      expectAllOnce,
      use: (more, use) => using(start(120, more), use),
      useOne: (more, use) => using(startOne(more), use),
    };
    testClocks(tests);
    if (shape === "window" || shape === "batch" || shape === "archive") testLate(tests);
    if (shape === "window") testOrder(tests);
    if (shape !== "archive") testRefusedTokens(tests, pollUntilQuiet);

    if (shape === "archive") {
      everyTest.each([200, 400] as const)(
        "after an outage longer than a token lives (%i) there is a gap, and new files come",
        (invalidTokenStatus) =>
          using(start(60), async (driver) => {
            driver.fake.set({ invalidTokenStatus });
            await driver.poll();
            driver.effects.advance(8 * 24 * 60 * MINUTE_MS);
            driver.fake.add({ [name]: 40 });
            await driver.poll();
            expect(driver.gaps).toHaveLength(1);
            expectAllOnce(driver);
          }),
      );
    }

    test("its positions are small and plain JSON", () =>
      using(start(), async (driver) => {
        await driver.poll();
        for (const position of driver.positions.values()) {
          expect(position.length).toBeLessThan(80_000);
          expect(JSON.parse(position)).toBeTypeOf("object");
        }
      }));

    for (const fault of answerFaults(source, path)) {
      test(`${described(fault)}: nothing is lost, nothing comes twice`, () =>
        using(startOne(), async (driver) => {
          driver.fake.faults.push(fault);
          await pollUntilQuiet(driver);
          expect(driver.fake.requests(path)).toBeGreaterThan(2);
          expectAllOnce(driver);
        }));
    }

    for (const fault of contentFaults(shape, path)) {
      test(`${described(fault)}: nothing is lost, nothing comes twice`, () =>
        using(startOne(), async (driver) => {
          driver.fake.faults.push(fault);
          await pollUntilQuiet(driver);
          expectAllOnce(driver);
        }));
    }
  });

  function expectAllOnce(driver: Driver): void {
    expect(driver.ids()).toEqual(new Set(driver.fake.ids(name)));
    expect(driver.ids()).toEqual(driver.fake.handedOut(name));
    expect(new Set(driver.lines).size).toBe(driver.lines.length);
    expect(driver.quarantined).toEqual([]);
    expect(driver.fake.violations).toEqual([]);
  }
}

/** Faults of an answer as a whole. They strike at the second request, so that there is a position to lose. */
function answerFaults(source: Source, path: string): Fault[] {
  const kinds: FaultKind[] = [
    "fail_on_200",
    "rate_limited",
    "server_error",
    "html_502",
    "not_json",
    "reset",
    "reset_mid_body",
  ];
  const faults = kinds.map((fault): Fault => ({ path, fault, nth: 2, times: 2 }));
  for (const reset of [null, "0", "not an integer value", "1700000000000"]) {
    faults.push({ path, fault: "rate_limited", nth: 2, reset });
  }
  faults.push({ path, fault: "server_error", nth: 2, retryAfter: "7" });
  if (source.api === "2.0") faults.push({ path, fault: "token_expired", nth: 2 });
  return faults;
}

/** Faults of pages and files. */
function contentFaults(shape: Shape, path: string): Fault[] {
  const at = (fault: FaultKind, nth: number, where = path): Fault => ({ path: where, fault, nth });
  switch (shape) {
    case "window":
      return [
        at("repeated_page", 2),
        at("duplicate_records", 2),
        { ...at("repeated_page", 2), times: 5 },
        at("page_token_oversized", 1),
        at("page_token_oversized", 2),
      ];
    case "batch":
      return [
        at("repeated_page", 2),
        at("duplicate_urls", 1),
        at("duplicate_urls", 2),
        at("empty_page", 1),
        at("empty_page", 2),
        at("missing_next_page", 1),
        ...badTokens(path),
        at("expired_link", 3, "*.gz"),
        at("crc_damaged", 3, "*.gz"),
        at("truncated_gzip", 3, "*.gz"),
        at("reset_mid_body", 3, "*.gz"),
        at("server_error", 3, "*.gz"),
        at("empty_body", 3, "*.gz"),
      ];
    case "archive":
      return [
        at("empty_zip", 1),
        at("empty_zip", 2),
        at("not_a_zip", 2),
        at("truncated_zip", 2),
        at("empty_body", 2),
        at("truncated_json", 2),
        at("empty_data", 2),
        at("traversal_name", 2),
        at("invalid_siem_token", 3),
      ];
    case "stream":
      return [
        at("repeated_page", 2),
        { ...at("repeated_page", 2), times: 5 },
        at("duplicate_records", 2),
        at("empty_page", 2),
        at("missing_next_page", 2),
        ...badTokens(path),
      ];
    case "feed":
      return [at("page_token_refused", 2), { ...at("page_token_refused", 2), times: 2 }];
  }
}

/** Page tokens that are refused, once and again, and one that is far too long. */
function badTokens(path: string): Fault[] {
  return [
    { path, fault: "page_token_refused", nth: 2 },
    { path, fault: "page_token_refused", nth: 2, times: 3, status: 414 },
    { path, fault: "page_token_refused", nth: 2, times: 2, status: 500 },
    { path, fault: "page_token_oversized", nth: 1 },
  ];
}

function described({ path, fault, nth, times, reset, retryAfter }: Fault): string {
  const more = [
    times === undefined ? "" : `${times} times`,
    reset === undefined ? "" : `reset ${reset}`,
    retryAfter === undefined ? "" : `Retry-After ${retryAfter}`,
  ].filter((word) => word !== "");
  return `${fault} at request ${nth} of ${path}${more.length > 0 ? `, ${more.join(", ")}` : ""}`;
}

/** Polls as a shipper would: an error ends the round, and the next round goes on from the same position. */
async function pollUntilQuiet(driver: Driver): Promise<void> {
  for (let round = 0; round < 4; round++) {
    try {
      await driver.poll();
    } catch (error) {
      if (!isKnownError(error)) throw error;
      if (error instanceof ApiError) expect(error.message).not.toContain("X-Amz");
    }
    driver.effects.advance(MINUTE_MS);
  }
}

async function using(starting: Promise<Driver>, use: (driver: Driver) => Promise<void>) {
  const driver = await starting;
  try {
    await use(driver);
  } finally {
    await driver.close();
  }
}
