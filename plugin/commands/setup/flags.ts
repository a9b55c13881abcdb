import type { Api } from "../../client/regions.ts";
import type { CredentialKey } from "../../config/credentials.ts";
import type { ShipperName } from "../../config/shipper.ts";
import type { Store } from "./answers.ts";

/** The command line of `setup`, as commander hands it over. */
export interface SetupFlags {
  readonly config: string;
  readonly name?: string;
  readonly api?: Api;
  readonly region?: string;
  readonly baseUrl?: string;
  readonly sources?: readonly string[];
  readonly store?: Store;
  readonly shipper?: ShipperName;
  readonly clientId?: string;
  readonly appId?: string;
  readonly clientIdEnv?: string;
  readonly clientSecretEnv?: string;
  readonly appIdEnv?: string;
  readonly appKeyEnv?: string;
  readonly accessKeyEnv?: string;
  readonly secretKeyEnv?: string;
}

/** Flags that name the environment variable of a key. */
export const ENV_FLAGS = {
  client_id: "clientIdEnv",
  client_secret: "clientSecretEnv",
  app_id: "appIdEnv",
  app_key: "appKeyEnv",
  access_key: "accessKeyEnv",
  secret_key: "secretKeyEnv",
} as const satisfies Record<CredentialKey, keyof SetupFlags>;

/** Flags that hold a key itself: ids are no secrets. */
export const VALUE_FLAGS = { client_id: "clientId", app_id: "appId" } as const;

/** The flag that gives a key without a question: `--client-secret-env`. */
export function envFlag(key: CredentialKey): string {
  return `--${key.replaceAll("_", "-")}-env`;
}

/** The flag that holds a key itself: `--client-id`; undefined for a secret. */
export function valueFlag(key: CredentialKey): string | undefined {
  return Object.hasOwn(VALUE_FLAGS, key) ? `--${key.replaceAll("_", "-")}` : undefined;
}
