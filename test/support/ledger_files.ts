import type { Checkpoint } from "../../plugin/state/checkpoint.ts";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { parseJournal } from "../../plugin/state/journal.ts";
import type { Ledger, LedgerOptions } from "../../plugin/state/ledger.ts";
import { openLedger } from "../../plugin/state/ledger.ts";
import { at, shipper } from "./delivery_values.ts";
import type { FakeEffects } from "./fake_effects.ts";
import { createFakeEffects } from "./fake_effects.ts";

/** The account's folder. */
export const FOLDER = "/state/acme";
/** The shipper of the first run. */
export const SAME = shipper(812);
/** The one after its restart. */
export const OTHER = shipper(913);

/** The files as they are: what a kill at this moment would leave. */
export function onDisk(effects: FakeEffects) {
  const bytes = effects.disk.get(`${FOLDER}/checkpoint`);
  const checkpoint: Checkpoint | null = bytes === undefined ? null : parseCheckpoint(bytes, "");
  const journal = parseJournal(effects.disk.get(`${FOLDER}/journal`) ?? null);
  return { checkpoint, journal, staged: checkpoint?.runs.at(-1)?.staged };
}

/** Opens the account's ledger on the files of `effects`. */
export function open(effects: FakeEffects, values: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger(effects, {
    folder: FOLDER,
    account: "acme",
    api: "2.0",
    shipper: SAME,
    trustDrained: false,
    safety: "next_start",
    lagBytes: 1000,
    settleMs: 30_000,
    ...values,
  });
}

/** A ledger whose stream "audit" has begun at page 0. */
export async function begun(values: Partial<LedgerOptions> = {}) {
  const effects = createFakeEffects();
  const ledger = await open(effects, values);
  await ledger.begin("audit", at(0));
  return { effects, ledger };
}

/** The first records of an item, accepted. */
export const taken = (records: number) => ({ key: "item", records, digest: "0".repeat(32) });
