import type { Credentials } from "../../client/client.ts";
import { codeOf, osReason, osRemedy } from "../../disk/os_error.ts";
import { ConfigError } from "../../errors.ts";
import type { Config, CredentialRefs, SealKeyRef, SecretRef } from "../config.ts";
import { openSealed, parseSealKey } from "./sealed.ts";

/** Reads the file of a secret. Rejects with Node's `code` (ENOENT, EACCES …) if it can't. */
export type ReadSecretFile = (path: string) => Promise<{
  readonly text: string;
  /** Permission bits; null where the system has none. */
  readonly mode: number | null;
}>;

/** Where secrets come from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: ReadSecretFile;
  /** 32 bytes; null if the configuration names no seal key. */
  readonly sealKey: Uint8Array | null;
}

/** The text of a secret. `where` names it in messages; no message holds any part of the text. */
export async function resolveSecret(
  ref: SecretRef,
  where: string,
  sources: SecretSources,
): Promise<string> {
  const text = await readSecret(ref, where, sources);
  if (text === "") {
    throw refusal(where, `${holderOf(ref)} is empty`, "secret_empty", "Put the secret into it");
  }
  if (hasControl(text)) {
    const reason = `${holderOf(ref)} holds a line break or another control character`;
    const hint = "Put nothing but the secret into it, on one line";
    throw refusal(where, reason, "secret_control", hint);
  }
  return text;
}

/** All credentials of an account. */
export async function resolveCredentials(
  account: { readonly name: string; readonly credentials: CredentialRefs },
  sources: SecretSources,
): Promise<Credentials> {
  const { credentials: refs, name } = account;
  const get = (ref: SecretRef, key: string) =>
    resolveSecret(ref, `${key} of account ${JSON.stringify(name)}`, sources);
  return refs.api === "1.0"
    ? {
        api: refs.api,
        appId: await get(refs.appId, "app_id"),
        appKey: await get(refs.appKey, "app_key"),
        accessKey: await get(refs.accessKey, "access_key"),
        secretKey: await get(refs.secretKey, "secret_key"),
      }
    : {
        api: refs.api,
        clientId: await get(refs.clientId, "client_id"),
        clientSecret: await get(refs.clientSecret, "client_secret"),
      };
}

/** The proxy URL of the configuration; null if the environment decides. */
export async function resolveProxy(
  config: Pick<Config, "network">,
  sources: SecretSources,
): Promise<string | null> {
  const { proxy } = config.network;
  return proxy === null ? null : resolveProxyUrl(proxy, "network.proxy", sources);
}

/** The proxy URL at the key `where`. */
export async function resolveProxyUrl(
  proxy: SecretRef,
  where: string,
  sources: SecretSources,
): Promise<string> {
  const url = await resolveSecret(proxy, where, sources);
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    const hint = "Write it as http://host:port or http://user:password@host:port";
    throw refusal(where, "it is not an http or https URL", "proxy_url", hint);
  }
  return url;
}

/** The secrets of a proxy URL: the URL itself if it holds a password, and the password, encoded and in clear. */
export function proxySecrets(url: string): readonly string[] {
  const { password } = new URL(url);
  if (password === "") return [];
  try {
    return [url, password, decodeURIComponent(password)];
  } catch {
    return [url, password];
  }
}

/** The key of the sealed secrets; null if the configuration names none. */
export async function readSealKey(
  ref: SealKeyRef | null,
  sources: Pick<SecretSources, "env" | "readFile">,
): Promise<Uint8Array | null> {
  if (ref === null) {
    return null;
  }
  const key = parseSealKey(await readSecret(ref, "seal_key", { ...sources, sealKey: null }));
  if (key === undefined) {
    throw refusal("seal_key", "it must be 32 bytes as base64url", "seal_key", NEW_KEY);
  }
  return key;
}

const NEW_KEY = "Make one with: mimecast-input seal --new-key FILE";

async function readSecret(ref: SecretRef, where: string, sources: SecretSources): Promise<string> {
  if ("plain" in ref) {
    return ref.plain.reveal();
  }
  if ("env" in ref) {
    const text = sources.env[ref.env];
    if (text === undefined) {
      const hint = `Set ${ref.env} where the program is started: by hand in this shell, else in the shipper's unit or container`;
      throw refusal(where, `the environment variable "${ref.env}" is not set`, "secret_env", hint);
    }
    return text;
  }
  if ("file" in ref) {
    return await readFileSecret(ref.file, where, sources.readFile);
  }
  if ("credential" in ref) {
    return await readCredential(ref.credential, where, sources);
  }
  return await openSecret(ref.sealed, where, sources.sealKey);
}

async function readFileSecret(
  path: string,
  where: string,
  readFile: ReadSecretFile,
): Promise<string> {
  const { text, mode } = await readAt(path, where, readFile);
  if (mode !== null && (mode & 0o007) !== 0) {
    const current = (mode & 0o777).toString(8).padStart(4, "0");
    throw refusal(
      where,
      `${JSON.stringify(path)} must not be accessible to everybody: current mode is ${current}`,
      "secret_mode",
      `Run: chmod o= ${/^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`,
    );
  }
  return text;
}

/** systemd puts credentials into the unit's own folder (systemd.exec, LoadCredential). */
async function readCredential(
  name: string,
  where: string,
  sources: SecretSources,
): Promise<string> {
  const folder = sources.env.CREDENTIALS_DIRECTORY;
  if (folder === undefined || folder === "") {
    throw refusal(
      where,
      `the systemd credential "${name}" can't be found: CREDENTIALS_DIRECTORY is not set`,
      "secret_credential",
      "Add LoadCredential= or LoadCredentialEncrypted= to the unit that starts the shipper",
    );
  }
  const { text } = await readAt(`${folder}/${name}`, where, sources.readFile);
  return text;
}

async function readAt(path: string, where: string, readFile: ReadSecretFile) {
  let file: Awaited<ReturnType<ReadSecretFile>>;
  try {
    file = await readFile(path);
  } catch (cause) {
    // The message of any other error might hold the secret.
    const reason = codeOf(cause) === "" ? "" : `: ${osReason(cause)}`;
    const hint = osRemedy(cause, "read", "the secret's file");
    throw refusal(where, `${JSON.stringify(path)} can't be read${reason}`, "secret_file", hint);
  }
  return { ...file, text: file.text.replace(/\r?\n$/, "") };
}

async function openSecret(sealed: string, where: string, key: Uint8Array | null): Promise<string> {
  if (key === null) {
    const hint = "Name the key that sealed it: seal_key: { file: … }";
    throw refusal(where, "it is sealed and no seal_key is configured", "seal_key", hint);
  }
  try {
    return await openSealed(sealed, key);
  } catch {
    throw refusal(
      where,
      "it can't be opened: it was sealed with another key, or was changed",
      "sealed",
      "Seal it again with the key that seal_key names: mimecast-input seal",
    );
  }
}

/** The holder of a secret's text, for messages. */
function holderOf(ref: SecretRef): string {
  if ("env" in ref) return `the environment variable "${ref.env}"`;
  if ("file" in ref) return `the file ${JSON.stringify(ref.file)}`;
  if ("credential" in ref) return `the systemd credential "${ref.credential}"`;
  return "the text";
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) {
      return true;
    }
  }
  return false;
}

function refusal(where: string, reason: string, code: string, hint?: string): ConfigError {
  return new ConfigError(`Cannot read the secret ${where}: ${reason}`, { code, hint });
}
