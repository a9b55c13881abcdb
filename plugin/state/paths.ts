/** Everything of one account below the state directory. Names of accounts begin with no dot. */
export function accountFolder(stateDir: string, account: string): string {
  return `${stateDir}/${account}`;
}

/** The rate budgets of all accounts. */
export function budgetFolder(stateDir: string): string {
  return `${stateDir}/.rate_limits`;
}

/** What this machine knows of itself as a member of a fleet. */
export function fleetFolder(stateDir: string): string {
  return `${stateDir}/.fleet`;
}

/** The process that collects the account holds a lock on it. The paths below are in the account's folder. */
export function lockPath(folder: string): string {
  return `${folder}/lock`;
}

/** The file with the positions that are safe. */
export function checkpointPath(folder: string): string {
  return `${folder}/checkpoint`;
}

/** A copy of the previous checkpoint. */
export function previousPath(folder: string): string {
  return `${folder}/checkpoint.previous`;
}

/** The file with the position up to which the run has written. */
export function journalPath(folder: string): string {
  return `${folder}/journal`;
}

/** The folder with the bytes of items that the program could not read. */
export function quarantineFolder(folder: string): string {
  return `${folder}/quarantine`;
}

/** Lines that another command hands in for the next run to deliver: `qradar verify` does. */
export function handedInPath(folder: string): string {
  return `${folder}/handed_in`;
}

/** The folder of `reconcile`: its lock and its temporary files. */
export function reconcileFolder(folder: string): string {
  return `${folder}/reconcile`;
}
