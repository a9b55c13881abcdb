// `npm run bench:reconcile`: what `reconcile` keeps of its ids, in memory and time. For docs/contributors/performance.md.
import { createHash } from "node:crypto";
import { Comparison } from "../plugin/commands/reconcile/comparison.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

const { ids } = scriptCommand("bench:reconcile", "What reconcile keeps of its ids.")
  .option("--ids <n>", "records of a week", wholeNumber(1), 2_000_000)
  .parse()
  .opts<{ ids: number }>();
const WEEK_MS = 7 * 86_400_000;
const STREAMS = Array.from({ length: 10 }, (_, at) => `siem:${at}`);

const uidOf = (at: number) => createHash("md5").update(String(at)).digest("hex");
const timeOf = (at: number) => Math.floor((at / ids) * WEEK_MS);
/** Of the whole process, MB, after a collection of garbage (node --expose-gc). */
const residentMb = () => {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / 1e6, kept: (heapUsed + arrayBuffers) / 1e6 };
};

const before = residentMb();
const startMs = performance.now();
const comparison = new Comparison();
for (let at = 0; at < ids; at++) comparison.list(uidOf(at), timeOf(at), STREAMS[at % 10] as string);
comparison.seal();
const numbers = comparison.counts().size;
const sealedMs = performance.now();
// One in a thousand is missing, in every hour: all ids have to be looked up.
for (let at = 0; at < ids; at++) if (at % 1_000 !== 0) comparison.find(uidOf(at), timeOf(at));
const endMs = performance.now();
const after = residentMb();
process.stdout.write(
  `${ids} ids, ${numbers} hours, ${comparison.lost} missing: ${(after.kept - before.kept).toFixed(0)} MB kept, ` +
    `${((sealedMs - startMs) / 1e3).toFixed(1)} s to list and sort, ${((endMs - sealedMs) / 1e3).toFixed(1)} s to look all of them up\n`,
);
