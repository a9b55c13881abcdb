import type { Console } from "../qradar_console.ts";
import { isRecord } from "../qradar_refusal.ts";
import { type Patience, taskError, until } from "./task.ts";

const PATH = "/staged_config/deploy_status";
const FAILED = new Set(["ERROR", "TIMED_OUT"]);

interface DeployState {
  readonly status?: string;
  readonly has_errors?: boolean;
  readonly error_message?: string | null;
  readonly hosts?: readonly { readonly ip?: string; readonly status?: string }[] | null;
}

/** Deploys what has changed, and follows it to its end. Somebody else's deployment that is under way is waited for first. */
export async function deploy(console: Console, patience: Patience): Promise<void> {
  await ended(console, patience);
  const body = { type: "INCREMENTAL" };
  // 409: another one has just begun, or there is nothing left to deploy.
  await console.call({ method: "POST", path: PATH, body, alsoTake: [409] });
  const state = await ended(console, patience);
  const hosts = Array.isArray(state.hosts) ? state.hosts.filter(isRecord) : [];
  const failed = hosts.filter(({ status }) => FAILED.has(String(status)));
  if (state.has_errors !== true && failed.length === 0) return;
  const where = failed.map(({ ip, status }) => `${ip} ${status}`).join(", ");
  throw taskError(
    `deploying failed: ${JSON.stringify(where || String(state.error_message ?? "").slice(0, 300))}`,
    "What was changed is there: Admin > Deploy Changes on the console",
  );
}

function ended(console: Console, patience: Patience): Promise<DeployState> {
  const ask = async (): Promise<DeployState | null> => {
    const { value } = await console.call({ method: "GET", path: PATH, alsoTake: [404] });
    const state = (value ?? {}) as DeployState;
    const isRunning =
      state.status === "INITIALIZING" || state.status === "IN_PROGRESS" || state.status === "START";
    return isRunning ? null : state;
  };
  return until(ask, "a deployment", patience);
}
