import { seeded } from "./blows.ts";

/** What is done to a fleet. */
export const FLEET_BLOWS = [
  /** SIGKILL of the program; its shipper starts it again. */
  "kill worker",
  /** SIGKILL of the shipper, started again at once. */
  "kill shipper",
  /** SIGKILL of both; the machine comes back after the lease is over. */
  "lose machine",
  /** SIGSTOP of the program until after the lease is over. */
  "stop worker",
  /** Nothing of a worker reaches etcd until after the lease is over. */
  "cut worker off",
  /** What a worker asks is done by etcd, and no answer comes back, until after the lease is over. */
  "cut answers",
  /** Each machine in turn, in order. */
  "rolling restart",
  "kill etcd member",
  "kill etcd leader",
  /** SIGSTOP: it still believes to lead when it goes on. */
  "stop etcd leader",
  /** Two of three members killed. */
  "etcd without quorum",
  "etcd full",
] as const;

/** One of them. */
export type FleetBlow = (typeof FLEET_BLOWS)[number];

/** One blow. */
export interface PlannedFleetBlow {
  readonly blow: FleetBlow;
  /** The machine that it meets. */
  readonly victim: number;
  /** Pause before it. */
  readonly afterMs: number;
  /** The next one falls before the fleet has recovered. */
  readonly isHasty: boolean;
}

/** The same seed plans the same blows: each kind as often as the others, in a random order. */
export function fleetPlan(
  count: number,
  seed: number,
  machines: number,
  only: readonly string[],
): PlannedFleetBlow[] {
  const random = seeded(seed);
  const kinds = FLEET_BLOWS.filter((blow) => only.length === 0 || only.includes(blow));
  if (kinds.length === 0) throw new Error(`Blows must be among ${FLEET_BLOWS.join(", ")}`);
  const blows = Array.from({ length: count }, (_, index) => ({
    blow: kinds[index % kinds.length] as FleetBlow,
    victim: Math.floor(random() * machines),
    afterMs: Math.round(random() * 1_500),
    isHasty: random() < 0.2,
    order: random(),
  }));
  return blows.sort((a, b) => a.order - b.order).map(({ order: _order, ...blow }) => blow);
}
