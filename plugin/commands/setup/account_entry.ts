import type { CredentialKey } from "../../config/credentials.ts";
import { CREDENTIAL_KEYS, PUBLIC_KEYS } from "../../config/credentials.ts";
import type { SealKeyRef } from "../../config/secret_ref.ts";
import { sealText } from "../../config/secrets/sealed.ts";
import type { ShipperName } from "../../config/shipper.ts";
import type { Answers } from "./answers.ts";

/** A value of a credential key as the file has it. */
export type StoredSecret =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | { readonly credential: string }
  | { readonly sealed: string };

/** An entry of `accounts`, in the order in which it is written. */
export interface AccountEntry {
  readonly name: string;
  readonly api: string;
  readonly region?: string;
  readonly base_url?: string;
  readonly [key: string]: StoredSecret | readonly string[] | undefined;
  readonly sources?: readonly string[];
}

/** What `setup` changes in a configuration. */
export interface ConfigChange {
  readonly entry: AccountEntry;
  /** To be set where the file has no `seal_key` yet. */
  readonly sealKey: SealKeyRef | null;
  /** The same for `shipper`, with the `output` that its way needs; null: nothing to set. */
  readonly shipper: ShipperChange | null;
}

/** Who gets the lines, and how. */
export interface ShipperChange {
  readonly shipper: ShipperName;
  /** To be set too; null: the shipper starts the program, or the file has an `output` already. */
  readonly output: Readonly<Record<string, unknown>> | null;
}

/** What is needed to keep secrets. */
export interface Keeping {
  /** Folder of secret files: absolute. */
  readonly folder: string;
  /** The seal key; only looked at where secrets are sealed. */
  readonly sealKey: Uint8Array | null;
}

/** The entry of an account, and the secret files that it names: path to content. */
export async function accountEntry(
  answers: Answers,
  keeping: Keeping,
): Promise<{ readonly entry: AccountEntry; readonly files: ReadonlyMap<string, string> }> {
  const files = new Map<string, string>();
  const stored: Record<string, StoredSecret> = {};
  for (const key of CREDENTIAL_KEYS[answers.api]) {
    const given = answers.keys[key];
    if (given === undefined) throw new TypeError(`No ${key}`);
    stored[key] = await storedSecret(answers, key, given.text, given.env);
  }
  const { name, api, location, sources } = answers;
  const entry = {
    name,
    api,
    ...("region" in location ? { region: location.region } : { base_url: location.baseUrl }),
    ...stored,
    ...(sources === null ? {} : { sources: [...sources] }),
  };
  return { entry, files };

  async function storedSecret(
    { name, store }: Answers,
    key: CredentialKey,
    text: string,
    env: string | null,
  ): Promise<StoredSecret> {
    if (store === "env" && env !== null) return { env };
    if (PUBLIC_KEYS.includes(key)) return text;
    switch (store) {
      case "env":
        return { env: variableName(name, key) };
      case "credential":
        return { credential: credentialName(name, key) };
      case "file": {
        const path = `${keeping.folder}/${credentialName(name, key)}`;
        files.set(path, `${text}\n`);
        return { file: path };
      }
      case "sealed":
        if (keeping.sealKey === null) throw new TypeError("No seal key");
        return { sealed: await sealText(text, keeping.sealKey) };
    }
  }
}

/** Name of a systemd credential and of a secret file. */
export function credentialName(account: string, key: CredentialKey): string {
  return `${account}.${key}`;
}

/** Environment variable of a key where the operator named none: `MIMECAST_ACME_CLIENT_SECRET`. */
export function variableName(account: string, key: CredentialKey): string {
  return `MIMECAST_${account}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}
