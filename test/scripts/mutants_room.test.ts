import { expect, it } from "vitest";
import { tryRoom } from "../../scripts/mutants/room.ts";

const ROOM = {
  code: "test/fixtures/mutants/limit.ts",
  tests: "test/fixtures/mutants/limit.cases.ts",
};

it("tells mutants that a test notices from those that none does", {
  timeout: 600_000,
}, async () => {
  const said: string[] = [];
  const mutants = await tryRoom(
    ROOM,
    1,
    () => true,
    (text) => said.push(text),
  );
  const ends = mutants.map(
    ({ location, replacement, status }) => `${location.start.line} ${replacement} ${status}`,
  );
  expect(ends).toEqual([
    expect.stringMatching(/^2 \{\} Killed$/),
    "3 true Killed",
    "3 false Killed",
    "3 value >= most Survived",
    "3 value <= most Killed",
    expect.stringMatching(/^7 \{\} NoCoverage$/),
    "8 false NoCoverage",
  ]);
  expect(said).toEqual([
    "2 tests; 1 left out, which need vitest itself",
    expect.stringMatching(/^left out: is left out: it fails without a mutant: AssertionError/),
  ]);
});
