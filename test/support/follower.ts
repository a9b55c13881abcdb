import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Closers } from "./closers.ts";
import type { Fake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import { createWorkspace, linesOf, startProgram, until, type Workspace } from "./program.ts";

/** An account of the configuration that a follower writes. Its secret is in a file. */
export interface FollowedAccount {
  readonly fake: Fake;
  /** Default: siem and audit. */
  readonly sources?: string;
  /** Further keys, one a line. */
  readonly more?: string;
}

/** A program that follows, and what it has written so far. */
export interface Follower {
  readonly workspace: Workspace;
  readonly pid: number;
  /** Replaces the configuration file as an editor does, by a rename. */
  configure(accounts: Readonly<Record<string, FollowedAccount>>, more?: string): void;
  /** Replaces the file with the account's secret. */
  secret(account: string, text: string): void;
  hangUp(): void;
  /** Ids of the records, in the order in which they came. */
  ids(): readonly string[];
  healthLines(): readonly string[];
  logs(): readonly Readonly<Record<string, unknown>>[];
  /** Waits for a line of the log whose message or code holds the text, behind the first `after` lines. */
  logged(text: string, after?: number): Promise<Readonly<Record<string, unknown>>>;
  /** Waits until all records of the fakes have come. */
  complete(fakes: readonly Fake[]): Promise<void>;
  stop(): Promise<number | null>;
}

/** Quick rounds, and lines that count as read after a second. */
export const QUICK = "poll: { start: 7d, interval_secs: 1, settle_secs: 1 }\n";

/** Starts `poll --follow` over these accounts. */
export function startFollower(
  closers: Closers,
  accounts: Readonly<Record<string, FollowedAccount>>,
  more = QUICK,
  env: NodeJS.ProcessEnv = {},
): Follower {
  const workspace = createWorkspace();
  closers.push(() => workspace.remove());
  const write = (name: string, text: string): void => {
    const path = join(workspace.folder, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const secret: Follower["secret"] = (account, text) => write(`secret-${account}`, text);
  const configure: Follower["configure"] = (all, rest = QUICK) => {
    const entries = Object.entries(all).map(
      ([name, { fake, sources = "siem, audit", more: keys = "" }]) => {
        const { clientId } = fake.credentials;
        const file = join(workspace.folder, `secret-${name}`);
        const lines = `\n    sources: [${sources}]${keys === "" ? "" : `\n    ${keys}`}`;
        return `  - name: ${name}\n    api: "2.0"\n    base_url: ${fake.url}\n    client_id: "${clientId}"\n    client_secret: { file: ${file} }${lines}`;
      },
    );
    write(
      "config.yaml",
      `state_dir: ${workspace.stateDir}\naccounts:\n${entries.join("\n")}\n${rest}`,
    );
  };
  for (const [name, { fake }] of Object.entries(accounts)) {
    secret(name, fake.credentials.clientSecret);
  }
  configure(accounts, more);
  const child = startProgram(["poll", "--follow"], { ...workspace.env, ...env });
  closers.push(() => child.kill("SIGKILL"));
  const text = { out: "", err: "" };
  child.stdout?.on("data", (piece: Buffer) => {
    text.out += piece;
  });
  child.stderr?.on("data", (piece: Buffer) => {
    text.err += piece;
  });
  const ended = new Promise<number | null>((done) => child.once("close", done));
  const whole = (all: string) => linesOf(all.slice(0, all.lastIndexOf("\n") + 1));
  const follower: Follower = {
    workspace,
    pid: child.pid!,
    configure,
    secret,
    hangUp: () => void child.kill("SIGHUP"),
    ids: () => whole(text.out).flatMap((line) => idOf(line) ?? []),
    healthLines: () => whole(text.out).filter((line) => idOf(line) === null),
    logs: () => whole(text.err).map((line) => JSON.parse(line)),
    async logged(wanted, after = 0) {
      const found = () =>
        follower
          .logs()
          .slice(after)
          .find(({ msg, code }) => `${msg} ${code}`.includes(wanted));
      await until(() => found() !== undefined, 60_000, `"${wanted}" in the log`).catch((error) => {
        throw new Error(`${error.message}: ${text.err}`);
      });
      return found()!;
    },
    async complete(fakes) {
      const isThere = () => {
        const came = new Set(follower.ids());
        return fakes.every((fake) => [...fake.ids()].every((id) => came.has(id)));
      };
      await until(isThere, 60_000, "all records");
    },
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
  return follower;
}
