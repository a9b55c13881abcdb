import type { Api } from "../client/regions.ts";
import { STATE_SECRETS } from "./etcd_state.ts";
import { HTTP_SECRETS } from "./http_output.ts";
import { QRADAR_SECRETS } from "./qradar_console.ts";
import { ANY_SECRET, SEAL_KEY, type SecretForms, type SecretRef } from "./secret_ref.ts";
import type { Path } from "./yaml_text.ts";

/** Keys of `accounts[]` that hold the credentials of each generation (Mimecast: API applications). */
export const CREDENTIAL_KEYS = {
  "1.0": ["app_id", "app_key", "access_key", "secret_key"],
  "2.0": ["client_id", "client_secret"],
} as const satisfies Record<Api, readonly string[]>;

/** A key that holds a credential. */
export type CredentialKey = (typeof CREDENTIAL_KEYS)[Api][number];

/** Keys with an id of an application, which a file that others can read may hold; no other key is public. */
export const PUBLIC_KEYS: readonly CredentialKey[] = ["app_id", "client_id"];

/** The credentials of an account, not yet resolved. */
export type CredentialRefs =
  | {
      readonly api: "1.0";
      readonly appId: SecretRef;
      readonly appKey: SecretRef;
      readonly accessKey: SecretRef;
      readonly secretKey: SecretRef;
    }
  | { readonly api: "2.0"; readonly clientId: SecretRef; readonly clientSecret: SecretRef };

/** The allowed forms of the secret at this path; undefined if the path has no secret. */
export function secretFormsAt(path: Path): SecretForms | undefined {
  const [top, second, third] = path;
  if (top === "seal_key") {
    return SEAL_KEY;
  }
  if (top === "network" && second === "proxy") {
    return ANY_SECRET;
  }
  if (
    [...HTTP_SECRETS, ...QRADAR_SECRETS, ...STATE_SECRETS].some((known) =>
      known.every((part, index) => part === path[index]),
    )
  ) {
    return ANY_SECRET;
  }
  const keys: readonly PropertyKey[] = Object.values(CREDENTIAL_KEYS).flat();
  return top === "accounts" && third !== undefined && keys.includes(third) ? ANY_SECRET : undefined;
}
