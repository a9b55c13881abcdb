import type { Credentials } from "../../client/client.ts";
import type { AccountConfig, SecretRef } from "../../config/config.ts";
import { CREDENTIAL_KEYS, type CredentialKey, PUBLIC_KEYS } from "../../config/credentials.ts";
import { type Answers, type GivenSecret, STORES, type Store } from "./answers.ts";

/** Field of `Credentials` and of `CredentialRefs` for each key of the file. */
const FIELDS: Readonly<Record<CredentialKey, string>> = {
  app_id: "appId",
  app_key: "appKey",
  access_key: "accessKey",
  secret_key: "secretKey",
  client_id: "clientId",
  client_secret: "clientSecret",
};

/**
 * True where an account is already what the answers want. `credentials`: the account's keys as they can be read now, null
 * where they can't. `store` null: whatever way they are kept is right.
 */
export function isUnchanged(
  answers: Answers,
  account: AccountConfig,
  credentials: Credentials | null,
  store: Store | null,
): boolean {
  if (account.api !== answers.api || !isSameLocation(answers.location, account)) return false;
  if (answers.sources !== null) {
    const names = account.sources.map(({ name }) => name);
    const wanted = answers.sources;
    if (names.length !== wanted.length || !wanted.every((name) => names.includes(name)))
      return false;
  }
  return CREDENTIAL_KEYS[answers.api].every((key) => {
    const given = answers.keys[key] as GivenSecret;
    const ref = field<SecretRef>(account.credentials, key);
    const isId = PUBLIC_KEYS.includes(key);
    if (store !== null && !isId && !isKeptAs(store, ref)) return false;
    if (credentials === null) return "credential" in ref || (isId && isPlain(ref, given.text));
    return field<string>(credentials, key) === given.text;
  });
}

/** The keys in clear, as the client takes them. */
export function credentialsOf({ api, keys }: Answers): Credentials {
  const texts = CREDENTIAL_KEYS[api].map((key) => [FIELDS[key], keys[key]?.text]);
  return { api, ...Object.fromEntries(texts) } as Credentials;
}

function isSameLocation(location: Answers["location"], account: AccountConfig): boolean {
  return "region" in location
    ? location.region === account.region
    : account.region === null && URL.parse(location.baseUrl)?.origin === account.baseUrl;
}

function isKeptAs(store: Store, ref: SecretRef): boolean {
  return STORES.some((name) => name === store && name in ref);
}

function isPlain(ref: SecretRef, text: string): boolean {
  return "plain" in ref && ref.plain.reveal() === text;
}

function field<T>(holder: object, key: CredentialKey): T {
  return (holder as Record<string, T>)[FIELDS[key]] as T;
}
