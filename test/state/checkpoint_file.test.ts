import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { parseCheckpoint, serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { checkpointFile } from "../../plugin/state/checkpoint_file.ts";
import { describeCheckpointStore } from "../support/checkpoint_store_contract.ts";
import { at, checkpointOf } from "../support/delivery_values.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const PATH = "/state/acme/checkpoint";
const PREVIOUS = `${PATH}.previous`;
const STORED = checkpointOf({ committed: { audit: at(4) } });

function opened(files: Record<string, string | Uint8Array> = {}) {
  const effects = createFakeEffects({ files });
  return { effects, file: checkpointFile(effects.files, "/state/acme") };
}

function contentOf(effects: ReturnType<typeof createFakeEffects>, path: string) {
  const bytes = effects.disk.get(path);
  return bytes === undefined ? null : parseCheckpoint(bytes, path);
}

describeCheckpointStore("a file in memory", () => {
  const { files } = createFakeEffects();
  return { open: () => checkpointFile(files, "/state/acme") };
});

describeCheckpointStore("a file on the disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "checkpoint-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { open: () => checkpointFile(nodeFiles(), folder) };
});

describe("checkpointFile().read()", () => {
  it("is empty for a new account", async () => {
    expect(await opened().file.read("acme", "2.0")).toEqual(checkpointOf({ sequence: 0 }));
  });

  it("reads what is stored", async () => {
    const { file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    expect(await file.read("acme", "2.0")).toEqual(STORED);
  });

  it("refuses the file of another account", async () => {
    const { file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    await expect(file.read("beta", "2.0")).rejects.toMatchObject({
      code: "checkpoint_other_account",
      message: `Cannot open account "beta" (API 2.0): "${PATH}" belongs to "acme" (API 2.0)`,
    });
  });

  it.each([
    ["2.0", "1.0", "Run: mimecast-input migrate --account acme"],
    ["1.0", "2.0", "checkpoint.api-1.0 and journal.api-1.0"],
  ] as const)(
    "refuses to read as API %s what is of API %s, and says what to do",
    async (...row) => {
      const [wanted, found, remedy] = row;
      const { file } = opened({ [PATH]: serializeCheckpoint({ ...STORED, api: found }) });
      await expect(file.read("acme", wanted)).rejects.toMatchObject({
        code: "checkpoint_other_api",
        message: `Cannot open account "acme": "${PATH}" must be of API ${wanted}: it is of API ${found}`,
        hint: expect.stringContaining(remedy),
      });
    },
  );

  it("does not start over where only the previous copy is left", async () => {
    const { file } = opened({ [PREVIOUS]: serializeCheckpoint(STORED) });
    await expect(file.read("acme", "2.0")).rejects.toMatchObject({ code: "checkpoint_missing" });
  });

  it("does not fall back to the previous copy where the file is broken", async () => {
    const { file } = opened({ [PATH]: "", [PREVIOUS]: serializeCheckpoint(STORED) });
    await expect(file.read("acme", "2.0")).rejects.toMatchObject({ code: "checkpoint_broken" });
  });
});

describe("checkpointFile().write()", () => {
  it("keeps the content before it as the previous copy", async () => {
    const { effects, file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    await file.read("acme", "2.0");
    const second = checkpointOf({ sequence: 8 });
    await file.write(second);
    expect(contentOf(effects, PATH)).toEqual(second);
    expect(contentOf(effects, PREVIOUS)).toEqual(STORED);
    const third = checkpointOf({ sequence: 9 });
    await file.write(third);
    expect(contentOf(effects, PREVIOUS)).toEqual(second);
    expect(contentOf(effects, PATH)).toEqual(third);
  });

  it("knows its own write again where only the sync of the folder had failed", async () => {
    const { effects, file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    await file.read("acme", "2.0");
    const replace = effects.files.replace;
    const failing = new StateError("Cannot write: EIO", { code: "state_eio" });
    Object.assign(effects.files, {
      replace: async (path: string, bytes: Uint8Array) => {
        await replace(path, bytes);
        if (path === PATH) throw failing;
      },
    });
    const second = checkpointOf({ sequence: 8 });
    await expect(file.write(second)).rejects.toBe(failing);
    Object.assign(effects.files, { replace });
    const third = checkpointOf({ sequence: 8, healthMs: 1 });
    await file.write(third);
    expect(contentOf(effects, PATH)).toEqual(third);
    expect(contentOf(effects, PREVIOUS)).toEqual(second);
  });

  it("leaves what a newer program has written meanwhile as it is", async () => {
    const { effects, file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    await file.read("acme", "2.0");
    const newer = Buffer.from("mimecast-input-checkpoint 2 whatever\n{}");
    effects.disk.set(PATH, newer);
    await expect(file.write(checkpointOf({ sequence: 8 }))).rejects.toMatchObject({
      code: "checkpoint_newer",
    });
    expect(effects.disk.get(PATH)).toEqual(newer);
  });

  it("can be tried again where nothing was written", async () => {
    const failing = new StateError("Cannot write: ENOSPC", { code: "state_enospc" });
    const full = { is: true };
    const effects = createFakeEffects({
      onFile: (operation) => {
        if (full.is && operation === "replace") throw failing;
      },
    });
    const file = checkpointFile(effects.files, "/state/acme");
    await file.read("acme", "2.0");
    await expect(file.write(STORED)).rejects.toBe(failing);
    full.is = false;
    await file.write(STORED);
    expect(contentOf(effects, PATH)).toEqual(STORED);
    expect(effects.disk.has(PREVIOUS)).toBe(false);
  });

  it("makes no previous copy of an account that is new", async () => {
    const { effects, file } = opened();
    await file.read("acme", "2.0");
    await file.write(STORED);
    expect([...effects.disk.keys()]).toEqual([PATH]);
  });

  it("copies what it has read itself, not what has become of the file since", async () => {
    const { effects, file } = opened({ [PATH]: serializeCheckpoint(STORED) });
    await file.read("acme", "2.0");
    effects.disk.set(PATH, new Uint8Array(10));
    await file.write(checkpointOf({ sequence: 8 }));
    expect(contentOf(effects, PREVIOUS)).toEqual(STORED);
  });
});
