import type { AccountConfig, Config } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import { nearestName } from "../text/nearest_name.ts";

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

/** The account that the command line names, or the only one there is. A `ConfigError` where there are several. */
export function onlyAccount(
  config: Pick<Config, "accounts">,
  name: string | undefined,
  action: string,
): AccountConfig {
  if (name !== undefined) return accountNamed(config, name, action);
  const [account, ...others] = config.accounts;
  if (account !== undefined && others.length === 0) return account;
  const known = config.accounts.map((each) => each.name).join(", ");
  throw new ConfigError(`Cannot ${action}: the configuration has several accounts`, {
    code: "several_accounts",
    hint: `Name one with --account: ${known}`,
  });
}
