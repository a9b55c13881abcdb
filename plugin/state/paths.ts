/** Everything of one account below the state directory. Names of accounts begin with no dot. */
export function accountFolder(stateDir: string, account: string): string {
  return `${stateDir}/${account}`;
}

/** The rate budgets of all accounts. */
export function budgetFolder(stateDir: string): string {
  return `${stateDir}/.rate_limits`;
}

/** Whoever collects the account holds a lock on it. The paths from here on are in the account's folder. */
export function lockPath(folder: string): string {
  return `${folder}/lock`;
}

/** The position that is safe. */
export function checkpointPath(folder: string): string {
  return `${folder}/checkpoint`;
}

/** A copy of the checkpoint before. */
export function previousPath(folder: string): string {
  return `${folder}/checkpoint.previous`;
}

/** The position behind what was written. */
export function journalPath(folder: string): string {
  return `${folder}/journal`;
}

/** Bytes of items that could not be read. */
export function quarantineFolder(folder: string): string {
  return `${folder}/quarantine`;
}
