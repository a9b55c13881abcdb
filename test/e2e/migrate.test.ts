import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram, type Workspace } from "../support/program.ts";

/** One tenant behind both generations: the same records, with the same times. */
const RECORDS = { siem: 900, audit: 120, ttp_url: 120, dlp: 60, rejections: 60 };
const LATER = { siem: 90, audit: 12, ttp_url: 12, dlp: 6, rejections: 6 };
const MORE = "poll: { start: 7d, interval_secs: 1 }\nhandover: drained\n";

const closers = closersOfEach();

interface Tenant {
  readonly old: Fake;
  readonly fresh: Fake;
  add(): void;
}

async function tenant(): Promise<Tenant> {
  let heldMs: number | null = Date.now();
  const now = () => heldMs ?? Date.now();
  const fakes: Fake[] = [];
  for (const api of ["1.0", "2.0"] as const) {
    const switches = { recordsPerFile: 50 };
    const fake = await fakeFor(closers, { api, records: RECORDS, seed: 11, now, switches });
    fakes.push(fake);
  }
  heldMs = null;
  const [old, fresh] = fakes as [Fake, Fake];
  return {
    old,
    fresh,
    add() {
      heldMs = Date.now();
      for (const fake of fakes) fake.add(LATER);
      heldMs = null;
    },
  };
}

function configure(workspace: Workspace, fake: Fake, api: "1.0" | "2.0", more = MORE): void {
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
}

const idsOf = (...texts: readonly string[]) =>
  texts
    .flatMap(linesOf)
    .map(idOf)
    .filter((id) => id !== null);

describe("mimecast-input migrate", () => {
  it("moves a tenant in the middle of a stream of records: nothing is missing", async () => {
    const { old, fresh, add } = await tenant();
    const workspace = workspaceFor(closers);
    const checkpoint = join(workspace.stateDir, "acme", "checkpoint");

    configure(workspace, old, "1.0");
    const first = await runProgram(["poll", "--once"], workspace.env);
    expect(first.code).toBe(0);
    add();

    configure(workspace, fresh, "2.0");
    const before = readFileSync(checkpoint);
    const refused = await runProgram(["poll", "--once"], workspace.env);
    expect(refused.code).toBe(74);
    // QRadar is told, and gets no record.
    const said = linesOf(refused.stdout);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("|health_error|");
    expect(refused.stderr).toContain("mimecast-input migrate --account acme");
    expect(readFileSync(checkpoint)).toEqual(before);

    const dry = await runProgram(["migrate", "--account", "acme", "--dry-run"], workspace.env);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("go on where they were, nothing comes twice: audit");
    expect(readFileSync(checkpoint)).toEqual(before);

    const moved = await runProgram(
      ["migrate", "--account", "acme", "--assume-delivered"],
      workspace.env,
    );
    expect(moved.stderr).toBe("");
    expect(moved.code).toBe(0);
    expect(moved.stdout).toContain("come twice, with another eventUid");
    expect(readFileSync(`${checkpoint}.api-1.0`)).toEqual(before);
    expect(existsSync(`${checkpoint}.previous`)).toBe(false);
    const again = await runProgram(["migrate", "--account", "acme"], workspace.env);
    expect(again.code).toBe(78);
    expect(again.stderr).toContain("it is of API 2.0 already");

    const second = await runProgram(["poll", "--once"], workspace.env);
    expect(second.code).toBe(0);
    add();
    // Until the interval is over and the second of these records has passed.
    await new Promise((done) => setTimeout(done, 2_100));
    const third = await runProgram(["poll", "--once"], workspace.env);

    const ids = idsOf(first.stdout, second.stdout, third.stdout);
    expect(new Set(ids)).toEqual(new Set(fresh.ids()));
    for (const source of ["audit", "ttp_url", "dlp", "rejections"] as const) {
      const wanted = new Set(fresh.ids(source));
      expect(ids.filter((id) => wanted.has(id as string))).toHaveLength(wanted.size);
    }
    // SIEM records that came twice can be told apart by the generation in the header.
    const siem = new Set(fresh.ids("siem"));
    const twice = ids.filter((id, index) => siem.has(id as string) && ids.indexOf(id) !== index);
    expect(twice.length).toBeGreaterThan(0);
    for (const line of linesOf(second.stdout)) expect(line).toContain("|Email Security|2.0|");
    expect([...old.violations, ...fresh.violations]).toEqual([]);
  });

  it("sends again what the last run may not have delivered", async () => {
    const { old, fresh } = await tenant();
    const workspace = workspaceFor(closers);
    const more = "poll: { start: 7d, interval_secs: 1 }\n";
    configure(workspace, old, "1.0", more);
    await runProgram(["poll", "--once"], workspace.env);
    configure(workspace, fresh, "2.0", more);
    const moved = await runProgram(["migrate", "--account", "acme"], workspace.env);
    expect(moved.stdout).toContain("not known to have arrived");
    // Nothing of the first run has arrived anywhere.
    const second = await runProgram(["poll", "--once"], workspace.env);
    const missing = new Set(fresh.ids("siem"));
    for (const id of idsOf(second.stdout)) missing.delete(id as string);
    expect(missing).toEqual(new Set());
  });

  it("names what is wrong", async () => {
    const { old, fresh } = await tenant();
    const workspace = workspaceFor(closers);
    configure(workspace, old, "1.0");
    const wrong = await runProgram(["migrate", "--account", "acme"], workspace.env);
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toContain('its api must be \\"2.0\\"');
    configure(workspace, fresh, "2.0");
    const none = await runProgram(["migrate", "--account", "acme", "--dry-run"], workspace.env);
    expect(none.stderr).toContain("there is none");
    const unknown = await runProgram(["migrate", "--account", "acm"], workspace.env);
    expect(unknown.stderr).toContain('Did you mean \\"acme\\"');
    const alone = await runProgram(["migrate"], workspace.env);
    expect(alone).toMatchObject({ code: none.code, stdout: none.stdout });
    expect(alone.stderr).toContain("there is none");
    expect((await runProgram(["migrate", "--acount", "acme"], workspace.env)).code).toBe(64);
  });
});
