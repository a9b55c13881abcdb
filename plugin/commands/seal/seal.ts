import { resolve } from "node:path";
import { formatSealKey, SEAL_KEY_BYTES, sealText } from "../../config/secrets/sealed.ts";
import { codeOf, osReason, osRemedy } from "../../disk/os_error.ts";
import { ConfigError } from "../../errors.ts";
import { PromptAbortedError } from "../../host/hidden_prompt.ts";
import type { SealInputs } from "../../host/seal_inputs.ts";

/**
 * `seal`: reads a secret from a hidden prompt or standard input (never from the command line, which every user
 * of the machine can see) and prints it sealed, as it is pasted into the configuration.
 */
export async function seal(inputs: SealInputs, key: Uint8Array | null): Promise<void> {
  if (key === null) {
    throw new ConfigError("Cannot seal: no seal key is configured", {
      code: "seal_key",
      hint: "Make one with: mimecast-input seal --new-key FILE, and set seal_key: { file: FILE }",
    });
  }
  const typed = inputs.terminal
    ? await inputs.promptHidden("Secret (not shown): ").catch((error) => {
        if (error instanceof PromptAbortedError) inputs.say("Left: nothing was sealed");
        throw error;
      })
    : await inputs.readStdin();
  const secret = typed.replace(/\r?\n$/, "");
  if (secret === "") {
    throw new ConfigError("Cannot seal: the secret is empty", { code: "secret_empty" });
  }
  if (/[\r\n]/.test(secret)) {
    throw new ConfigError("Cannot seal: the secret must be one line", { code: "secret_control" });
  }
  await inputs.print(`{ sealed: ${await sealText(secret, key)} }`);
}

/** `seal --new-key FILE`: makes a key. Never replaces one, because what it sealed could not be opened any more. */
export async function newSealKey(inputs: SealInputs, file: string): Promise<void> {
  // `seal_key` takes no other.
  const path = resolve(file);
  const key = formatSealKey(inputs.randomBytes(SEAL_KEY_BYTES));
  try {
    await inputs.createFile(path, `${key}\n`);
  } catch (cause) {
    const hint =
      codeOf(cause) === "EEXIST"
        ? "Secrets that were sealed with it would be lost: choose another name"
        : osRemedy(cause, "create");
    const reason = osReason(cause, "create");
    throw new ConfigError(`Cannot make a seal key ${JSON.stringify(path)}: ${reason}`, {
      code: "seal_key_file",
      cause,
      hint,
    });
  }
  inputs.say(`Wrote ${path} (mode 0600). Put this into the configuration:`);
  await inputs.print(`seal_key: { file: ${JSON.stringify(path)} }`);
}
