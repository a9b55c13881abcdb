import { z } from "zod";
import { type Answer, type Call, json } from "./call.ts";
import { readBody } from "./read_body.ts";
import type { World } from "./world.ts";

const REQUEST = z.strictObject({ data: z.tuple([z.strictObject({ emailAddress: z.string() })]) });

/** POST /api/login/discover-authentication: where an account's API is. Without Authorization (reference 1.4). */
export function discoverAuthentication(world: World, call: Call): Answer {
  const read = readBody(world, call, REQUEST);
  if ("refused" in read) return read.refused;
  const [{ emailAddress }] = read.value.data;
  const region = { code: "eu", api: `http://${call.headers.host}` };
  const found = { authenticate: ["Basic-Cloud"], emailAddress, emailToken: "", region };
  return json(200, { meta: { status: 200 }, data: [found], fail: [] });
}
