import { type Budgets, keptBudgets } from "../../client/budget/shared_budget.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { type TenuredOutput, tenuredOutput } from "../../deliver/tenured.ts";
import type { KnownError } from "../../errors.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import type { CheckpointStore } from "../../state/checkpoint_file.ts";
import type { Looking } from "../looking_world.ts";
import type { PollOptions, PollWorld } from "../poll_world.ts";

/** What a run has of its fleet. */
export interface FleetPart {
  /** Those that this run collects, or in `--follow` may have to. */
  readonly accounts: readonly AccountConfig[];
  /** Null: this process has its accounts to itself. */
  readonly fleet: Fleet | null;
  /** Absent: the files of the state directory. */
  readonly budgets?: Budgets;
  readonly output?: TenuredOutput;
  /** Absent: as the fleet or the state directory has it. */
  store?(account: string): CheckpointStore;
  /** `drain`: the process was asked to stop, so the others are to take over. */
  close(drain: boolean): Promise<void>;
}

/** So long `--once` waits for etcd: the shipper starts it again. */
const ONCE_PATIENCE_MS = 10_000;

/** Opens the fleet that the configuration names, if it does; a run that leaves no trace only reads its store. */
export async function openFleetPart(
  config: Config,
  run: {
    readonly mode: PollOptions["mode"];
    readonly chosen: readonly AccountConfig[];
    readonly looking: Looking | null;
    readonly delivery: Delivery;
    /** Tells QRadar why an account waits. */
    say(account: AccountConfig, trouble: KnownError): Promise<void>;
  },
  world: PollWorld,
): Promise<FleetPart> {
  const { state } = config;
  const { chosen, looking, mode } = run;
  if (state === null) return { accounts: chosen, fleet: null, close: async () => {} };
  const { openFleet, openReadOnly } = await import("../../fleet/open_fleet.ts");
  if (looking !== null) {
    const { store, budgets } = await openReadOnly(state, world);
    return {
      accounts: chosen,
      fleet: null,
      store,
      budgets: keptBudgets(world.effects, budgets),
      close: async () => {},
    };
  }
  const names = chosen.map(({ name }) => name);
  const say = async (name: string, trouble: KnownError): Promise<void> => {
    const account = chosen.find((each) => each.name === name);
    if (account !== undefined) await run.say(account, trouble);
  };
  const fleet = await openFleet(config, state, { mode, accounts: names }, { ...world, say });
  try {
    const mine = mode === "follow" ? null : new Set(await fleet.share(ONCE_PATIENCE_MS));
    return {
      accounts: mine === null ? chosen : chosen.filter(({ name }) => mine.has(name)),
      fleet,
      budgets: keptBudgets(world.effects, fleet.budgets),
      output: tenuredOutput(run.delivery),
      close: (drain) => fleet.close(drain),
    };
  } catch (error) {
    await fleet.close(false);
    throw error;
  }
}
