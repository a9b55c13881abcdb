import type { Config } from "../../config/config.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { peekDelivery } from "../../deliver/peek.ts";
import type { Effects } from "../../effects.ts";
import { EXIT } from "../../errors.ts";
import { look } from "../looking_world.ts";
import type { PollOptions, PollWorld } from "../poll_world.ts";
import { collect } from "./poll.ts";

/** Shows the first lines that the next poll would write; leaves no trace. Returns the exit code. */
export async function peek(
  config: Config,
  options: PollOptions & { readonly lines: number },
  world: PollWorld,
): Promise<number> {
  const { effects } = world;
  const enough = new AbortController();
  let shown = 0;
  const wrap = (delivery: Delivery): Delivery => {
    const most = peekDelivery(delivery, options.lines, () => enough.abort(new Error("enough")));
    return {
      ...most,
      async write(lines) {
        await most.write(lines);
        shown += lines.length;
      },
    };
  };
  const log: Effects["log"] = (level, ...rest) => {
    if (level === "warn" || level === "error") effects.log(level, ...rest);
  };
  const quiet: PollWorld = {
    ...world,
    effects: { ...effects, log },
    signal: AbortSignal.any([world.signal, enough.signal]),
    statusLine: null,
  };
  const code = await look(quiet, config, (looking) =>
    collect({ ...config, target: null, maxEventsPerSecond: null }, options, looking.world, {
      pids: [],
      looking: { folder: looking.folder, notice: null, wrap },
    }),
  );
  if (enough.signal.aborted || code === EXIT.shipper_gone) return EXIT.ok;
  if (shown === 0 && code === EXIT.ok) {
    effects.log("info", "Mimecast has nothing new: the next poll would write no line", {
      hint: "replay --from shows what was collected before",
    });
  }
  return code;
}
