import { describe, expect, it } from "vitest";
import { createProgress, progressText } from "../../plugin/collect/progress.ts";
import { createStatusLine } from "../../plugin/host/status_line.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const UNTIL = Date.UTC(2026, 1, 28, 6);

describe("createProgress() without a terminal", () => {
  it("says every 30 seconds of a back-fill how far it has come", () => {
    const effects = createFakeEffects();
    const feed = createProgress(effects, null).turn("acme", "siem");
    for (let second = 0; second < 95; second++) {
      effects.advance(1_000);
      feed.took(100, 0);
      if (second % 10 === 9) feed.page(second > 50 ? UNTIL : null);
    }
    expect(effects.logs).toEqual([
      said({ records: 3_000, pages: 2, recordsPerSecond: 100 }),
      said({ records: 6_000, pages: 5, recordsPerSecond: 100 }),
      said({
        records: 9_000,
        pages: 8,
        recordsPerSecond: 100,
        collectedUntil: "2026-02-28T06:00:00Z",
      }),
    ]);
  });

  it("says how many calls are left where that is known", () => {
    const effects = createFakeEffects();
    let left = 40;
    const feed = createProgress(effects, null).turn("acme", "siem", () => --left);
    for (const _ of [1, 2]) {
      effects.advance(30_000);
      feed.took(1, 0);
    }
    expect(effects.logs.map(({ fields }) => fields.callsLeft)).toEqual([39, 38]);
  });

  it("says nothing of a poll that is done sooner", () => {
    const effects = createFakeEffects();
    const progress = createProgress(effects, null);
    for (let poll = 0; poll < 10; poll++) {
      effects.advance(29_000);
      progress.turn("acme", "siem").took(5, 0);
      progress.end("acme", "siem");
    }
    expect(effects.logs).toEqual([]);
  });

  it("counts on over the turns of one back-fill, and each feed for itself", () => {
    const effects = createFakeEffects();
    const progress = createProgress(effects, null);
    for (let turn = 0; turn < 4; turn++) {
      progress.turn("acme", "siem").took(10, 0);
      progress.turn("beta", "siem").took(1, 0);
      effects.advance(10_000);
    }
    progress.turn("acme", "siem").took(10, 0);
    expect(effects.logs.map(({ fields }) => [fields.account, fields.records])).toEqual([
      ["acme", 40],
      ["beta", 4],
    ]);
  });

  function said(fields: object) {
    return {
      level: "info",
      message: "Collecting",
      fields: { account: "acme", source: "siem", ...fields },
    };
  }
});

describe("createProgress() on a terminal", () => {
  it("shows it twice a second at most, and takes it away at the end", () => {
    const effects = createFakeEffects();
    const shown: string[] = [];
    const progress = createProgress(effects, (text) => shown.push(text));
    const feed = progress.turn("acme", "audit");
    for (let tenth = 0; tenth < 20; tenth++) {
      effects.advance(100);
      feed.took(5, 0);
    }
    progress.end("acme", "audit");
    expect(shown).toEqual([
      "acme audit: 25 records, 50/s, 0 pages",
      "acme audit: 50 records, 50/s, 0 pages",
      "acme audit: 75 records, 50/s, 0 pages",
      "acme audit: 100 records, 50/s, 0 pages",
      "",
    ]);
    expect(effects.logs).toEqual([]);
  });

  it("progressText() names the moment up to which all is there, and the calls that are left", () => {
    const known = { account: "a", source: "dlp", startedMs: 0, records: 7, pages: 2 };
    const feed = { ...known, coveredUntilMs: UNTIL, callsLeft: () => null };
    const text = "a dlp: 7 records, 7/s, 2 pages, up to 2026-02-28T06:00:00Z";
    expect(progressText(feed, 1_000)).toBe(text);
    expect(progressText({ ...feed, callsLeft: () => 0 }, 1_000)).toBe(`${text}, 0 calls left`);
  });
});

describe("createStatusLine()", () => {
  function line(columns = 80) {
    const written: string[] = [];
    return {
      written,
      status: createStatusLine(
        (text) => written.push(text),
        () => columns,
      ),
    };
  }

  it("writes over itself, and not at all while there is nothing to show", () => {
    const { written, status } = line();
    status.show("");
    status.show("one");
    status.show("two");
    status.show("");
    status.show("");
    expect(written).toEqual(["\r\u001b[2Kone", "\r\u001b[2Ktwo", "\r\u001b[2K"]);
  });

  it("makes room for a line of the log and comes back behind it", () => {
    const { written, status } = line();
    const log = status.around((level, message) => written.push(`${level} ${message}`));
    log("info", "before");
    status.show("at work");
    log("warn", "trying again");
    expect(written).toEqual([
      "info before",
      "\r\u001b[2Kat work",
      "\r\u001b[2K",
      "warn trying again",
      "\r\u001b[2Kat work",
    ]);
  });

  it("is never longer than the terminal is wide", () => {
    const { written, status } = line(10);
    status.show("0123456789abc");
    expect(written).toEqual(["\r\u001b[2K012345678"]);
  });
});
