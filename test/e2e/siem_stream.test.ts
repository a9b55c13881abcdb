import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram } from "../support/program.ts";

const closers = closersOfEach();

it("mode: stream collects every record once, with the lines that batch makes of them", async () => {
  const fake = await fakeFor(closers, { api: "2.0", records: { siem: 1_500 }, seed: 9 });
  const collected = async (source: string) => {
    const workspace = workspaceFor(closers);
    const text = configFor(workspace.stateDir, { acme: { fake, api: "2.0" } });
    workspace.config(
      text.replace('    api: "2.0"\n', `    api: "2.0"\n    sources: [${source}]\n`),
    );
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    expect((await runProgram(["poll", "--once"], workspace.env)).stdout).toBe("");
    return linesOf(run.stdout).filter((line) => idOf(line) !== null);
  };
  const streamed = await collected("{ name: siem, mode: stream }");
  expect(streamed).toHaveLength(1_500);
  expect(new Set(streamed.map(idOf))).toEqual(new Set(fake.ids()));
  const eventOf = (line: string) => `${idOf(line)} ${parseLeef(line).eventId}`;
  const batch = await collected("siem");
  expect(new Set(streamed.map(eventOf))).toEqual(new Set(batch.map(eventOf)));
  expect(fake.requests("/siem/v1/events/cg")).toBeGreaterThanOrEqual(15);
  expect(fake.violations).toEqual([]);
});

it("mode: stream asks Mimecast only for the types that the filter leaves", async () => {
  const fake = await fakeFor(closers, { api: "2.0", records: { siem: 1_500 }, seed: 9 });
  const workspace = workspaceFor(closers);
  const text = configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }).replace(
    '    api: "2.0"\n',
    '    api: "2.0"\n    sources: [{ name: siem, mode: stream, interval_secs: 60, overlap_secs: 600 }]\n',
  );
  const catsWith = async (filter: string) => {
    workspace.config(text + filter);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    const lines = linesOf(run.stdout).filter((line) => idOf(line) !== null);
    return new Set(lines.map((line) => parseLeef(line).attributes.get("cat")));
  };
  expect(await catsWith("filter: { only: [receipt, av] }\n")).toEqual(new Set(["receipt", "av"]));
  expect(fake.handedOutCount("delivery")).toBe(0);
  const asked = fake.requests("/siem/v1/events/cg");
  expect(asked).toBeLessThan(15);
  expect(fake.violations).toEqual([]);
});
