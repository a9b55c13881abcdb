import { InvalidArgumentError } from "commander";
import { parseShard, SHARD_FORMS, type Shard } from "../config/shard.ts";

/** The value of `--shard`, read for commander. */
export function shardArgument(text: string): Shard {
  const read = parseShard(text);
  if (read === undefined) throw new InvalidArgumentError(`It ${SHARD_FORMS}.`);
  return read;
}
