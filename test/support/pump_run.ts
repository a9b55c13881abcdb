import type { MimecastClient } from "../../plugin/client/client.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import type { Pump } from "../../plugin/collect/pump.ts";
import { pumpStream } from "../../plugin/collect/pump.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { DecodeError, LinkExpiredError } from "../../plugin/errors.ts";
import type { SourceContext } from "../../plugin/sources/source.ts";
import type { LedgerOptions } from "../../plugin/state/ledger.ts";
import { openLedger } from "../../plugin/state/ledger.ts";
import { at, shipper } from "./delivery_values.ts";
import type { FakeEffects, FakeOptions } from "./fake_effects.ts";
import { createFakeEffects } from "./fake_effects.ts";
import type { ScriptedItem, ScriptedPage } from "./scripted.ts";
import { scriptedEngine, scriptedSource } from "./scripted.ts";

/** An item that can't be read. */
export const damaged = () =>
  new DecodeError("Cannot read item: damaged gzip", { code: "gzip_damaged" });
/** A link that Mimecast no longer serves. */
export const expired = () => new LinkExpiredError("Cannot download: 403", { code: "link_expired" });

/** Everything of one run of one stream, on files that a next run may find. */
export async function runOn(
  effects: FakeEffects,
  pages: Readonly<Record<number, ScriptedPage>>,
  values: Partial<Pump> & { ledger?: never; options?: Partial<LedgerOptions> } = {},
) {
  const ledger = await openLedger(effects, {
    folder: "/state/acme",
    account: "acme",
    api: "2.0",
    shipper: shipper(812),
    trustDrained: false,
    safety: "next_start",
    lagBytes: 1000,
    settleMs: 30_000,
    ...values.options,
  });
  if (ledger.position("audit") === undefined) await ledger.begin("audit", at(0));
  const source = scriptedSource((cursor) => pages[cursor]);
  const engine = scriptedEngine();
  const given: string[] = [];
  const gaps: string[] = [];
  const forgotten = { count: 0 };
  const counted = { records: 0, filtered: 0 };
  const context: SourceContext = {
    client: {} as MimecastClient,
    now: () => effects.now(),
    overlapMs: 0,
    spool: async () => ({ path: "", size: 0 }),
  };
  const pump: Pump = {
    source,
    context,
    ledger,
    engine,
    delivery: stdoutDelivery(effects, "once"),
    log: effects.log,
    quarantineAfter: 3,
    stop: () => "no",
    progress: {
      took(records, filtered) {
        counted.records += records - filtered;
        counted.filtered += filtered;
      },
      page() {},
    },
    forgetPage: async () => {
      forgotten.count++;
    },
    giveUp: async (stream, item, cause) => {
      given.push(`${item.key}: ${cause.message}`);
      const reason = cause.message;
      return { stream, item: item.key, atMs: effects.now(), reason, cursor: null, file: null };
    },
    gap: async (_stream, reason) => {
      gaps.push(reason);
    },
    ...values,
  };
  const go = async () => ({ ...(await pumpStream(pump, "audit")), ...counted });
  return { ledger, source, engine, given, gaps, forgotten, go };
}

/** An item of `count` records: a1, a2, a3 … */
export const item = (
  key: string,
  count: number,
  values: Partial<ScriptedItem> = {},
): ScriptedItem => ({
  key,
  records: Array.from({ length: count }, (_, index) => `${key}${index + 1}`),
  ...values,
});
/** Pages by their number. */
export const pagesOf = (...pages: ScriptedPage[]) => Object.fromEntries(pages.entries());
/** The lines on stdout. */
export const lines = (effects: FakeEffects) => effects.output().split("\n").slice(0, -1);
/** Fake effects; the name is short for many calls. */
export const fake = (options: FakeOptions = {}) => createFakeEffects(options);

/** Fails `times` times, then no more. */
export function failing(times: number, after: number, error: () => Error) {
  let left = times;
  return () => (left-- > 0 ? { after, error: error() } : null);
}

/** Stops at the n-th question. */
export function stopAt(question: number, how: Stop): () => Stop {
  let asked = 0;
  return () => (++asked >= question ? how : "no");
}

/** Fails at every reading, after so many records. */
export function always(after: number): () => { after: number; error: Error } {
  return () => ({ after, error: damaged() });
}
