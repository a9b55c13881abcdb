import { createHmac } from "node:crypto";
import { violate } from "./call.ts";
import type { World } from "./world.ts";

/** A link to a file, with the moment it ends. */
export interface PreSigned {
  readonly url: string;
  readonly expiryMs: number;
}

const PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-SignedHeaders",
];

/** Signs a path of the download host, in the form of Amazon's query authentication (reference 2.3). */
export function preSign(world: World, path: string): PreSigned {
  world.linkNumber += 1;
  const lifetimeSecs = world.switches.linkLifetimeSecs;
  const stamp = new Date(world.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const values = [
    "AWS4-HMAC-SHA256",
    `AKIAFAKE/${stamp.slice(0, 8)}/eu-west-1/s3/aws4_request`,
    stamp,
    String(lifetimeSecs),
    String(world.linkNumber),
    "host",
  ];
  const query = new URLSearchParams();
  PARAMETERS.forEach((name, position) => {
    query.set(name, values[position] ?? "");
  });
  query.set("X-Amz-Signature", signature(world, path, values));
  return {
    url: `${world.downloadUrl}${path}?${query}`,
    expiryMs: Math.floor(world.now() / 1000) * 1000 + lifetimeSecs * 1000,
  };
}

/** Why a link is refused, as the Code and Message of the storage's XML, or null where it is good. */
export function refuseLink(
  world: World,
  path: string,
  query: URLSearchParams,
): readonly [string, string] | null {
  const values = PARAMETERS.map((name) => query.get(name) ?? "");
  const exact = query.size === PARAMETERS.length + 1;
  if (!exact || query.get("X-Amz-Signature") !== signature(world, path, values)) {
    violate(world, path, "link", "the link was changed");
    return ["SignatureDoesNotMatch", "The request signature we calculated does not match"];
  }
  const [, , stamp = "", expires, number] = values;
  const startMs = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  const expired = world.now() >= startMs + Number(expires) * 1000;
  const dead = Number(number) <= (world.deadLinks.get(path) ?? 0);
  return expired || dead ? ["AccessDenied", "Request has expired"] : null;
}

/** Ends all links to a path that have been handed out: it has to be listed again. */
export function killLinks(world: World, path: string): void {
  world.deadLinks.set(path, world.linkNumber);
}

function signature(world: World, path: string, values: readonly string[]): string {
  return createHmac("sha256", `storage ${world.seed}`)
    .update([path, ...values].join("\n"))
    .digest("hex");
}
