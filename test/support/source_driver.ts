import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Credentials, MimecastClient } from "../../plugin/client/client.ts";
import { createClient } from "../../plugin/client/mimecast_client.ts";
import { createMimecastClock } from "../../plugin/client/mimecast_clock.ts";
import { createFetch } from "../../plugin/client/undici_fetch.ts";
import { DecodeError, LinkExpiredError } from "../../plugin/errors.ts";
import type { Cursor, Item, Page, Source, SourceContext } from "../../plugin/sources/source.ts";
import { collect, createFakeEffects, type FakeEffects } from "./fake_effects.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";

/** A source, a fake Mimecast and a small collector that obeys the contract of source.ts. */
export interface Driver {
  readonly fake: Fake;
  readonly effects: FakeEffects;
  /** This host's clock against Mimecast's, which is that of `effects`; may be changed at any time. */
  readonly host: { aheadMs: number };
  /** Every line that was taken, in order. */
  readonly lines: string[];
  /** Items that could not be read even after a fresh listing: their bytes, as `raw()` gave them. */
  readonly quarantined: { readonly key: string; readonly bytes: Buffer }[];
  readonly gaps: string[];
  /** The position of each stream, as text: what a checkpoint would hold. */
  readonly positions: Map<string, string>;
  /** Pages that were asked for. */
  readonly asked: { count: number };
  /** Asks every stream until it has no more. */
  poll(): Promise<void>;
  /** The page at the present position, not taken. */
  peek(stream: string): Promise<Page>;
  /** Called before each page is committed; true plays a crash: the page is dropped, and a new process begins. */
  crash: () => boolean;
  /** A new process, which has to learn everything but its positions. */
  restart(): void;
  /** Ids of all lines. */
  ids(): Set<string>;
  close(): Promise<void>;
}

const MAX_PAGES = 2_000;
const FRESH_LISTINGS = 2;

/** Starts a fake with the driver's clock, and a driver for one source of it. */
export async function createDriver(
  source: Source,
  options: Omit<FakeOptions, "api" | "now"> & {
    readonly startMs?: number;
    readonly aheadMs?: number;
  } = {},
): Promise<Driver> {
  const effects = createFakeEffects();
  const fake = await startFake({ ...options, api: source.api, now: () => effects.now() });
  const folder = await mkdtemp(join(tmpdir(), "source-"));
  const fetch = createFetch({ env: {} });
  const host = { aheadMs: options.aheadMs ?? 0 };
  const localNow = () => effects.now() + host.aheadMs;
  const startMs = options.startMs ?? localNow() - 86_400_000;
  let files = 0;
  /** Items of the present page that are taken: they outlive an error, as in a checkpoint. */
  const done = new Set<string>();
  let clock = createMimecastClock(localNow);
  const newClient = (): MimecastClient => {
    clock = createMimecastClock(localNow);
    return createClient(
      { name: "acme", baseUrl: fake.url, downloadHosts: ["*.amazonaws.com"] },
      credentialsOf(fake, source.api),
      { ...effects, now: localNow, fetch },
      { timeoutMs: 5_000, clock },
    );
  };
  let client = newClient();
  const context = (): SourceContext => ({
    client,
    now: () => clock.now(),
    overlapMs: 600_000,
    spool: async (chunks) => {
      const path = join(folder, String(files++));
      const bytes = await collect(chunks);
      await writeFile(path, bytes);
      return { path, size: bytes.length };
    },
  });

  const driver: Driver = {
    fake,
    effects,
    host,
    lines: [],
    quarantined: [],
    gaps: [],
    positions: new Map(
      source.streams.map((stream) => [
        stream,
        JSON.stringify(source.start(stream, startMs, localNow())),
      ]),
    ),
    asked: { count: 0 },
    crash: () => false,
    restart: () => {
      client = newClient();
    },
    poll: async () => {
      for (const stream of source.streams) await pollStream(stream);
    },
    peek: (stream) => source.page(stream, placeOf(stream), context()),
    ids: () => {
      // Of the objects of a threat feed one in three carries the id.
      const lines = source.name === "threat_intel" ? driver.lines.filter(idOf) : driver.lines;
      return new Set(lines.map((line) => idOf(line) ?? `no id: ${line}`));
    },
    close: async () => {
      await fake.close();
      await rm(folder, { recursive: true });
    },
  };
  const placeOf = (stream: string): Cursor => JSON.parse(driver.positions.get(stream) ?? "null");

  async function pollStream(stream: string): Promise<void> {
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      driver.asked.count += 1;
      const page = await takePage(stream);
      done.clear();
      if (driver.crash()) {
        client = newClient();
        continue;
      }
      driver.positions.set(stream, JSON.stringify(page.next));
      if (page.gap !== undefined) driver.gaps.push(page.gap.reason);
      if (!page.more) return;
    }
    throw new Error(`"${stream}" does not come to an end`);
  }

  /** Takes all items of the page, asking for a fresh listing where one can't be read. */
  async function takePage(stream: string): Promise<Page> {
    for (let listing = 0; ; listing++) {
      const page = await driver.peek(stream);
      const failed = await takeItems(stream, page);
      if (failed === null) return page;
      if (listing < FRESH_LISTINGS) continue;
      driver.quarantined.push({ key: failed.key, bytes: await collect(failed.raw()) });
      done.add(`${stream} ${failed.key}`);
    }
  }

  async function takeItems(stream: string, page: Page): Promise<Item | null> {
    for (const item of page.items) {
      if (done.has(`${stream} ${item.key}`)) continue;
      try {
        driver.lines.push(...(await linesOf(item)));
      } catch (error) {
        if (error instanceof DecodeError || error instanceof LinkExpiredError) return item;
        throw error;
      }
      done.add(`${stream} ${item.key}`);
    }
    return null;
  }
  return driver;
}

/** The records of an item, one text each. */
export async function linesOf(item: Item): Promise<string[]> {
  const text = (await collect(item.records())).toString("utf8");
  if (text !== "" && !text.endsWith("\n")) throw new Error("The last line has no line break");
  return text.split("\n").filter((line) => line !== "");
}

function credentialsOf(fake: Fake, api: "1.0" | "2.0"): Credentials {
  const { appId, appKey, accessKey, secretKey, clientId, clientSecret } = fake.credentials;
  return api === "1.0"
    ? { api, appId, appKey, accessKey, secretKey }
    : { api, clientId, clientSecret };
}
