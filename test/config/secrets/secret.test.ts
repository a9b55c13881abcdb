import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../../plugin/config/secrets/secret.ts";

test("Secret shows itself to reveal() only", () => {
  const secret = new Secret("correct-horse");
  const shown = [
    String(secret),
    `${secret}`,
    `a ${secret}`,
    JSON.stringify({ secret, list: [secret] }),
    inspect(secret),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    format("%s %o %O %j %d", secret, secret, secret, secret, secret),
    Object.keys(secret).join(),
    Object.getOwnPropertyNames(secret).join(),
    JSON.stringify(structuredClone({ ...secret })),
  ].join("\n");
  expect(shown).not.toContain("correct-horse");
  expect(inspect(secret)).toBe("[secret]");
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
  expect(secret.reveal()).toBe("correct-horse");
});
