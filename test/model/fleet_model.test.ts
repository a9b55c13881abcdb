import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../support/amount.ts";
import { type FleetAction, fleetWorld } from "./fleet_world.ts";

/**
 * The members of a fleet as they are, over a store in memory whose time, links and clocks the test moves. Lines are numbers;
 * a position says that all before it were delivered.
 */
const who = fc.nat(2);
const what = fc.nat(3);
const quiet: readonly fc.Arbitrary<FleetAction>[] = [
  fc.record({ do: fc.constant("look" as const), who }),
  fc.record({ do: fc.constant("look" as const), who }),
  fc.record({ do: fc.constant("deliver" as const), who, what }),
  fc.record({ do: fc.constant("deliver" as const), who, what }),
  fc.record({ do: fc.constant("save" as const), who, what }),
  fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 100, max: 3_000 }) }),
];
const rough: readonly fc.Arbitrary<FleetAction>[] = [
  // A worker that nobody asks to look meanwhile is one that is stopped.
  fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 3_000, max: 40_000 }) }),
  fc.record({
    do: fc.constant("link" as const),
    who,
    link: fc.constantFrom(
      "up" as const,
      "up" as const,
      "cut" as const,
      "deaf" as const,
      "held" as const,
    ),
  }),
  fc.record({
    do: fc.constant("clock" as const),
    who,
    ms: fc.oneof(fc.integer({ min: -60_000, max: 60_000 }), fc.integer({ min: -1e10, max: 1e10 })),
  }),
  fc.record({ do: fc.constantFrom("kill" as const, "drain" as const, "lose" as const), who }),
];

const sequence = (actions: readonly fc.Arbitrary<FleetAction>[]) =>
  fc.array(fc.oneof(...quiet, ...actions), { maxLength: 120, size: "max" });

describe("a fleet", () => {
  it("loses no line, and gives out none while another worker can own the account, whatever fails", async () => {
    let [saved, moved] = [0, 0];
    await fc.assert(
      fc.asyncProperty(sequence(rough), async (actions) => {
        const world = fleetWorld();
        await world.begin();
        for (const action of actions) await world.act(action);
        expect(world.unsure()).toBe(0);
        expect(await world.lost()).toEqual([]);
        saved += world.saved();
        moved += world.moved();
      }),
      { numRuns: runs(400) },
    );
    // Else nothing was tried.
    expect(saved).toBeGreaterThan(50);
    expect(moved).toBeGreaterThan(10);
  });

  it("goes on with every account once everything works again, in even shares", async () => {
    await fc.assert(
      fc.asyncProperty(sequence(rough), async (actions) => {
        const world = fleetWorld();
        await world.begin();
        for (const action of actions) await world.act(action);
        expect(await world.recover()).toEqual([]);
        expect(world.loads().toSorted()).toEqual([1, 1, 2]);
        expect(await world.lost()).toEqual([]);
        expect(world.unsure()).toBe(0);
      }),
      { numRuns: runs(200) },
    );
  });

  it("refuses the write that arrives long after its owner has lost the account", async () => {
    const world = fleetWorld();
    await world.begin();
    const all = async (action: Omit<FleetAction, "who"> & object) => {
      for (let each = 0; each < 3; each++) await world.act({ ...action, who: each } as FleetAction);
    };
    await all({ do: "deliver", what: 0 } as FleetAction);
    await all({ do: "link", link: "held" } as FleetAction);
    await all({ do: "save", what: 0 } as FleetAction);
    await world.act({ do: "time", ms: 20_000 });
    expect(world.loads()).toEqual(expect.arrayContaining([1, 1]));
    await all({ do: "link", link: "up" } as FleetAction);
    for (let second = 0; second < 3; second++) {
      await all({ do: "look" });
      await world.act({ do: "time", ms: 1_000 });
    }
    expect(await world.lost()).toEqual([]);
    expect(await world.safe("acme")).toBe(0);
  });
});
