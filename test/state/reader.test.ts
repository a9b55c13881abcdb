import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeReader, type ReaderFacts } from "../../plugin/state/reader.ts";
import type { Process } from "../../plugin/state/shipper.ts";

const process = (pid: number, name: string, values: Partial<Process> = {}): Process => ({
  pid,
  name,
  parent: 1,
  session: pid,
  terminal: false,
  start: String(pid),
  ...values,
});

const SYSTEMD = process(1, "systemd", { parent: 0 });
const FLUENT_BIT = process(100, "fluent-bit");
const MINE = process(9, "mine");
/** A person's shell. */
const BASH = process(50, "bash", { terminal: true, parent: 40 });
const SH = process(200, "sh", { parent: 100, session: 100 });

/** Fluent Bit's exec on a server. */
const EXEC: ReaderFacts = {
  out: "pipe",
  terminal: false,
  lineage: [SH, FLUENT_BIT, SYSTEMD],
  readers: [FLUENT_BIT],
  journal: false,
  trustDrained: false,
  pid: 300,
  parentPid: 200,
};
const judged = (facts: Partial<ReaderFacts>) => judgeReader({ ...EXEC, ...facts });
const is = (facts: Partial<ReaderFacts>) => judged(facts).is;

describe("judgeReader() takes for a shipper", () => {
  const vector = process(100, "vector");
  const tty = { terminal: true };
  it.each<[string, Partial<ReaderFacts>]>([
    ["Fluent Bit's exec", {}],
    ["one whose descriptors can't be read", { readers: null }],
    ["Vector, which starts us without a shell", { lineage: [vector, SYSTEMD], readers: [vector] }],
    ["any program that starts us and reads us", { lineage: [MINE, SYSTEMD], readers: [MINE] }],
    ["one above a wrapper of its own", { lineage: [process(150, "python3"), FLUENT_BIT, SYSTEMD] }],
    ["systemd with a socket that is not journald's", { lineage: [SYSTEMD], readers: null }],
    [
      "the runtime of a container, which is outside",
      { lineage: [], readers: null, pid: 1, parentPid: 0 },
    ],
    [
      "a shell script as the entry of a container",
      { lineage: [process(1, "sh", { parent: 0 })], readers: null, parentPid: 1 },
    ],
    [
      "a shell that leads a session without a terminal",
      { lineage: [process(200, "sh", { parent: 100 }), FLUENT_BIT, SYSTEMD] },
    ],
    [
      "a shell of a terminal's session that it does not lead",
      { lineage: [{ ...SH, session: 50, terminal: true }, MINE, SYSTEMD], readers: [MINE] },
    ],
    [
      "any program in the background, below the shell that has started it",
      { lineage: [SH, MINE, BASH, SYSTEMD], readers: [MINE] },
    ],
    [
      "any program that starts us without a shell, below the one that has started it",
      { lineage: [MINE, BASH, SYSTEMD], readers: [MINE] },
    ],
    ["what is above a shell, and hidden", { lineage: [SH], readers: null }],
    [
      "a shipper whose own parent is outside",
      {
        lineage: [SH, { ...FLUENT_BIT, parent: 0 }],
        readers: [FLUENT_BIT],
      },
    ],
    ["a file", { out: "file", terminal: true, readers: null }],
    [
      "Fluent Bit in the foreground",
      {
        terminal: true,
        lineage: [
          { ...SH, ...tty, session: 50 },
          { ...FLUENT_BIT, ...tty, session: 50 },
          process(50, "bash", tty),
        ],
      },
    ],
    [
      "Fluent Bit as the entry of a container with a terminal",
      {
        terminal: true,
        lineage: [process(1, "fluent-bit", { parent: 0, ...tty })],
        readers: null,
        parentPid: 1,
      },
    ],
    [
      "cron with handover: drained",
      {
        lineage: [SH, process(100, "cron"), SYSTEMD],
        readers: [process(7, "logger")],
        trustDrained: true,
      },
    ],
    [
      "journald with handover: drained",
      { lineage: [SYSTEMD], readers: null, journal: true, trustDrained: true },
    ],
  ])("%s", (_name, facts) => {
    expect(judged(facts)).toEqual({ is: "keeper" });
  });
});

describe("judgeReader() commits nothing for", () => {
  const sshd = process(40, "sshd-session");
  it.each<[string, Partial<ReaderFacts>, string]>([
    [
      "a pipe at a terminal",
      { terminal: true, lineage: [BASH, sshd, SYSTEMD], readers: [process(51, "grep")] },
      "grep (pid 51) reads",
    ],
    [
      "a login shell",
      { terminal: true, lineage: [process(50, "-bash", { terminal: true }), sshd], readers: null },
      "at a terminal",
    ],
    [
      "an unknown program at a terminal",
      {
        terminal: true,
        lineage: [process(60, "python3"), BASH, sshd],
        readers: [process(60, "python3")],
      },
      "no shipper that is known",
    ],
    [
      "a pipe beside a known shipper at a terminal",
      { terminal: true, readers: [process(7, "jq")] },
      "jq",
    ],
    [
      "a start that has left the terminal, below its shell",
      { lineage: [BASH, sshd, SYSTEMD], readers: null },
      "at a terminal",
    ],
    [
      "a start that has left the terminal, below a shell that is all there is",
      { lineage: [{ ...BASH, parent: 1 }], readers: null },
      "at a terminal",
    ],
    [
      "ssh without a terminal",
      { lineage: [{ ...SH, parent: 40 }, sshd, SYSTEMD], readers: [sshd] },
      "sshd-session reads",
    ],
    [
      "docker exec",
      { lineage: [], readers: null, pid: 57, parentPid: 0 },
      "outside of the container",
    ],
    [
      "docker exec of a shell",
      { lineage: [process(57, "sh", { parent: 0 })], readers: null, parentPid: 57 },
      "outside of the container",
    ],
    [
      "docker exec, also with handover: drained",
      { lineage: [], readers: null, pid: 57, parentPid: 0, trustDrained: true },
      "outside of the container",
    ],
    [
      "a pipeline that a shipper starts",
      { readers: [process(7, "jq")] },
      "jq (pid 7) reads stdout, and has not started us",
    ],
    ["a shell that keeps the lines in a variable", { readers: [SH] }, "sh (pid 200) reads stdout"],
    ["journald", { lineage: [SYSTEMD], readers: null, journal: true }, "journald"],
  ])("%s", (_name, facts, why) => {
    expect(judged(facts)).toMatchObject({ is: "unsure", why: expect.stringContaining(why) });
  });

  it("a terminal, whoever reads the pipe, unless a known shipper has started us", () => {
    const anyProcess = fc
      .record({
        pid: fc.integer({ min: 1, max: 9 }),
        name: fc.constantFrom("sh", "bash", "node", "python3", "sshd", "make", "cron", ""),
        parent: fc.integer({ min: 0, max: 9 }),
        session: fc.integer({ min: 1, max: 9 }),
        terminal: fc.boolean(),
      })
      .map((values) => process(values.pid, values.name, values));
    const lists = fc.array(anyProcess, { maxLength: 5 });
    fc.assert(
      fc.property(lists, fc.option(lists), fc.boolean(), (lineage, readers, trustDrained) => {
        expect(is({ terminal: true, lineage, readers, trustDrained })).toBe("unsure");
      }),
    );
  });

  it.each(["terminal", "device", "unnamed_file"] as const)("a %s, whoever starts it", (out) => {
    for (const trustDrained of [true, false]) expect(is({ out, trustDrained })).toBe("nobody");
  });
});
