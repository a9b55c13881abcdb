import { afterAll, describe, expect, it } from "vitest";
import { createWorkspace, PROGRAM } from "../support/program.ts";
import { hasTerminal, startTerminal } from "../support/terminal.ts";

/** The built program on terminals that are narrow, or show nothing but ASCII. */

const workspace = createWorkspace();
afterAll(() => workspace.remove());
const configPath = workspace.config(
  `state_dir: ${workspace.stateDir}
accounts: [{ name: acme, api: "2.0", base_url: "http://127.0.0.1:1", client_id: a, client_secret: b }]
`,
);

async function shown(args: readonly string[], kind: Parameters<typeof startTerminal>[2]) {
  const command = [process.execPath, PROGRAM, ...args, "--config", configPath];
  const terminal = startTerminal(command, workspace.env, kind);
  await terminal.ended();
  return terminal.shown().replaceAll("\r\n", "\n");
}

describe.runIf(hasTerminal())("on a terminal", () => {
  it.each(["check", "status"])("of 40 columns no line of %s is longer", async (command) => {
    const text = await shown([command], { columns: 40 });
    expect(text).toContain("acme");
    const long = text.split("\n").filter((line) => [...line].length > 40 && line.includes("  "));
    expect(long).toEqual([]);
  });

  it.each([{ TERM: "dumb" }, { LC_ALL: "C" }])(
    "with %j setup draws its frames in ASCII",
    async (kind) => {
      const command = [
        process.execPath,
        PROGRAM,
        "setup",
        "--config",
        `${workspace.folder}/new.yaml`,
      ];
      const terminal = startTerminal(command, workspace.env, kind);
      try {
        await terminal.sees("Name of the account");
        await terminal.sees("|");
        expect(terminal.shown()).toMatch(/^\p{ASCII}*$/u);
      } finally {
        terminal.close();
      }
    },
  );
});
