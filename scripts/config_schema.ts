import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { type Api, regionNames } from "../plugin/client/regions.ts";
import { CREDENTIAL_KEYS } from "../plugin/config/credentials.ts";
import { CONFIG_SCHEMA } from "../plugin/config/schema.ts";
import { SOURCE_NAMES } from "../plugin/sources/names.ts";

/**
 * Writes docs/config.schema.json, the JSON Schema of the configuration for editors; with `--check` fails where
 * the file is out of date. Draft 7, because that is what YAML editors read.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(CONFIG_SCHEMA, {
    target: "draft-07",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === CONFIG_SCHEMA.shape.accounts.element) {
        jsonSchema.oneOf = [only("region", "base_url"), only("base_url", "region")];
        jsonSchema.anyOf = [accountOf("1.0", 1, "2.0"), accountOf("2.0", 2, "1.0")];
      }
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: "Configuration of mimecast-input", ...rest };
}

type Branch = z.core.JSONSchema.BaseSchema;

function only(key: string, other: string): Branch {
  return { type: "object", required: [key], properties: { [key]: true, [other]: false } };
}

/** What the two generations do not share. */
function accountOf(api: Api, spelling: number, other: Api): Branch {
  const names: Branch = { type: "string", enum: [...SOURCE_NAMES[api]] };
  const named: Branch = { type: "object", properties: { name: names } };
  return {
    type: "object",
    required: [...CREDENTIAL_KEYS[api]],
    properties: {
      api: { enum: [api, spelling] },
      region: { type: "string", enum: regionNames(api) },
      sources: { type: "array", items: { anyOf: [names, named] } },
      ...Object.fromEntries(CREDENTIAL_KEYS[api].map((key) => [key, true])),
      ...Object.fromEntries(CREDENTIAL_KEYS[other].map((key) => [key, false])),
    },
  };
}

const PATH = fileURLToPath(new URL("../docs/config.schema.json", import.meta.url));

async function main(check: boolean): Promise<number> {
  const wanted = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (!check) {
    await writeFile(PATH, wanted);
    return 0;
  }
  const current = await readFile(PATH, "utf8").catch(() => "");
  if (current === wanted) {
    return 0;
  }
  process.stderr.write("docs/config.schema.json is out of date: run npm run schema\n");
  return 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
