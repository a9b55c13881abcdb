import type { Run } from "../../plugin/state/checkpoint.ts";
import type { JournalEntry } from "../../plugin/state/handover.ts";
import { resume } from "../../plugin/state/handover.ts";
import { at, checkpointOf, shipper } from "./delivery_values.ts";

/** `handover: drained`. */
export const TRUST = true;
/** The shipper of the last run. */
export const SAME = shipper(812);
/** Another process. */
export const OTHER = shipper(913);
/** What was safe before the last run. */
export const COMMITTED = { audit: at(1), siem: at(10) };

/** `resume` after these runs: a function of who starts us. */
export function afterRuns(runs: readonly Run[], journal: JournalEntry | null = null) {
  const checkpoint = checkpointOf({ committed: COMMITTED, runs });
  return (by = SAME, trustDrained = false, overlapped = false) =>
    resume(checkpoint, journal, by, { trustDrained, overlapped });
}

/** An entry of run "r1" after the last save. */
export function journalOf(values: Partial<JournalEntry> = {}): JournalEntry {
  return { run: "r1", sequence: 7, stream: "audit", position: at(3), ...values };
}
