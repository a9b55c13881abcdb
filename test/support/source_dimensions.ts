import { expect } from "vitest";
import type { Source } from "../../plugin/sources/source.ts";
import type { Fault } from "./fake_mimecast/faults.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import type { SourceName } from "./fake_mimecast/record_types.ts";
import type { Switches } from "./fake_mimecast/switches.ts";
import type { Driver } from "./source_driver.ts";

/** How a feed hands out its records; it decides which faults it can meet. */
export type Shape = "window" | "batch" | "archive" | "feed" | "stream";

/** What the tests of one source share. */
export interface SourceTests {
  readonly source: Source;
  readonly shape: Shape;
  readonly path: string;
  /** Vitest's, or one that leaves most of them out. */
  test(name: string, run: () => Promise<void>): void;
  use(
    options: { readonly switches?: Partial<Switches>; readonly aheadMs?: number },
    test: (driver: Driver) => Promise<void>,
  ): Promise<void>;
  /** The same with records enough for several pages of one type. */
  useOne(
    options: { readonly switches?: Partial<Switches> },
    test: (driver: Driver) => Promise<void>,
  ): Promise<void>;
  expectAllOnce(driver: Driver): void;
}

const MINUTE_MS = 60_000;

/** This host's clock at each poll, in minutes ahead of Mimecast's. */
const CLOCKS: Readonly<Record<string, readonly number[]>> = {
  "15 minutes ahead": [15],
  "3 hours ahead": [180],
  "2 hours behind": [-120],
  "2 hours ahead for one poll": [0, 0, 120, 0, 0, 0],
  "2 hours behind for one poll": [0, 0, -120, 0, 0, 0],
  "10 hours ahead when the feed is begun": [600, 0, 0, 0, 0, 0],
  "10 hours behind when the feed is begun": [-600, 0, 0, 0, 0, 0],
};

/** A host whose clock is wrong, in one process or in a process for each poll. */
export function testClocks({ source, test, use, expectAllOnce }: SourceTests): void {
  const name = source.name as SourceName;
  for (const [clock, minutes] of Object.entries(CLOCKS)) {
    for (const isRestarted of [false, true]) {
      const processes = isRestarted ? "a process for each poll" : "one process";
      test(`a clock that is ${clock}, ${processes}: every record comes once`, () => {
        const aheadMs = (poll: number) => (minutes[poll % minutes.length] ?? 0) * MINUTE_MS;
        // How much API 1.0 tolerates is not known: here, everything.
        const switches = { maxSkewMs: Number.MAX_SAFE_INTEGER };
        return use({ switches, aheadMs: aheadMs(0) }, async (driver) => {
          for (let poll = 0; poll < 6; poll++) {
            driver.host.aheadMs = aheadMs(poll);
            if (isRestarted) driver.restart();
            await driver.poll();
            driver.effects.advance(15 * MINUTE_MS);
            driver.fake.add({ [name]: 20 });
          }
          driver.host.aheadMs = aheadMs(6);
          await driver.poll();
          expectAllOnce(driver);
          expect(driver.gaps).toEqual([]);
        });
      });
    }
  }
}

/** Records that show up after others that are younger. */
export function testLate({ source, test, use, expectAllOnce }: SourceTests): void {
  const name = source.name as SourceName;
  test("records that come late, within the overlap, are taken once", () =>
    use({}, async (driver) => {
      await driver.poll();
      for (let round = 1; round <= 3; round++) {
        driver.effects.advance(2 * MINUTE_MS);
        driver.fake.add({ [name]: 3 }, driver.effects.now() - round * 2.5 * MINUTE_MS);
        await driver.poll();
        expectAllOnce(driver);
      }
    }));
}

/** Pages in any order, with records that are equal. */
export function testOrder({ source, test, use, useOne, expectAllOnce }: SourceTests): void {
  const name = source.name as SourceName;
  for (const order of ["oldest_first", "newest_first"] as const) {
    test(`pages with the records ${order.replace("_", " ")}: every record comes once`, () =>
      use({ switches: { order } }, async (driver) => {
        await driver.poll();
        driver.effects.advance(5 * MINUTE_MS);
        driver.fake.add({ [name]: 30 });
        driver.fake.add({ [name]: 4 }, driver.effects.now() - 9 * MINUTE_MS);
        await driver.poll();
        expectAllOnce(driver);
      }));

    test(`equal records on several pages, ${order.replace("_", " ")}: as many as there are`, () =>
      useOne({ switches: { order, equalRecords: 7 } }, async (driver) => {
        await driver.poll();
        driver.effects.advance(5 * MINUTE_MS);
        await driver.poll();
        const count = new Map<string, number>();
        for (const line of driver.lines) count.set(line, (count.get(line) ?? 0) + 1);
        // With an id, the same record served again is one.
        const hasId = driver.lines.some((line) => "id" in (JSON.parse(line) as object));
        const total = driver.fake.total(name);
        expect(driver.lines).toHaveLength(hasId ? Math.ceil(total / 7) : total);
        expect(count.size).toBe(Math.ceil(total / 7));
        expect([...count.keys()].every((line) => idOf(line) !== null)).toBe(true);
        expect(driver.fake.violations).toEqual([]);
      }));
  }
}

/** Page tokens that Mimecast gave and does not know any more. */
export function testRefusedTokens(
  { path, test, useOne, expectAllOnce, shape }: SourceTests,
  poll: (driver: Driver) => Promise<void>,
): void {
  const faults: Omit<Fault, "path" | "fault">[] = [
    { nth: 2 },
    { nth: 3, times: 2 },
    { nth: 2, times: 4 },
    ...(shape === "window" ? [{ times: 0 }] : []),
  ];
  for (const when of faults) {
    const times =
      when.times === 0 ? "always" : `${when.times ?? 1} times from request ${when.nth} on`;
    test(`page tokens refused ${times}: every record comes once`, () =>
      useOne({}, async (driver) => {
        driver.fake.faults.push({ path, fault: "page_token_refused", ...when });
        await poll(driver);
        driver.effects.advance(15 * MINUTE_MS);
        await poll(driver);
        expectAllOnce(driver);
        expect(driver.gaps).toEqual([]);
      }));
  }
}
