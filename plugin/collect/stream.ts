import type { Gap } from "../state/checkpoint.ts";
import { say } from "./health.ts";
import type { FeedProgress } from "./progress.ts";
import { type Pump, type Pumped, pumpStream } from "./pump.ts";
import { keepInQuarantine } from "./quarantine.ts";
import { NEW_SOURCE } from "./schedule.ts";
import { createSpool } from "./spool.ts";
import type { TurnTaker } from "./turn_end.ts";

/** Moves one stream on; without a position it begins at the start. */
export async function collectStream(
  taker: TurnTaker,
  stream: string,
  rules: Pick<Pump, "stop" | "patience">,
  progress: FeedProgress,
): Promise<Pumped> {
  const { effects, job, each, delivery, engine } = taker;
  const { ledger } = job;
  const { source, overlapMs } = each;
  await begin(taker, stream);
  const { failures } = ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
  const { spool, forget } = createSpool(effects, `${job.folder}/tmp`);
  const context = {
    client: failures > 0 ? (job.probe ?? job.client) : job.client,
    now: () => (job.clock ?? effects).now(),
    overlapMs,
    spool,
  };
  try {
    return await pumpStream(
      {
        source,
        context,
        ledger,
        engine,
        delivery,
        quarantineAfter: job.quarantineAfter,
        log: (level, message, fields) =>
          effects.log(level, message, { account: job.name, ...fields }),
        ...rules,
        progress,
        forgetPage: forget,
        ...gaps(taker, stream),
      },
      stream,
    );
  } finally {
    await forget();
  }
}

async function begin({ effects, job, each }: TurnTaker, stream: string): Promise<void> {
  const { ledger, clock } = job;
  if (ledger.position(stream) !== undefined) return;
  // By Mimecast's clock, where another feed knows it: else what is older than Mimecast gives would be a gap.
  const beginMs = each.startMs - Math.max(0, clock?.aheadMs() ?? 0);
  const cursor = each.source.start(stream, beginMs, (clock ?? effects).now());
  await ledger.begin(stream, { cursor, done: [], taken: null });
}

/** What the program does with data that it cannot collect. */
function gaps(taker: TurnTaker, stream: string): Pick<Pump, "giveUp" | "gap"> {
  const { effects, job, each } = taker;
  const { ledger, folder } = job;
  const { replay } = each.source;
  const cursorNow = () => ledger.position(stream)?.cursor ?? null;
  return {
    async giveUp(_stream, item, cause) {
      const cursor = cursorNow();
      const file = await keepInQuarantine(effects, folder, { stream, cursor }, item);
      const gap: Gap = {
        stream,
        item: item.key,
        atMs: effects.now(),
        reason: cause.message,
        cursor: replay?.again(cursor) ?? cursor,
        file,
      };
      await tellGap(taker, gap);
      return gap;
    },
    async gap(_stream, reason) {
      const atMs = effects.now();
      const gap = { stream, item: "", atMs, reason, cursor: cursorNow(), file: null };
      if (ledger.addGap(gap)) await tellGap(taker, gap);
    },
  };
}

async function tellGap({ effects, job, each, delivery, speaker }: TurnTaker, gap: Gap) {
  const { stream, item, reason, file } = gap;
  const fields = { account: job.name, stream, item, reason, file };
  effects.log("error", "Data could not be collected, the gap is recorded", fields);
  const what = item === "" ? "" : `, ${JSON.stringify(item)}`;
  const message = `Gap in ${stream}${what}: ${reason}`;
  const endpoint = each.source.name;
  await say(effects, speaker, delivery, { status: "error", endpoint, message });
}
