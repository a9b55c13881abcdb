import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { newSealKey, seal } from "../../../plugin/commands/seal/seal.ts";
import { openSealed, parseSealKey } from "../../../plugin/config/secrets/sealed.ts";
import { PromptAbortedError } from "../../../plugin/host/hidden_prompt.ts";
import type { SealInputs } from "../../../plugin/host/seal_inputs.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

function world(given: { terminal?: boolean; typed?: string; files?: Map<string, string> } = {}) {
  const { terminal = false, typed = "", files = new Map<string, string>() } = given;
  const out: string[] = [];
  const said: string[] = [];
  const asked: string[] = [];
  const inputs: SealInputs = {
    terminal,
    readStdin: async () => {
      asked.push("stdin");
      return typed;
    },
    promptHidden: async (question) => {
      asked.push(question);
      return typed;
    },
    createFile: async (path, text) => {
      if (files.has(path)) {
        throw Object.assign(new Error("exists"), { code: "EEXIST" });
      }
      if (path.startsWith("/none/")) {
        throw Object.assign(new Error("no folder"), { code: "ENOENT" });
      }
      files.set(path, String(text));
    },
    randomBytes: (length) => KEY.slice(0, length),
    print: async (line) => void out.push(line),
    say: (line) => void said.push(line),
  };
  return { inputs, out, said, asked, files };
}

describe("seal()", () => {
  test.each(["correct horse", "correct horse\n", "correct horse\r\n"])(
    "prints %j from standard input as YAML that opens again",
    async (typed) => {
      const { inputs, out, asked } = world({ typed });
      await seal(inputs, KEY);
      expect(asked).toEqual(["stdin"]);
      expect(out).toHaveLength(1);
      const { sealed } = parse(out[0]!) as { sealed: string };
      expect(await openSealed(sealed, KEY)).toBe("correct horse");
    },
  );

  test("asks on a terminal", async () => {
    const { inputs, out, said, asked } = world({ terminal: true, typed: "correct horse" });
    await seal(inputs, KEY);
    expect(asked).toEqual(["Secret (not shown): "]);
    expect([...out, ...said].join()).not.toContain("correct horse");
  });

  test.each([
    ["", /empty/],
    ["\n", /empty/],
    ["a\nb", /one line/],
  ])("refuses %j", async (typed, message) => {
    const { inputs, out } = world({ typed });
    await expect(seal(inputs, KEY)).rejects.toThrow(message);
    expect(out).toEqual([]);
  });

  test("reads nothing without a key", async () => {
    const { inputs, asked } = world({ typed: "x" });
    await expect(seal(inputs, null)).rejects.toMatchObject({
      code: "seal_key",
      hint: expect.stringContaining("--new-key"),
    });
    expect(asked).toEqual([]);
  });
});

test("seal() says that it was left", async () => {
  const { inputs, said } = world({ terminal: true });
  inputs.promptHidden = () => Promise.reject(new PromptAbortedError("left"));
  await expect(seal(inputs, KEY)).rejects.toThrow(PromptAbortedError);
  expect(said).toEqual(["Left: nothing was sealed"]);
});

describe("newSealKey()", () => {
  test("writes a key that seals, and what to put into the configuration", async () => {
    const { inputs, out, files } = world();
    await newSealKey(inputs, "/etc/seal key");
    const written = files.get("/etc/seal key")!;
    expect(parseSealKey(written.trimEnd())).toEqual(KEY);
    expect(parse(out[0]!)).toEqual({ seal_key: { file: "/etc/seal key" } });
    expect(out.join()).not.toContain(written.trimEnd());
  });

  test("prints an absolute path for a relative one: seal_key takes no other", async () => {
    const { inputs, out, files } = world();
    await newSealKey(inputs, "mm/seal.key");
    const path = resolve("mm/seal.key");
    expect([...files.keys()]).toEqual([path]);
    expect(parse(out[0]!)).toEqual({ seal_key: { file: path } });
  });

  test("never replaces a file", async () => {
    const { inputs, files } = world({ files: new Map([["/k", "old"]]) });
    await expect(newSealKey(inputs, "/k")).rejects.toMatchObject({
      message: 'Cannot make a seal key "/k": it exists already',
      code: "seal_key_file",
      hint: expect.stringContaining("choose another name"),
    });
    expect(files.get("/k")).toBe("old");
  });

  test("says why a file can't be created", async () => {
    const { inputs } = world();
    inputs.createFile = () => Promise.reject(new Error("odd"));
    await expect(newSealKey(inputs, "/k")).rejects.toMatchObject({
      message: 'Cannot make a seal key "/k": odd',
      hint: undefined,
    });
    await expect(newSealKey(world().inputs, "/none/k")).rejects.toThrow(
      /its folder does not exist/,
    );
  });
});
