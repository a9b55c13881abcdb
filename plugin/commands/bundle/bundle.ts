import { createTarGzip } from "nanotar";
import type { Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError, isKnownError, StateError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { logFolder } from "../../host/log_file.ts";
import { checkpointFile } from "../../state/checkpoint_file.ts";
import { accountFolder } from "../../state/paths.ts";
import { redactText } from "../../text/redact.ts";
import { readStatus } from "../status/status.ts";
import { statusText } from "../status/text.ts";
import { checkpointSummary } from "./checkpoint_summary.ts";
import { maskedConfig } from "./masked_config.ts";
import { maskedLog } from "./masked_log.ts";

/** What `bundle` needs of the process. */
export interface BundleWorld
  extends Pick<Host, "version" | "system" | "env" | "secrets" | "credentials" | "lockHeld"> {
  readonly effects: Effects;
  readConfig(): Promise<Config>;
  configText(): Promise<string>;
  createFile(path: string, bytes: Uint8Array): Promise<void>;
}

/** The variables whose presence, not whose value, matters. */
const VARIABLES =
  "MIMECAST_INPUT_CONFIG STATE_DIRECTORY CREDENTIALS_DIRECTORY HTTPS_PROXY HTTP_PROXY NO_PROXY https_proxy http_proxy no_proxy NODE_EXTRA_CA_CERTS NODE_OPTIONS SSL_CERT_FILE TZ".split(
    " ",
  );

const README = `Made by mimecast-input bundle for a support case.

  versions.json     program, Node.js, operating system, which environment variables are set
  config.yaml       the configuration, secrets masked, without comments
  status.txt/.json  what mimecast-input status says
  checkpoints/      the checkpoints without Mimecast's tokens
  files.json        names and modes of the files in the state directory
  logs/             the log of poll, secrets masked

It holds names of accounts, hosts and files, and what Mimecast answered. Read it before you send it.
`;

/** Packs what a support case needs into a .tar.gz (0600). Nothing secret goes in, and a broken part does not keep the rest. */
export async function bundle(path: string, world: BundleWorld): Promise<readonly string[]> {
  const { effects } = world;
  const files = new Map<string, string>([
    ["README.txt", README],
    ["versions.json", json(versions(world))],
  ]);
  const config = await world.readConfig().catch((error) => {
    if (!(error instanceof ConfigError)) throw error;
    files.set("config_problems.txt", `${[error.message, ...error.problems].join("\n")}\n`);
    return null;
  });
  if (config !== null) {
    for (const account of config.accounts) {
      await world.credentials(account, config).catch((error) => {
        if (!isKnownError(error)) throw error;
      });
    }
    files.set("config.yaml", maskedConfig(await world.configText()));
    await addState(files, config, world);
  }
  const packed = [...files].map(([name, text]) => {
    return { name: `mimecast-input-bundle/${name}`, data: Buffer.from(last(name, text, world)) };
  });
  const attrs = { mode: "600", mtime: effects.now(), uid: 0, gid: 0 };
  await world.createFile(path, await createTarGzip(packed, { attrs }));
  return [...files.keys()];
}

/** The last line of defense; log files have passed it line by line. */
function last(name: string, text: string, { secrets }: BundleWorld): string {
  if (name.startsWith("logs/")) return text;
  return text
    .split("\n")
    .map((line) => redactText(line, secrets))
    .join("\n");
}

async function addState(
  files: Map<string, string>,
  config: Config,
  world: BundleWorld,
): Promise<void> {
  const { effects } = world;
  const { stateDir } = config;
  const accounts = await readStatus(config, world);
  files.set("status.json", json({ time: new Date(effects.now()).toISOString(), accounts }));
  files.set("status.txt", statusText(accounts, { nowMs: effects.now(), color: false }));
  const names: Record<string, readonly string[]> = {};
  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error) => {
      if (!(error instanceof StateError)) throw error;
      files.set(`${name}.problem.txt`, `${error.message}\n`);
    });
  };
  await attempt("files", async () => {
    names["."] = await effects.files.list(stateDir);
  });
  for (const { name, api } of config.accounts) {
    const folder = accountFolder(stateDir, name);
    await attempt(`checkpoints/${name}`, async () => {
      names[name] = await effects.files.list(folder);
      const checkpoint = await checkpointFile(effects.files, folder).read(name, api);
      files.set(`checkpoints/${name}.json`, json(checkpointSummary(checkpoint)));
    });
  }
  await attempt("logs/problem", async () => {
    const folder = logFolder(stateDir);
    for (const name of await effects.files.list(folder)) {
      const bytes = await effects.files.read(`${folder}/${name}`);
      const text = Buffer.from(bytes ?? []).toString("utf8");
      files.set(`logs/${name}`, maskedLog(text, world.secrets));
    }
  });
  files.set("files.json", json(names));
}

function versions({ version, system, env, effects }: BundleWorld): unknown {
  return {
    time: new Date(effects.now()).toISOString(),
    program: version,
    ...system,
    variablesSet: VARIABLES.filter((name) => env[name] !== undefined),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
