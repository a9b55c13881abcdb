import type { AccountConfig, Config } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import { accountNamed } from "./account_named.ts";

/**
 * The accounts that `--account` names, else all that are enabled. Throws a `ConfigError` for a name that is not there.
 */
export function chosenAccounts(
  config: Pick<Config, "accounts">,
  names: readonly string[],
  verb: string,
): readonly AccountConfig[] {
  if (names.length === 0) return config.accounts.filter((account) => account.enabled);
  return [...new Set(names)].map((name) => accountNamed(config, name, verb));
}

/** As `chosenAccounts`, and a `ConfigError` where none is left: nothing would be collected, and nobody would notice. */
export function someAccounts(
  config: Pick<Config, "accounts">,
  names: readonly string[],
  verb: string,
): readonly AccountConfig[] {
  const chosen = chosenAccounts(config, names, verb);
  if (chosen.length > 0) return chosen;
  throw new ConfigError(`Cannot ${verb}: every account has enabled: false`, {
    code: "no_account",
    hint: "Enable one, name one with --account, or remove the input from the shipper",
  });
}
