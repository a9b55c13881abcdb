import { CREDENTIAL_KEYS } from "../../config/credentials.ts";
import type { ShipperName } from "../../config/shipper.ts";
import type { SetupUser } from "../../host/current_user.ts";
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
    "Encrypt each secret on this machine, as root (each command asks for it):",
    "  mkdir -p -m 0700 /etc/credstore.encrypted",
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

/** Users as whom the packages run the shippers that start the program. */
const RUNS_AS: Readonly<Partial<Record<ShipperName, string>>> = {
  "fluent-bit": "root",
  vector: "vector",
  "syslog-ng": "root",
};

/** What to do where the shipper runs as another user than setup. `folders`: those that it has to own. */
export function ownerNotes(
  shipper: ShipperName | null,
  configFolder: string,
  stateDir: string,
  user: SetupUser,
): string[] {
  const owner = shipper === null ? undefined : RUNS_AS[shipper];
  if (owner === undefined || owner === user.name) return [];
  return [
    `The package of ${shipper} runs it as the user ${owner}, setup ran as ${user.name}. Where that is so here, as root:`,
    `  chown -R ${owner}: ${configFolder} ${stateDir}`,
  ];
}

/** What to know of a new seal key. */
export function sealKeyNotes(written: readonly string[]): string[] {
  const key = written.find((path) => path.endsWith("/seal.key"));
  if (key === undefined) return [];
  return [
    `Whoever has ${key} and the configuration has the secrets: keep them in different backups.`,
  ];
}
