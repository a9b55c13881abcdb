import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  findLineage,
  findShipper,
  hasTerminal,
  isCertain,
  isLater,
  parseStat,
  sameShipper,
} from "../../plugin/state/shipper.ts";
import { shipper } from "../support/delivery_values.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

interface Process {
  readonly name: string;
  readonly parent: number;
  readonly start: number;
}

/** The line of /proc/PID/stat: 52 fields, of which 1, 2, 4 and 22 matter here. */
function statLine(pid: number, { name, parent, start }: Process): string {
  const middle = Array.from({ length: 17 }, (_, index) => index);
  const rest = Array.from({ length: 30 }, (_, index) => index);
  return `${pid} (${name}) S ${parent} ${middle.join(" ")} ${start} ${rest.join(" ")}\n`;
}

/** A procfs in which our own process started at tick 5000. */
function procfs(processes: Readonly<Record<number, Process>>, ownStart: number | null = 5000) {
  const files: Record<string, string> = {
    "/proc/sys/kernel/random/boot_id": "2f0f8d4e-7f4e-4a57-9d43-3f8b5d3e0c11\n",
  };
  if (ownStart !== null) {
    files["/proc/self/stat"] = statLine(99, { name: "node", parent: 98, start: ownStart });
  }
  for (const [pid, values] of Object.entries(processes)) {
    files[`/proc/${pid}/stat`] = statLine(Number(pid), values);
  }
  return createFakeEffects({ files }).files;
}

const FLUENT_BIT = { name: "fluent-bit", parent: 1, start: 1000 };

describe("findShipper()", () => {
  it("finds the parent", async () => {
    expect(await findShipper(procfs({ 10: FLUENT_BIT }), 10)).toEqual({
      pid: 10,
      start: "1000",
      boot: "2f0f8d4e-7f4e-4a57-9d43-3f8b5d3e0c11",
      name: "fluent-bit",
      madeForRun: false,
      ourStart: "5000",
    });
  });

  it.each(["sh", "dash", "bash", "busybox", "timeout", "sudo", "env", "nice"])(
    "looks through %s",
    async (name) => {
      const files = procfs({ 10: FLUENT_BIT, 20: { name, parent: 10, start: 4990 } });
      expect(await findShipper(files, 20)).toMatchObject({ pid: 10, name: "fluent-bit" });
    },
  );

  it("looks through several at once", async () => {
    const files = procfs({
      10: FLUENT_BIT,
      20: { name: "sh", parent: 10, start: 4980 },
      30: { name: "timeout", parent: 20, start: 4981 },
      40: { name: "busybox", parent: 30, start: 4982 },
    });
    expect(await findShipper(files, 40)).toMatchObject({ pid: 10, start: "1000" });
  });

  it("is the ancestor that reads our stdout, also above a wrapper of its own", async () => {
    const files = procfs({
      10: FLUENT_BIT,
      20: { name: "python3", parent: 10, start: 4980 },
      30: { name: "sh", parent: 20, start: 4981 },
    });
    expect((await findShipper(files, 30)).name).toBe("python3");
    expect(await findShipper(files, 30, [10])).toMatchObject({ pid: 10, start: "1000" });
    expect((await findShipper(files, 30, [30, 77])).name).toBe("python3");
  });

  it("is the same for two runs under one process, and another after its restart", async () => {
    const first = await findShipper(
      procfs({ 10: FLUENT_BIT, 20: { name: "sh", parent: 10, start: 4990 } }),
      20,
    );
    const second = await findShipper(
      procfs({ 10: FLUENT_BIT, 21: { name: "sh", parent: 10, start: 9990 } }, 10_000),
      21,
    );
    const restarted = await findShipper(procfs({ 10: { ...FLUENT_BIT, start: 12_000 } }), 10);
    expect(sameShipper(first, second)).toBe(true);
    expect(sameShipper(first, restarted)).toBe(false);
    expect(isLater(first, second)).toBe(true);
    expect(isLater(second, first)).toBe(false);
    expect(isCertain(first)).toBe(true);
  });

  it.each([
    [4901, true],
    [4900, false],
  ])(
    "tells a parent that was made for the run by its start (tick %i, ours 5000)",
    async (start, madeForRun) => {
      const files = procfs({ 10: { name: "cron", parent: 1, start } });
      expect((await findShipper(files, 10)).madeForRun).toBe(madeForRun);
    },
  );

  it("knows the pid alone without procfs, and says so", async () => {
    const found = await findShipper(createFakeEffects().files, 10);
    expect(found).toEqual({
      pid: 10,
      start: "",
      boot: "",
      name: "",
      madeForRun: true,
      ourStart: "",
    });
    expect(isCertain(found)).toBe(false);
  });

  it("knows the pid alone of an ancestor that is hidden", async () => {
    const files = procfs({ 20: { name: "sudo", parent: 10, start: 4990 } });
    const found = await findShipper(files, 20);
    expect(found).toMatchObject({ pid: 10, start: "", name: "" });
    expect(isCertain(found)).toBe(false);
  });

  it("takes a failing read for a missing one", async () => {
    const files = {
      read: async () => {
        throw new Error("EACCES");
      },
    };
    expect(await findShipper(files, 10)).toMatchObject({ pid: 10, start: "", boot: "" });
  });

  it("does not take a parent for a new one where only our own start is unknown", async () => {
    const found = await findShipper(procfs({ 10: FLUENT_BIT }, null), 10);
    expect(found).toMatchObject({ pid: 10, start: "1000", madeForRun: true });
  });

  it("stops at the top where all are shells: an entry point of a container", async () => {
    const files = procfs({ 1: { name: "sh", parent: 0, start: 4000 } });
    expect(await findShipper(files, 1)).toMatchObject({ pid: 1, start: "4000", name: "sh" });
  });

  it("has no process to name where the parent lies outside of the pid namespace", async () => {
    expect(await findShipper(procfs({}), 0)).toMatchObject({ pid: 0, start: "" });
  });

  it("ends on a circle of parents", async () => {
    const files = procfs({
      10: { name: "sh", parent: 20, start: 1 },
      20: { name: "sh", parent: 10, start: 2 },
    });
    expect((await findShipper(files, 10)).name).toBe("sh");
  });
});

describe("findLineage()", () => {
  it("names the processes above us, the nearest first, up to the first that can't be read", async () => {
    const files = procfs({
      10: FLUENT_BIT,
      20: { name: "sh", parent: 10, start: 4980 },
      30: { name: "timeout", parent: 20, start: 4981 },
    });
    const pids = async (from: number) => (await findLineage(files, from)).map(({ pid }) => pid);
    expect(await pids(30)).toEqual([30, 20, 10]);
    expect(await pids(10)).toEqual([10]);
    expect(await pids(11)).toEqual([]);
    expect(await pids(0)).toEqual([]);
  });
});

describe("isCertain()", () => {
  it.each([
    ["1000", "boot-1", true],
    ["", "boot-1", false],
    ["1000", "", false],
  ])("of a start at %j of the boot %j is %j", (start, boot, certain) => {
    expect(isCertain(shipper(10, { start, boot }))).toBe(certain);
  });
});

describe("isLater()", () => {
  it.each([
    ["100", "101", true],
    ["100", "100", false],
    ["101", "100", false],
    ["99", "100", true],
    ["", "1", true],
    ["1", "", true],
  ])("of processes that started at %j and at %j is %j", (first, second, later) => {
    const by = (ourStart: string) => shipper(10, { ourStart });
    expect(isLater(by(first), by(second))).toBe(later);
  });
});

describe("hasTerminal()", () => {
  const own = (tty: number) => `99 (node) S 98 99 99 ${tty} ${"0 ".repeat(15)}1000\n`;
  it.each([
    [own(34_816), true],
    [own(0), false],
    ["", false],
  ])("by /proc/self/stat %j is %j", async (line, terminal) => {
    const { files } = createFakeEffects({ files: { "/proc/self/stat": line } });
    expect(await hasTerminal(files)).toBe(terminal);
  });
});

describe("parseStat()", () => {
  it("reads any name: spaces, parentheses, line feeds, numbers", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 15 }),
          fc.constantFrom(") S 1 2 3", "(sd-pam)", "a) S 7 (b", ")", "(", "", "x\ny", "sh) S 1 "),
        ),
        fc.nat(4_000_000),
        fc.nat(),
        (name, parent, start) => {
          const read = parseStat(statLine(42, { name, parent, start }));
          // statLine counts its other fields up from 0: session 1, terminal 2.
          expect(read).toEqual({ name, parent, session: 1, terminal: true, start: String(start) });
        },
      ),
    );
  });

  it("cannot be fooled into another start time by a name", () => {
    const name = `) S 1 ${"0 ".repeat(17)}777`;
    const read = parseStat(statLine(42, { name, parent: 10, start: 1000 }));
    expect(read).toMatchObject({ parent: 10, start: "1000" });
  });

  it.each(["", "42", "42 (sh", "42 sh) S 1", "42 (sh) S", "42 (sh) S x y", "42 (sh) S 1 2 3"])(
    "is null for %j",
    (text) => {
      expect(parseStat(text)).toBeNull();
    },
  );
});
