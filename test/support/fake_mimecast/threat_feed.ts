import { z } from "zod";
import { fileNameTime, parseOffsetTime } from "./api_time.ts";
import { type Answer, apiFailure, type Call, violate } from "./call.ts";
import { readBody } from "./read_body.ts";
import { recordId } from "./record_id.ts";
import { drawOf } from "./records/record.ts";
import { csvLine, stixObjects } from "./records/threat_intel.ts";
import { once } from "./siem_v1_content.ts";
import { timelineOf, type World } from "./world.ts";
import { writeZip } from "./zip_writer.ts";

const DETECTIONS_A_FILE = 100;
const WEEK_MS = 7 * 86_400_000;

const time = z.string().refine((text) => parseOffsetTime(text) !== null, "must have an offset");
const REQUEST = z.strictObject({
  data: z.tuple([
    z.strictObject({
      feedType: z.literal(["malware_customer", "malware_grid"]),
      fileType: z.literal(["csv", "stix"]).optional(),
      start: time.optional(),
      end: time.optional(),
      compress: z.boolean().optional(),
      token: z.string().min(1).optional(),
    }),
  ]),
});

/**
 * POST /api/ttp/threat-intel/get-feed: the body is the file itself, the cursor a header that is absent once
 * there is nothing more (reference 1.10). All detections are the tenant's own: the grid's feed is empty.
 */
export function getFeed(world: World, call: Call): Answer {
  const read = readBody(world, call, REQUEST);
  if ("refused" in read) return read.refused;
  const [item] = read.value.data;
  const fault = item.token === undefined ? undefined : call.fault?.fault;
  if (fault === "page_token_refused") {
    return apiFailure(call.fault?.status ?? 400, "err_validation_null", "Invalid token", "token");
  }
  const timeline = timelineOf(world, "threat_intel");
  const startMs = parseOffsetTime(item.start ?? "") ?? world.now() - WEEK_MS;
  const position =
    item.token === undefined ? timeline.firstAtOrAfter(startMs) : readToken(item.token);
  if (position === null) {
    violate(world, call.path, "feed_token", "the token was never handed out");
    return apiFailure(400, "err_validation_null", "The token is invalid", "token");
  }
  const endMs = parseOffsetTime(item.end ?? "") ?? world.now();
  const isEmpty = item.feedType === "malware_grid" || fault === "page_token_dead";
  const limit = isEmpty ? 0 : DETECTIONS_A_FILE;
  const stop = Math.min(timeline.firstAtOrAfter(endMs + 1_000), position + limit);
  const indexes = Array.from({ length: Math.max(0, stop - position) }, (_, step) =>
    timeline.indexAt(position + step),
  );
  if (indexes.length === 0 && world.switches.noIndicators === "fail") {
    return apiFailure(200, "err_threat_intel_feed_no_result_found", "No result found");
  }
  const stix = item.fileType === "stix";
  const text = stix ? bundle(world, indexes) : csv(world, indexes);
  const name = `${item.feedType}_${stix ? "stix" : "csv"}_${fileNameTime(world.now())}`;
  const file = `${name}.${stix ? "stix" : "csv"}`;
  const next: Record<string, string> =
    indexes.length === 0 ? {} : { "x-mc-threat-feed-next-token": writeToken(stop) };
  const shown = item.compress === true ? `${name}.zip` : file;
  return {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="${shown}"`,
      ...next,
    },
    body: item.compress === true ? writeZip([{ name: file, content: once(text) }]) : text,
    handed: indexes.map((index) => ({ type: "threat_intel", index })),
  };
}

function bundle(world: World, indexes: readonly number[]): string {
  const objects = indexes.flatMap((index) => stixObjects(...detection(world, index)));
  const id = `bundle--${drawOf({ type: "threat_intel", index: indexes[0] ?? 0, seed: ~world.seed, atMs: 0 }).guid()}`;
  return JSON.stringify({ type: "bundle", id, spec_version: "2.0", objects });
}

function csv(world: World, indexes: readonly number[]): string {
  const lines = indexes.map((index) => csvLine(...detection(world, index)));
  return ['"name","hash","type","created"', ...lines].join("\r\n");
}

function detection(world: World, index: number): Parameters<typeof stixObjects> {
  const { seed } = world;
  const atMs = timelineOf(world, "threat_intel").timeOf(index);
  const draw = drawOf({ type: "threat_intel", index, seed, atMs });
  return [draw, recordId(seed, "threat_intel", index), atMs];
}

function writeToken(position: number): string {
  return Buffer.from(`feed:${position}`).toString("base64url");
}

function readToken(token: string): number | null {
  const match = /^feed:(\d+)$/.exec(Buffer.from(token, "base64url").toString("latin1"));
  return match === null ? null : Number(match[1]);
}
