import type { Credentials } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import type { SealKeyRef } from "../config/secret_ref.ts";
import type { SecretSources } from "../config/secrets/resolve.ts";
import type { Host } from "./host.ts";
import { readConfigFile, readPem } from "./operator_files.ts";
import { readSecretFile } from "./secret_file.ts";

/** Resolves secrets, and registers each so that no output shows it. */
export interface Vault extends Pick<Host, "credentials" | "sealKey" | "network"> {
  hide(credentials: Credentials): void;
  sealKeyOf(ref: SealKeyRef | null): Promise<Uint8Array | null>;
  sources(config: Pick<Config, "sealKey">): Promise<SecretSources>;
  add(secrets: readonly string[]): void;
}

/** The room that resolves secrets, loaded when a run needs it. */
export const secretsRoom = () => import("../config/secrets/resolve.ts");

/** `secrets` grows with each resolved secret. */
export function openVault(secrets: string[]): Vault {
  const found = { env: process.env, readFile: readSecretFile };
  const vault: Vault = {
    // `poll --follow` reads them again and again.
    add: (texts) => secrets.push(...texts.filter((text) => !secrets.includes(text))),
    hide: (credentials) =>
      vault.add(Object.values(credentials).filter((text) => text !== credentials.api)),
    sealKeyOf: async (ref) => (await secretsRoom()).readSealKey(ref, found),
    sources: async ({ sealKey }) => ({ ...found, sealKey: await vault.sealKeyOf(sealKey) }),
    async credentials(account, config) {
      const { resolveCredentials } = await secretsRoom();
      const credentials = await resolveCredentials(account, await vault.sources(config));
      vault.hide(credentials);
      return credentials;
    },
    async sealKey(path) {
      const { text } = await readConfigFile(path);
      const { findSealKey } = await import("../config/seal_key.ts");
      return vault.sealKeyOf(findSealKey(text, path));
    },
    async network(config) {
      const { caFile } = config.network;
      const { proxySecrets, resolveProxy } = await secretsRoom();
      const proxy = await resolveProxy(config, await vault.sources(config));
      if (proxy !== null) vault.add(proxySecrets(proxy));
      const caPem = caFile === null ? null : await readPem(caFile, "network.ca_file");
      return { proxy, caPem };
    },
  };
  return vault;
}
