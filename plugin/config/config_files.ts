import type { Config, SealKeyRef, SecretRef } from "./config.ts";

/** The files that a configuration names and a poll reads, apart from those that it writes. */
export function configFiles(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { accounts, network, sealKey, target } = config;
  const http = target === null || target.kind === "file" ? null : target;
  const auth = http?.auth ?? null;
  const secrets = [
    sealKey,
    network.proxy,
    ...accounts.flatMap(({ credentials: { api: _, ...refs } }) => Object.values(refs)),
    http?.proxy ?? null,
    auth === null ? null : "bearer" in auth ? auth.bearer : auth.password,
  ];
  const files = [
    network.caFile,
    http?.caFile ?? null,
    http?.clientCertFile ?? null,
    http?.clientKeyFile ?? null,
    ...secrets.map((ref) => (ref === null ? null : fileOf(ref, env.CREDENTIALS_DIRECTORY))),
  ];
  return [...new Set(files.filter((file) => file !== null))];
}

function fileOf(ref: SecretRef | SealKeyRef, credentials: string | undefined): string | null {
  if ("file" in ref) return ref.file;
  return "credential" in ref && credentials ? `${credentials}/${ref.credential}` : null;
}
