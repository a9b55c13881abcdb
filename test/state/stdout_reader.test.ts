import { describe, expect, it } from "vitest";
import type { OutKind } from "../../plugin/effects.ts";
import { stdoutReader } from "../../plugin/state/stdout_reader.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const stat = (pid: number, name: string, parent: number, tty = 0) =>
  `${pid} (${name}) S ${parent} ${pid} ${pid} ${tty} ${"0 ".repeat(15)}1000\n`;

/** We are started by a shell of Fluent Bit, in a session without a terminal. */
const PROCESSES = {
  "/proc/self/stat": stat(300, "node", 200),
  "/proc/200/stat": stat(200, "sh", 100),
  "/proc/100/stat": stat(100, "fluent-bit", 1),
  "/proc/1/stat": stat(1, "systemd", 0),
  "/proc/77/stat": stat(77, "jq", 1),
};

interface Given {
  readonly out?: OutKind;
  readonly files?: Readonly<Record<string, string>>;
  readonly readers?: readonly number[] | null;
  readonly terminal?: boolean;
  readonly journal?: boolean;
  readonly handover?: "shipper" | "drained";
}

async function told(given: Given) {
  const { out = "pipe", files = PROCESSES, readers = [100], terminal = false } = given;
  const asked: (readonly number[])[] = [];
  const found = await stdoutReader(
    { handover: given.handover ?? "shipper" },
    {
      effects: createFakeEffects({ outKind: out, files }),
      pid: 300,
      parentPid: () => 200,
      terminal,
      journal: given.journal ?? false,
      pipeReaders: async (likely) => {
        asked.push(likely);
        return readers;
      },
    },
  );
  return { ...found, asked };
}

describe("stdoutReader()", () => {
  it("asks the processes above us first who reads the pipe", async () => {
    expect(await told({})).toEqual({
      reader: { is: "keeper" },
      pids: [100],
      asked: [[200, 100, 1]],
    });
  });

  it("asks nobody about what is no pipe", async () => {
    expect(await told({ out: "file" })).toEqual({
      reader: { is: "keeper" },
      pids: [],
      asked: [],
    });
  });

  it("takes the shipper for the reader where that can't be told", async () => {
    expect(await told({ readers: null })).toMatchObject({ reader: { is: "keeper" }, pids: [] });
  });

  it("names the process that reads beside us; one that is gone has no name", async () => {
    for (const [pid, name] of [
      [77, "jq"],
      [78, "unknown"],
    ]) {
      expect(await told({ readers: [Number(pid)] })).toMatchObject({
        reader: { is: "unsure", why: `${name} (pid ${pid}) reads stdout, and has not started us` },
        pids: [pid],
      });
    }
  });

  it("knows a terminal by stdin and stderr, or by the session", async () => {
    const cron = { ...PROCESSES, "/proc/100/stat": stat(100, "cron", 1) };
    const session = { ...cron, "/proc/self/stat": stat(300, "node", 200, 34_816) };
    expect(await told({ files: cron })).toMatchObject({ reader: { is: "keeper" } });
    const why = expect.stringContaining("at a terminal");
    for (const given of [{ files: cron, terminal: true }, { files: session }]) {
      expect(await told(given)).toMatchObject({ reader: { is: "unsure", why } });
    }
  });

  it("passes on what the operator vouches for, and journald's socket", async () => {
    const journal = { readers: null, journal: true };
    expect(await told(journal)).toMatchObject({
      reader: { is: "unsure", why: expect.stringContaining("journald") },
    });
    expect(await told({ ...journal, handover: "drained" })).toMatchObject({
      reader: { is: "keeper" },
    });
  });
});
