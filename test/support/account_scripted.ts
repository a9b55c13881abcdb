import { collectAccount } from "../../plugin/collect/account.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import { createSlots } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ApiError } from "../../plugin/errors.ts";
import type { FakeEffects } from "./fake_effects.ts";
import { createFakeEffects } from "./fake_effects.ts";
import { scriptedSource } from "./scripted.ts";
import type { ScriptedAccount } from "./scripted_account.ts";
import { openScripted } from "./scripted_account.ts";

/** In milliseconds. */
export const MINUTE = 60_000;
/** A source of one page. */
export const onePage = (name: string, records: readonly string[] = [`${name}-1`]) =>
  scriptedSource((cursor) => (cursor === 0 ? { items: [{ key: "item", records }] } : undefined), {
    name,
    streams: [name],
  });
/** A source that fails whatever it is asked. */
export const failingSource = (name: string, error: Error) =>
  scriptedSource(
    () => {
      throw error;
    },
    { name, streams: [name] },
  );
/** An answer that may be better next time. */
export const badGateway = () =>
  new ApiError("Cannot list: HTTP 502", { code: "http_502", status: 502, retryable: true });

/** An account with these sources, ready to be collected. */
export async function opened(
  sources: ScriptedAccount["sources"],
  values: Partial<ScriptedAccount> = {},
  effects: FakeEffects = createFakeEffects(),
) {
  const job = await openScripted(effects, { name: "acme", sources, ...values });
  const delivery = stdoutDelivery(effects, "once");
  const go = (stop: () => Stop = () => "no") => {
    const round = { stop, abort: () => {}, newSlot: createSlots(1) };
    return collectAccount(effects, job, delivery, round);
  };
  return { effects, job, go };
}

/** The records on stdout. */
export const dataLines = (effects: FakeEffects) =>
  effects
    .output()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("{"));
/** The health lines on stdout, read. */
export const healthLines = (effects: FakeEffects) =>
  effects
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
/** What the checkpoint knows of a source. */
export const state = (job: Awaited<ReturnType<typeof openScripted>>, source: string) =>
  job.ledger.checkpoint().sources[source];
