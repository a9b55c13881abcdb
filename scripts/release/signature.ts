import { execFileSync } from "node:child_process";

/**
 * Signs a file with minisign (https://jedisct1.github.io/minisign/): the signature is in `FILE.minisig`. minisign asks for the
 * password of a key that has one. Throws where it is not on PATH or refuses the key.
 */
export function sign(file: string, secretKey: string, comment: string): void {
  execFileSync("minisign", ["-S", "-s", secretKey, "-m", file, "-t", comment], {
    stdio: ["inherit", "ignore", "inherit"],
  });
}
