import fc from "fast-check";
import { isKnownError } from "../../plugin/errors.ts";
import type { ModelClient, ModelServer } from "./model_client.ts";

/** A model of a feed with tokens that die. */
export interface TokenServer extends ModelServer {
  epoch: number;
  deadTokens: "refused" | "empty";
  status: number;
  hasCaughtUp: boolean;
  pageSize: number;
}

/** One run; the code of its error, or null. Throws an error that the program does not know. */
export async function runOf(client: ModelClient): Promise<string | null> {
  try {
    await client.poll();
    return null;
  } catch (error) {
    if (!isKnownError(error)) throw error;
    return error.code;
  }
}

/** What may happen to a feed with tokens between two runs, or in one; the clock is wrong by so many hours at most. */
export function recoverySteps(mostHours: number) {
  const pages = { after: fc.integer({ min: 1, max: 4 }) };
  return [
    fc.record({
      kind: fc.constant("tokens" as const),
      dead: fc.constantFrom("refused" as const, "empty" as const),
      status: fc.constantFrom(400, 404, 414, 500),
    }),
    fc.record({ kind: fc.constant("kill" as const), ...pages }),
    fc.record({ kind: fc.constant("tokens during a run" as const), ...pages }),
    fc.record({
      kind: fc.constant("clock" as const),
      aheadHours: fc.integer({ min: -mostHours, max: mostHours }),
    }),
  ] as const;
}

/** One of `recoverySteps`. */
export type RecoveryStep =
  ReturnType<typeof recoverySteps>[number] extends fc.Arbitrary<infer T> ? T : never;

/** Makes it happen. */
export function playRecovery(server: TokenServer, client: ModelClient, what: RecoveryStep): void {
  switch (what.kind) {
    case "tokens":
      server.deadTokens = what.dead;
      server.status = what.status;
      server.epoch++;
      return;
    case "kill":
    case "tokens during a run": {
      let pages = 0;
      client.kill = () => {
        const isNow = ++pages === what.after;
        if (isNow && what.kind !== "kill") server.epoch++;
        return isNow && what.kind === "kill";
      };
      return;
    }
    case "clock":
      client.aheadMs = what.aheadHours * 3_600_000;
  }
}

/**
 * Plays the steps with so many minutes after each, then four quiet runs. `begin` makes the world, `play` a step; returns
 * it to be looked at.
 */
export async function playAll<Step, Server extends TokenServer>(
  world: { readonly server: Server; readonly client: ModelClient },
  steps: readonly (readonly [Step, number])[],
  play: (server: Server, client: ModelClient, what: Step) => void,
): Promise<void> {
  const { server, client } = world;
  for (const [what, minutes] of steps) {
    play(server, client, what);
    await runOf(client);
    client.kill = () => false;
    server.nowMs += minutes * 60_000;
  }
  for (let poll = 0; poll < 4; poll++) {
    server.nowMs += 61 * 60_000;
    await runOf(client);
  }
}
