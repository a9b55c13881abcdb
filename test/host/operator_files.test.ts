import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPem } from "../../plugin/host/operator_files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string, mode: number): string {
  const path = join(folder, "x.pem");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("readPem()", () => {
  const key = "-----BEGIN PRIVATE KEY-----\n";

  test.each([0o604, 0o644, 0o602, 0o666])("refuses a key with mode %o", async (mode) => {
    const refused = readPem(file(key, mode), "output.http.client_key_file");
    await expect(refused).rejects.toMatchObject({
      code: "secret_mode",
      message: expect.stringContaining(`current mode is 0${mode.toString(8)}`),
    });
  });

  test.each([0o400, 0o600, 0o640, 0o660])("takes a key with mode %o", async (mode) => {
    expect(await readPem(file(key, mode), "output.http.client_key_file")).toBe(key);
  });

  test("takes a certificate that all can read", async () => {
    const certificate = "-----BEGIN CERTIFICATE-----\n";
    const path = file(certificate, 0o644);
    expect(await readPem(path, "output.http.client_cert_file")).toBe(certificate);
  });
});
