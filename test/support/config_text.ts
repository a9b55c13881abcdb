import { expect } from "vitest";
import type { ConfigFacts } from "../../plugin/config/checks.ts";
import type { Config } from "../../plugin/config/config.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { ConfigError } from "../../plugin/errors.ts";

const FACTS: ConfigFacts = { fileName: "/etc/mimecast-input.yaml", mode: 0o600 };

/** An account of API 2.0: valid, its secret on line 7, line 8 is free. */
export const V2 = `
accounts:
  - name: acme
    api: "2.0"
    region: global
    client_id: "0123456789"
    client_secret: { env: MIMECAST_CLIENT_SECRET }
`;

/** An account of API 1.0: valid, line 10 is free. */
export const V1 = `
accounts:
  - name: acme-legacy
    api: "1.0"
    region: us
    app_id: 4f1cbb6e-0000-4000-8000-000000000000
    app_key: { env: MC_APP_KEY }
    access_key: { file: /run/secrets/access }
    secret_key: { credential: mimecast.secret }
`;

/** The Config of a file that only its owner can read. */
export function parse(text: string, facts: Partial<ConfigFacts> = {}, env = {}): Config {
  return parseConfig(text, env, { ...FACTS, ...facts });
}

/** The problems of a file that is refused. */
export function problems(text: string, facts: Partial<ConfigFacts> = {}): readonly string[] {
  try {
    parse(text, facts);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
  throw new Error("the config was accepted");
}
