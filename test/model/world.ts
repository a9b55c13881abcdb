import { DecodeError } from "../../plugin/errors.ts";
import type { Source } from "../../plugin/sources/source.ts";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import type { Shipper } from "../../plugin/state/shipper.ts";
import type { ScriptedPage } from "../support/scripted.ts";
import { scriptedSource } from "../support/scripted.ts";
import type { ModelDisk } from "./disk.ts";
import { createDisk } from "./disk.ts";
import { createOutFile } from "./out_file.ts";
import { createPipe } from "./pipe.ts";
import type { Machine, PluginProcess } from "./plugin_process.ts";
import { startPlugin } from "./plugin_process.ts";

/** What can happen. Numbers are taken as they come: too much is as much as there is. */
export type Action =
  | { readonly do: "start" }
  | { readonly do: "steps"; readonly count: number }
  /** Steps until it has ended, sleeps, or is blocked. */
  | { readonly do: "run" }
  | { readonly do: "orphan steps"; readonly count: number }
  | { readonly do: "read"; readonly bytes: number }
  | { readonly do: "keep"; readonly lines: number }
  | { readonly do: "kill plugin" }
  | { readonly do: "kill shipper" }
  | { readonly do: "kill machine"; readonly cut: number }
  | { readonly do: "term" }
  | { readonly do: "reload" }
  | { readonly do: "full"; readonly full: boolean }
  | { readonly do: "clock"; readonly ms: number }
  /** The next save fails: before it has done anything, or behind its rename. */
  | { readonly do: "fail save"; readonly when: "before" | "after" }
  | { readonly do: "more pages" };

/** The world that a sequence of actions plays in. */
export interface WorldSettings {
  readonly mode: "once" | "follow";
  /** "shipper": a pipe to one that lives on; "cron": to one that is made for each run; "file": no reader at all. */
  readonly to: "shipper" | "cron" | "file";
  readonly pages: number;
  readonly chunkRecords: number;
  readonly pipeBytes: number;
  /** The most that the shipper holds in memory without having kept it. */
  readonly bufferBytes: number;
  readonly lagBytes: number;
  readonly settleMs: number;
  readonly trustDrained: boolean;
  readonly slow: boolean;
  readonly lockless: boolean;
  /** Some pages begin with an item that can't be read. */
  readonly damaged: boolean;
}

/** One machine with Mimecast's stream, the plugin, a pipe, and a shipper. */
export interface World {
  readonly disk: ModelDisk;
  act(action: Action): Promise<void>;
  /** Everything is well from now on: runs until all is kept. False where that does not happen. */
  recover(): Promise<boolean>;
  /** How often each id was kept. */
  kept(): ReadonlyMap<string, number>;
  /** Every id of the stream as far as it goes now. */
  ids(): string[];
  /** Items that can't be read and are not in the checkpoint as a gap with the file that is in the quarantine. */
  unrecorded(): string[];
  /** Ids that were kept more than once, each as often as it was too much. */
  duplicates(): number;
}

const STREAMS = ["siem", "audit"] as const;
const INTERVAL_MS = 900_000;
const MAX_STEPS = 20_000;
const DAMAGE = new DecodeError("Cannot read item: damaged gzip", { code: "gzip_damaged" });

/** A world in which nothing has happened yet. */
export function createWorld(settings: WorldSettings): World {
  const disk = createDisk();
  const machine: Machine = { disk, lock: null, nowMs: 1e12, uuids: 0, starts: 0, defect: null };
  const file = settings.to === "file" ? createOutFile() : null;
  const keptLines: string[] = [];
  let pages = settings.pages;
  let boots = 1;
  let shippers = 0;
  let shipper = newShipper();
  let orphans: PluginProcess[] = [];

  function newShipper() {
    shippers++;
    const identity: Shipper = {
      pid: 100 + shippers,
      start: String(shippers),
      boot: `boot-${boots}`,
      name: "shipper",
      madeForRun: settings.to === "cron",
      ourStart: "",
    };
    return { identity, child: null as PluginProcess | null, text: "", buffer: [] as string[] };
  }

  function sources(): readonly Source[] {
    return STREAMS.map((name) =>
      scriptedSource((cursor) => (cursor < pages ? pageAt(name, cursor) : undefined), {
        name,
        streams: [name],
      }),
    );
  }

  function pageAt(name: string, cursor: number): ScriptedPage {
    const page = pageOf(name, cursor);
    if (!isDamaged(name, cursor)) return page;
    const bad = { key: "bad", records: ["x"], fail: () => ({ after: 0, error: DAMAGE }) };
    return { ...page, items: [bad, ...page.items] };
  }

  /** Pages with records, so that what comes behind the item shows that it was stepped over. */
  function isDamaged(name: string, cursor: number): boolean {
    return settings.damaged && (cursor + name.length) % 5 === 2;
  }

  function unrecorded(): string[] {
    const bytes = disk.bytes("/state/acme/checkpoint");
    const gaps = bytes === null ? [] : parseCheckpoint(bytes, "").gaps;
    const isKept = (name: string, cursor: number) =>
      gaps.some(
        (gap) =>
          gap.stream === name &&
          gap.cursor === cursor &&
          disk.bytes(`/state/acme/quarantine/${gap.file}`)?.length === "raw bytes of bad".length,
      );
    return STREAMS.flatMap((name) =>
      Array.from({ length: pages }, (_, cursor) => cursor)
        .filter((cursor) => isDamaged(name, cursor) && !isKept(name, cursor))
        .map((cursor) => `${name} ${cursor}`),
    );
  }

  function start(): void {
    if (shipper.child !== null) return;
    shipper.child = startPlugin(machine, {
      ...settings,
      shipper: { ...shipper.identity, ourStart: String(++machine.starts) },
      out: file ?? createPipe(settings.pipeBytes),
      sources,
    });
  }

  /** The shipper reads lines into its memory, and learns of the end of its child. */
  function read(bytes: number): void {
    const { child } = shipper;
    if (child === null) return;
    if (child.pipe === null) {
      if (!child.alive) shipper.child = null;
      return;
    }
    const held = shipper.buffer.reduce((sum, line) => sum + line.length + 1, shipper.text.length);
    const limit = Math.max(0, Math.min(bytes, settings.bufferBytes - held));
    const text = shipper.text + Buffer.from(child.pipe.take(limit)).toString("latin1");
    const lines = text.split("\n");
    shipper.text = lines.pop() ?? "";
    shipper.buffer.push(...lines);
    // A line longer than its memory would stop it for ever: it gives up the piece, as every shipper does.
    if (shipper.text.length >= settings.bufferBytes) shipper.text = "";
    if (!child.pipe.ended) return;
    // End of file: half a line that a killed process left is a line of its own; nobody can read an id in it.
    shipper.text = "";
    shipper.child = null;
    // Fluent Bit has appended every line to its storage before it starts us again.
    if (settings.mode === "once") keep(Number.POSITIVE_INFINITY);
    if (settings.to === "cron") shipper = newShipper();
  }

  function keep(count: number): void {
    keptLines.push(...shipper.buffer.splice(0, count));
  }

  function readAll(): void {
    const left = () => shipper.child?.pipe?.size ?? 0;
    for (let before = -1; before !== left(); ) {
      before = left();
      read(Number.POSITIVE_INFINITY);
      keep(Number.POSITIVE_INFINITY);
    }
  }

  function detach(): void {
    const { child } = shipper;
    if (child === null) return;
    child.pipe?.closeReader();
    if (child.alive) orphans.push(child);
    shipper.child = null;
    shipper.text = "";
  }

  async function step(child: PluginProcess): Promise<boolean> {
    const slept = child.gate.parked()[0] === "sleep";
    const went = await child.step();
    if (machine.defect !== null) throw machine.defect;
    // While we sleep a second, a shipper that is well reads and keeps all that there is.
    if (slept && child === shipper.child) readAll();
    return went;
  }

  async function act(action: Action): Promise<void> {
    switch (action.do) {
      case "start":
        return start();
      case "steps":
        for (let i = 0; i < action.count && shipper.child !== null; i++) await step(shipper.child);
        return;
      case "run":
        for (let i = 0; i < MAX_STEPS; i++) {
          const { child } = shipper;
          if (child === null || child.gate.parked()[0] === "sleep" || !(await step(child))) return;
        }
        return;
      case "orphan steps":
        for (let i = 0; i < action.count; i++) {
          for (const orphan of orphans) await step(orphan);
          orphans = orphans.filter((orphan) => orphan.alive);
        }
        return;
      case "read":
        return read(action.bytes);
      case "keep":
        return keep(action.lines);
      case "kill plugin":
        return shipper.child?.kill();
      case "kill shipper":
        detach();
        shipper = newShipper();
        return;
      case "kill machine":
        for (const orphan of orphans) orphan.kill();
        orphans = [];
        shipper.child?.kill();
        disk.crash(action.cut);
        file?.crash(action.cut);
        boots++;
        shipper = newShipper();
        return;
      case "term":
        return shipper.child?.term();
      case "reload":
        // What it has read it keeps; what is in the pipe is gone (syslog-ng closes it unread). Fluent Bit asks a
        // living child to stop, but has always read a dead one to its end before it starts another.
        keep(Number.POSITIVE_INFINITY);
        shipper.child?.term();
        if (settings.mode === "follow" || shipper.child?.alive) detach();
        return;
      case "full":
        return disk.setFull(action.full);
      case "clock":
        machine.nowMs += action.ms;
        return;
      case "fail save":
        return disk.failNext(action.when);
      case "more pages":
        pages += 2;
        return;
    }
  }

  async function recover(): Promise<boolean> {
    disk.setFull(false);
    for (let i = 0; i < MAX_STEPS && orphans.length > 0; i++) {
      await act({ do: "orphan steps", count: 1 });
    }
    for (let i = 0; i < MAX_STEPS; i++) {
      if (shipper.child === null) {
        if (complete()) return true;
        machine.nowMs += INTERVAL_MS;
        start();
        continue;
      }
      await step(shipper.child);
      readAll();
      if (settings.mode === "follow" && complete()) return true;
    }
    return false;
  }

  function ids(): string[] {
    return STREAMS.flatMap((name) =>
      Array.from({ length: pages }, (_, cursor) => pageOf(name, cursor)).flatMap((page) =>
        page.items.flatMap((item) => [...item.records]),
      ),
    );
  }

  function kept(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const line of file?.text().split("\n") ?? keptLines) {
      if (isId(line)) counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    return counts;
  }

  function complete(): boolean {
    const counts = kept();
    return ids().every((id) => counts.has(id));
  }

  return {
    disk,
    act,
    recover,
    kept,
    unrecorded,
    ids,
    duplicates: () => [...kept().values()].reduce((sum, count) => sum + count - 1, 0),
  };
}

/** Pages of every shape: without items, with an empty item, with one item that fills several pipes. */
function pageOf(stream: string, cursor: number): ScriptedPage {
  const sizes = [[3, 1], [], [12], [0, 5], [1]][(cursor + stream.length) % 5] ?? [];
  return {
    items: sizes.map((size, item) => ({
      key: `${cursor}/${item}`,
      blockRecords: 5,
      records: Array.from({ length: size }, (_, index) => `${stream}.${cursor}.${item}.${index}`),
    })),
  };
}

function isId(line: string): boolean {
  return /^(siem|audit)\.\d+\.\d+\.\d+$/.test(line);
}
