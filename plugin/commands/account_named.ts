import type { AccountConfig, Config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { nearestName } from "../nearest_name.ts";

/** The account that the command line names; `action` says what for. A `ConfigError` names the nearest one. */
export function accountNamed(
  config: Pick<Config, "accounts">,
  name: string,
  action: string,
): AccountConfig {
  const found = config.accounts.find((account) => account.name === name);
  if (found !== undefined) return found;
  const known = config.accounts.map((account) => account.name);
  const near = nearestName(name, known);
  throw new ConfigError(
    `Cannot ${action} account "${name}": the configuration has no such account`,
    {
      code: "unknown_account",
      hint: near === undefined ? `Known accounts: ${known.join(", ")}` : `Did you mean "${near}"?`,
    },
  );
}
