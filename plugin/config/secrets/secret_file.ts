import { open } from "node:fs/promises";
import type { ReadSecretFile } from "./resolve.ts";

/** Longer files are no secrets. */
const LARGEST = 65_536;

/** Reads a secret's file on Node. Mode and content are of the same open file, so nobody can swap it in between. */
export const readSecretFile: ReadSecretFile = async (path) => {
  const file = await open(path, "r");
  try {
    const { mode } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LARGEST + 1), 0, LARGEST + 1, 0);
    if (bytesRead > LARGEST) {
      throw Object.assign(new Error("the file is too large for a secret"), { code: "EFBIG" });
    }
    return {
      text: buffer.toString("utf8", 0, bytesRead),
      mode: process.platform === "win32" ? null : mode & 0o777,
    };
  } finally {
    await file.close();
  }
};
