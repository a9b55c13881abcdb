import { gunzipSync, gzipSync } from "node:zlib";
import type { TokenKeep } from "../client/auth/token_source.ts";
import { StateError } from "../errors.ts";
import { type Checkpoint, emptyCheckpoint, serializeCheckpoint } from "../state/checkpoint.ts";
import { type CheckpointStore, readCheckpoint } from "../state/checkpoint_file.ts";
import type { Compare, Etcd, KeyValue } from "./etcd.ts";
import { isEtcdCode } from "./etcd_error.ts";
import type { FleetKeys } from "./keys.ts";
import { lost } from "./tenure.ts";

/** The largest checkpoint that is kept, as it is stored. etcd itself takes 1.5 MiB (--max-request-bytes). */
export const MOST_BYTES = 1_048_576;
/** What a stored checkpoint may unpack to. */
const MOST_UNPACKED = 64 * MOST_BYTES;

/** What a write needs of its owner: nothing for one who only reads. */
export interface Writing {
  readonly fence: Compare;
  /** Rejects once the owner is to give up: a write that is uncertain is tried until then. */
  pause(): Promise<void>;
}

/**
 * The checkpoint of one account in etcd. A write is one transaction: if the owner is still ours and the checkpoint the one that
 * was last read or written, then put. Without `writing` it refuses to write.
 */
export function etcdStore(
  etcd: Pick<Etcd, "txn">,
  keys: FleetKeys,
  name: string,
  writing: Writing | null,
): CheckpointStore {
  const key = keys.checkpoint(name);
  let revision = "0";
  return {
    async read(account, api) {
      const { found } = await etcd.txn([], [{ get: key }]);
      const stored = found[0]?.[0];
      if (stored === undefined) {
        revision = "0";
        return emptyCheckpoint(account, api);
      }
      const checkpoint = readCheckpoint(unpacked(stored, key), `etcd:${key}`, account, api);
      revision = stored.modRevision;
      return checkpoint;
    },
    async write(checkpoint) {
      if (writing === null) throw new Error("A checkpoint is written by its owner only");
      const value = gzipSync(serializeCheckpoint(checkpoint), { level: 1 });
      if (value.length > MOST_BYTES) throw tooLarge(checkpoint, value.length);
      revision = await fencedPut(etcd, name, { key, value, revision }, writing);
    },
  };
}

/** The access token of an account, sealed as it is on a disk (token_seal.ts), for the next owner. */
export function etcdToken(
  etcd: Pick<Etcd, "txn">,
  keys: FleetKeys,
  account: string,
  fence: Compare,
): TokenKeep {
  const key = keys.token(account);
  return {
    name: `etcd:${key}`,
    async read() {
      return (await etcd.txn([], [{ get: key }])).found[0]?.[0]?.value ?? null;
    },
    async write(value) {
      await etcd.txn([fence], [{ put: key, value }]);
    },
  };
}

/**
 * Writes, and gives the new revision. The answer of a try may be lost although etcd carried it out, so a refusal is
 * looked at: what is stored may be what was to be written.
 */
async function fencedPut(
  etcd: Pick<Etcd, "txn">,
  account: string,
  {
    key,
    value,
    revision,
  }: { readonly key: string; readonly value: Uint8Array; readonly revision: string },
  { fence, pause }: Writing,
): Promise<string> {
  const ifs: readonly Compare[] = [fence, { key, target: "mod", revision }];
  for (;;) {
    try {
      const outcome = await etcd.txn(
        ifs,
        [{ put: key, value }],
        [{ get: fence.key }, { get: key }],
      );
      if (outcome.succeeded) return outcome.revision;
      const [owner, stored] = outcome.found.map(([first]) => first);
      const isOwner = owner?.createRevision === fence.revision;
      if (isOwner && stored !== undefined && Buffer.compare(stored.value, value) === 0) {
        return stored.modRevision;
      }
      throw lost(
        account,
        isOwner ? "its checkpoint was written by another process" : "another worker owns it",
      );
    } catch (error) {
      if (!isEtcdCode(error, "etcd_unavailable")) throw error;
      await pause().catch(() => {
        throw error;
      });
    }
  }
}

function unpacked({ value }: KeyValue, key: string): Uint8Array {
  try {
    return gunzipSync(value, { maxOutputLength: MOST_UNPACKED });
  } catch (cause) {
    throw new StateError(
      `Cannot read checkpoint "etcd:${key}": it is not what this program writes`,
      {
        code: "checkpoint_broken",
        cause,
        hint: "Delete the key to collect again from poll.start",
      },
    );
  }
}

function tooLarge({ account }: Checkpoint, bytes: number): StateError {
  return new StateError(
    `Cannot save the position of "${account}": its checkpoint must have at most ${MOST_BYTES} bytes: it has ${bytes}`,
    {
      code: "checkpoint_too_large",
      hint: "Shorten overlap_secs of the feed with the most records: what was seen in the overlap is most of it",
    },
  );
}
