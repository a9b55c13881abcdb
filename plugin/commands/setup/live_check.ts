import type { Credentials } from "../../client/client.ts";
import { createClient } from "../../client/mimecast_client.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { EXIT } from "../../errors.ts";
import { AskingLeftError } from "../../host/asker.ts";
import { sourceNamed } from "../../sources/registry.ts";
import { probeFeed } from "../check/feeds.ts";
import { type CheckResult, reporter } from "../check/result.ts";

/** Somebody waits: one more try, soon. */
const IMPATIENT = { maxAttempts: 2, baseDelayMs: 500, maxDelayMs: 2_000, maxTotalMs: 5_000 };

/** What the check is made with. */
export interface LiveCheck {
  readonly config: Pick<Config, "network">;
  readonly account: AccountConfig;
  readonly credentials: Credentials;
  readonly effects: Effects;
  /** Of the program, for the User-Agent. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Asks once for each feed of an account whose keys are not in any file yet. Keeps and moves nothing. */
export async function liveCheck(
  given: LiveCheck,
  show: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  const { config, account, credentials, effects, version, signal } = given;
  // What goes wrong is in the results: log lines would run through the questions.
  const quiet: Effects = { ...effects, log: () => {} };
  const client = createClient(account, credentials, quiet, {
    timeoutMs: Math.min(config.network.timeoutMs, 30_000),
    retry: IMPATIENT,
    userAgent: `mimecast-input/${version}`,
    signal,
  });
  const report = reporter(account.name);
  const results: CheckResult[] = [];
  for (const { name } of account.sources) {
    const source = sourceNamed(account.api, name);
    const { result, refused } = await probeFeed(report, source, client, () => effects.now()).catch(
      (error) => {
        throw signal.aborted ? new AskingLeftError("The check was interrupted") : error;
      },
    );
    if (signal.aborted) throw new AskingLeftError("The check was interrupted");
    results.push(result);
    show(result);
    // The other feeds would fail for the same reason.
    if (refused || (result.outcome === "fail" && result.exit === EXIT.temporary)) break;
  }
  return results;
}
