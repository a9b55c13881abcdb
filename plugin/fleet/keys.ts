/**
 * The keys of a fleet in etcd. `owners` and `workers` are bound to their worker's lease and small: every worker reads all of
 * them each second. Everything else stays until somebody removes it.
 */
export interface FleetKeys {
  /** The owner of an account; its create_revision is the fencing token. */
  owner(account: string): string;
  readonly owners: string;
  worker(name: string): string;
  readonly workers: string;
  /** The accounts that a worker has in its configuration. */
  list(worker: string): string;
  /** The worker that an account is pinned to. */
  move(account: string): string;
  readonly moves: string;
  /** There while a worker is to have no account. */
  drain(worker: string): string;
  readonly drains: string;
  checkpoint(account: string): string;
  token(account: string): string;
  /** `name`: the credential's hash. */
  budget(name: string): string;
}

/** The keys below a prefix. */
export function fleetKeys(prefix: string): FleetKeys {
  const at = (folder: string) => (name: string) => `${prefix}/${folder}/${name}`;
  return {
    owner: at("owners"),
    owners: `${prefix}/owners/`,
    worker: at("workers"),
    workers: `${prefix}/workers/`,
    list: at("lists"),
    move: at("moves"),
    moves: `${prefix}/moves/`,
    drain: at("drains"),
    drains: `${prefix}/drains/`,
    checkpoint: (account) => `${prefix}/accounts/${account}/checkpoint`,
    token: (account) => `${prefix}/accounts/${account}/token`,
    budget: at("budgets"),
  };
}
