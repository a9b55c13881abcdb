import { CREDENTIAL_KEYS } from "../config/credentials.ts";
import type { AccountEntry } from "./account_entry.ts";

/** What the operator has to do so that the secrets are where the entry says they are; empty: nothing. */
export function secretNotes(entry: AccountEntry): string[] {
  const keys = Object.values(CREDENTIAL_KEYS).flat();
  const refs = keys.flatMap((key) => {
    const value = entry[key];
    return typeof value === "object" && !Array.isArray(value) ? [value as object] : [];
  });
  const credentials = refs.flatMap((ref) => ("credential" in ref ? [String(ref.credential)] : []));
  const variables = refs.flatMap((ref) => ("env" in ref ? [String(ref.env)] : []));
  return [...credentialNotes(credentials), ...variableNotes(variables)];
}

/** systemd.exec(5), "Credentials", and systemd-creds(1). */
function credentialNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const path = (name: string) => `/etc/credstore.encrypted/${name}`;
  return [
    "Encrypt each secret on this machine (each command asks for it):",
    ...names.map(
      (name) =>
        `  systemd-ask-password -n "${name}" | systemd-creds encrypt --name=${name} - ${path(name)}`,
    ),
    "Put these lines into the shipper's unit (systemctl edit UNIT), then restart it:",
    "  [Service]",
    ...names.map((name) => `  LoadCredentialEncrypted=${name}:${path(name)}`),
  ];
}

function variableNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`Set in the environment of the shipper: ${names.join(", ")}`];
}
