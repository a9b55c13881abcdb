import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSecretFile } from "../../plugin/host/secret_file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mimecast-secret-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("readSecretFile() gives text and mode, through links too", async () => {
  const path = join(folder, "secret");
  await writeFile(path, "pä$$\n");
  await chmod(path, 0o640);
  const link = join(folder, "link");
  await symlink(path, link);
  for (const name of [path, link]) {
    expect(await readSecretFile(name)).toEqual({ text: "pä$$\n", mode: 0o640 });
  }
});

test("readSecretFile() refuses a missing file, a folder and a large file", async () => {
  await expect(readSecretFile(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  await expect(readSecretFile(folder)).rejects.toMatchObject({ code: "EISDIR" });
  const large = join(folder, "large");
  await writeFile(large, "x".repeat(65_537));
  await expect(readSecretFile(large)).rejects.toMatchObject({ code: "EFBIG" });
});
