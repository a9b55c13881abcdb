import type { AccountJob } from "../../plugin/collect/job.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import { collectSource } from "../../plugin/collect/turn.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import type { Source } from "../../plugin/sources/source.ts";
import { createFakeEffects, type FakeEffects } from "./fake_effects.ts";
import { type ScriptedPage, scriptedSource } from "./scripted.ts";
import { openScripted } from "./scripted_account.ts";

/** An account with one source, and its turns. */
export async function turnsOf(
  source: Source,
  values: Partial<AccountJob> = {},
  effects = createFakeEffects(),
) {
  const job = await openScripted(effects, { name: "acme", sources: [source], values });
  const delivery = stdoutDelivery(effects, "once");
  const [each] = job.sources;
  const take = (stop: () => Stop = () => "no") =>
    collectSource(effects, job, each!, delivery, { stop, patience: undefined });
  const collected = () => effects.logs.filter(({ message }) => message === "Source collected");
  return { effects, job, take, collected };
}

/** A feed of three streams, each with one page of one record that takes `pageMs`; `fail` may throw instead. */
export function threeStreams(
  effects: FakeEffects,
  pageMs: number,
  fail: (stream: string) => void = () => {},
) {
  const asked: string[] = [];
  const source = scriptedSource(
    (cursor, stream): ScriptedPage | undefined =>
      cursor === 0
        ? { items: [{ key: "i", records: [stream] }], coveredUntilMs: Number(`0x${stream}`) }
        : undefined,
    { name: "siem", streams: ["c", "a", "b"] },
  );
  const page: Source["page"] = (stream, ...rest) => {
    asked.push(stream);
    effects.advance(pageMs);
    fail(stream);
    return source.page(stream, ...rest);
  };
  return { asked, source: { ...source, page } };
}
