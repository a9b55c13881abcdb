import { CompactEncrypt } from "jose";
import { describe, expect, test } from "vitest";
import {
  formatSealKey,
  openSealed,
  parseSealKey,
  SEALED,
  sealText,
} from "../../../plugin/config/secrets/sealed.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const OTHER = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

describe("sealText()", () => {
  test("is opened by openSealed() with the same key", async () => {
    for (const text of ["x", "correct horse", "pä$$wörd \u{1f511}", "y".repeat(5000)]) {
      const sealed = await sealText(text, KEY);
      expect(sealed).toMatch(SEALED);
      expect(sealed.length).toBeGreaterThan(text.length + 60);
      expect(await openSealed(sealed, KEY)).toBe(text);
    }
  });

  test("differs at every sealing", async () => {
    expect(await sealText("x", KEY)).not.toBe(await sealText("x", KEY));
  });
});

describe("openSealed() refuses", () => {
  test("another key", async () => {
    await expect(openSealed(await sealText("x", KEY), OTHER)).rejects.toThrow();
  });

  test("a change in any part", async () => {
    const parts = (await sealText("correct horse", KEY)).split(".");
    for (const index of [0, 2, 3, 4]) {
      const part = parts[index]!;
      const first = part.startsWith("A") ? "B" : "A";
      const changed = parts.with(index, first + part.slice(1)).join(".");
      await expect(openSealed(changed, KEY)).rejects.toThrow();
    }
  });

  test("other algorithms", async () => {
    const half = KEY.slice(0, 16);
    const small = await new CompactEncrypt(new TextEncoder().encode("x"))
      .setProtectedHeader({ alg: "dir", enc: "A128GCM" })
      .encrypt(half);
    await expect(openSealed(small, half)).rejects.toThrow(/enc/);
    const wrapped = await new CompactEncrypt(new TextEncoder().encode("x"))
      .setProtectedHeader({ alg: "A256KW", enc: "A256GCM" })
      .encrypt(KEY);
    await expect(openSealed(wrapped, KEY)).rejects.toThrow(/alg/);
  });
});

describe("parseSealKey()", () => {
  test("reads what formatSealKey() wrote, padded or not", () => {
    const text = formatSealKey(KEY);
    expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(parseSealKey(text)).toEqual(KEY);
    expect(parseSealKey(`${text}=`)).toEqual(KEY);
  });

  test.each([
    "",
    "short",
    formatSealKey(KEY.slice(1)),
    `${formatSealKey(KEY)}A`,
    formatSealKey(KEY).replace(/^./, "+"),
    ` ${formatSealKey(KEY)}`,
  ])("refuses %j", (text) => {
    expect(parseSealKey(text)).toBeUndefined();
  });
});
