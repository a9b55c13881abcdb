import type { AccountConfig, Config } from "../config.ts";
import { accountNamed } from "./account_named.ts";

/** The accounts that `--account` names, else all that are enabled. Throws a `ConfigError` for a name that is not there. */
export function chosenAccounts(
  config: Pick<Config, "accounts">,
  names: readonly string[],
  verb: string,
): readonly AccountConfig[] {
  if (names.length === 0) return config.accounts.filter((account) => account.enabled);
  return names.map((name) => accountNamed(config, name, verb));
}
