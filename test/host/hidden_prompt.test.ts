import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { PromptAbortedError, promptHidden, readKeys } from "../../plugin/host/hidden_prompt.ts";

class FakeTerminal extends EventEmitter {
  raw = false;
  readonly modes: boolean[] = [];
  paused = true;
  setRawMode(on: boolean) {
    this.raw = on;
    this.modes.push(on);
  }
  resume() {
    this.paused = false;
  }
  pause() {
    this.paused = true;
  }
  type(...pieces: (string | Uint8Array)[]) {
    for (const piece of pieces) {
      this.emit("data", typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    }
  }
}

function ask() {
  const terminal = new FakeTerminal();
  const shown: string[] = [];
  const answer = promptHidden("Secret: ", terminal, (text) => void shown.push(text));
  return { terminal, shown, answer };
}

describe("promptHidden()", () => {
  test("gives the line and shows nothing of it", async () => {
    const { terminal, shown, answer } = ask();
    expect(terminal.raw).toBe(true);
    terminal.type("corr", "ect", "\r");
    expect(await answer).toBe("correct");
    expect(shown).toEqual(["Secret: ", "\n"]);
    expect(terminal.modes).toEqual([true, false]);
    expect(terminal.paused).toBe(true);
    expect(terminal.listenerCount("data")).toBe(0);
  });

  test("reads a character whose bytes come apart", async () => {
    const { terminal, answer } = ask();
    const bytes = new TextEncoder().encode("pä\u{1f511}\n");
    terminal.type(bytes.slice(0, 2), bytes.slice(2, 5), bytes.slice(5));
    expect(await answer).toBe("pä\u{1f511}");
  });

  test.each(["\u0003", "\u0004"])("gives up at %j and restores the terminal", async (key) => {
    const { terminal, answer } = ask();
    terminal.type("abc", key);
    await expect(answer).rejects.toBeInstanceOf(PromptAbortedError);
    expect(terminal.modes).toEqual([true, false]);
  });
});

describe("readKeys()", () => {
  test.each([
    ["abc\u007f\u007fd", "ad"],
    ["\u007f", ""],
    ["a\u{1f511}\b", "a"],
    ["abc\u0015x", "x"],
    ["a\u001bb\u0000c", "abc"],
  ])("%j leaves %j", (keys, line) => {
    expect(readKeys("", keys)).toEqual({ line });
  });

  test("ignores what follows Enter", () => {
    expect(readKeys("a", "b\rc")).toEqual({ line: "ab", end: "enter" });
  });
});
