import { createHash } from "node:crypto";

/** One of several processes that share the accounts of one configuration. */
export interface Shard {
  /** 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** What `parseShard` takes, for messages. */
export const SHARD_FORMS =
  'must be a number and how many there are, "2/5", or a pod of a StatefulSet and how many there are, "mimecast-input-1/5"';

const MOST = 1_000;

/**
 * Reads `2/5`: the second of five. A name that ends in a hyphen and a number is a pod of a StatefulSet, whose
 * ordinals begin with 0: `mimecast-input-1/5` is the second of five too. Undefined for anything else.
 */
export function parseShard(text: string): Shard | undefined {
  const parts = /^(?:(\d{1,4})|[a-z0-9]([a-z0-9.-]*[a-z0-9.])?-(\d{1,4}))\/(\d{1,4})$/.exec(text);
  if (parts === null) return undefined;
  const [, number, , ordinal, all] = parts;
  const shard = { number: Number(number ?? Number(ordinal) + 1), of: Number(all) };
  const isRight = shard.number >= 1 && shard.number <= shard.of && shard.of <= MOST;
  return isRight ? shard : undefined;
}

/**
 * True if this shard collects the account. Rendezvous hashing (Thaler, Ravishankar 1998) gives each account to exactly one
 * shard; one shard more moves accounts to the new one only.
 */
export function isInShard(account: string, shard: Shard): boolean {
  let owner = 1;
  let highest = weight(account, 1);
  for (let number = 2; number <= shard.of; number++) {
    const each = weight(account, number);
    if (each > highest) [owner, highest] = [number, each];
  }
  return owner === shard.number;
}

/** 48 bits: whole numbers that JavaScript holds exactly. */
function weight(account: string, number: number): number {
  return createHash("sha256").update(`${number} ${account}`).digest().readUIntBE(0, 6);
}
