import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sign } from "../../scripts/release/signature.ts";
import { onPath } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "mimecast-input-signature-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isThere = onPath("minisign");

describe("the signature of the checksums", () => {
  it.skipIf(!isThere)(
    `is valid with the public key, and not for other bytes${isThere ? "" : " (skipped: minisign is not on PATH)"}`,
    () => {
      const [secret, shared, sums] = ["secret.key", "public.key", "SHA256SUMS"].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      execFileSync("minisign", ["-G", "-W", "-s", secret, "-p", shared], { stdio: "ignore" });
      writeFileSync(sums, `${"0".repeat(64)}  mimecast-input\n`);
      sign(sums, secret, "mimecast-input 1.2.3");
      const check = () =>
        spawnSync("minisign", ["-V", "-p", shared, "-m", sums], { encoding: "utf8" });
      expect(check().stdout).toContain("mimecast-input 1.2.3");
      expect(check().status).toBe(0);
      appendFileSync(sums, "another line\n");
      expect(check().status).not.toBe(0);
    },
  );
});
