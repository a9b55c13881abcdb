import { describe, expect, it } from "vitest";
import { type Mutant, survivorsText, tallyOf, tallyRow } from "../../scripts/mutants/tally.ts";

function mutant(status: string, line = 1): Mutant {
  return {
    status,
    fileName: "/anywhere/plugin/state/lock.ts",
    mutatorName: "BooleanLiteral",
    replacement: "{\n  false\n}",
    location: { start: { line, column: 1 }, end: { line, column: 5 } },
  };
}

describe("the count of mutants", () => {
  it("takes what ran into the time limit for killed, and leaves out what is none", () => {
    const all = [
      "Killed",
      "Killed",
      "Timeout",
      "Survived",
      "NoCoverage",
      "CompileError",
      "Ignored",
    ];
    const tally = tallyOf(all.map((status) => mutant(status)));
    expect(tally).toEqual({ mutants: 5, killed: 3, survived: 1, uncovered: 1, score: 60 });
    expect(tallyRow("state", tally)).toBe("| state | 5 | 3 | 1 | 1 | 60.0 % |\n");
  });

  it("of nothing is no failure", () => {
    expect(tallyOf([]).score).toBe(100);
  });

  it("names each that no test noticed by file and line", () => {
    expect(survivorsText([mutant("Killed"), mutant("Survived", 7), mutant("NoCoverage", 9)])).toBe(
      "plugin/state/lock.ts:7 BooleanLiteral: { false }\nplugin/state/lock.ts:9 BooleanLiteral: { false }\n",
    );
  });
});
