import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram, startProgram } from "../support/program.ts";

const closers = closersOfEach();

it("output.max_events_per_second: all lines arrive, in pieces of a tenth of a second", async () => {
  const fake = await fakeFor(closers, { api: "2.0", records: { audit: 300 }, seed: 3 });
  const workspace = workspaceFor(closers);
  const more = "output: { max_events_per_second: 100 }\n";
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
  const child = startProgram(["poll", "--once"], workspace.env);
  const pieces: string[] = [];
  let text = "";
  child.stdout?.on("data", (piece: Buffer) => {
    pieces.push(piece.toString("utf8"));
    text += piece.toString("utf8");
  });
  child.stderr?.resume();
  expect(await new Promise((done) => child.on("close", done))).toBe(0);
  const ids = linesOf(text)
    .map(idOf)
    .filter((id) => id !== null);
  expect(new Set(ids)).toEqual(new Set(fake.ids()));
  expect(ids).toHaveLength(300);
  // 310 lines and more at ten a piece: a pipe that is read may join a few of them, never all.
  expect(pieces.length).toBeGreaterThan(10);
  const second = await runProgram(["poll", "--once"], workspace.env);
  expect(second.stdout).toBe("");
});
