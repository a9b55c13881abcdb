import { z } from "zod";
import { type Answer, type Call, json } from "./call.ts";
import { readBody } from "./read_body.ts";
import { ACCOUNT_CODE } from "./records/names.ts";
import type { World } from "./world.ts";

const REQUEST = z.strictObject({ data: z.tuple([]) });

/** POST /api/account/get-account: the connection test (reference 1.11). */
export function getAccount(world: World, call: Call): Answer {
  const read = readBody(world, call, REQUEST);
  if ("refused" in read) return read.refused;
  const account = {
    region: "eu",
    archive: false,
    gateway: true,
    passphrase: "",
    supportCode: "0000",
    maxRetention: 30,
    maxRetentionConfirmed: true,
    type: "full",
    accountCode: ACCOUNT_CODE,
    accountName: "Example Ltd",
    adminEmail: "",
    contactEmail: "admin@example.com",
    domain: "",
    userCount: 10,
    mimecastId: "00-0000-00000",
    contactName: "Example Contact",
    telephone: "000-000-0000",
    packages: ["Mimecast Platform [1033]", "Secure Email Gateway (Site) [1039]"],
  };
  return json(200, { meta: { status: 200 }, data: [account], fail: [] });
}
