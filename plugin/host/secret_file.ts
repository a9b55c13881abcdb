import type { ReadSecretFile } from "../config/secrets/resolve.ts";
import { readBounded } from "./read_bounded.ts";

/** Longer files are no secrets. */
const LARGEST = 65_536;

/** Reads a secret's file on Node. */
export const readSecretFile: ReadSecretFile = async (path) => {
  const { bytes, facts } = await readBounded(path, LARGEST);
  return {
    text: Buffer.from(bytes).toString("utf8"),
    mode: process.platform === "win32" ? null : facts.mode & 0o777,
  };
};
