/** What the mutation tester says of one mutant; the part of Stryker's MutantResult that is used here. */
export interface Mutant {
  readonly status: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string | undefined;
  /** Lines and columns count from 1. */
  readonly location: { readonly start: Position; readonly end: Position };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** How many mutants came to which end. `score`: percent killed of those that could be. */
export interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  readonly uncovered: number;
  readonly score: number;
}

const KILLED = ["Killed", "Timeout"];

/** Counts. Mutants that do not compile or were left out count as none. */
export function tallyOf(mutants: readonly Mutant[]): Tally {
  const count = (...wanted: string[]) =>
    mutants.filter(({ status }) => wanted.includes(status)).length;
  const killed = count(...KILLED);
  const survived = count("Survived");
  const uncovered = count("NoCoverage");
  const all = killed + survived + uncovered;
  const score = all === 0 ? 100 : (killed / all) * 100;
  return { mutants: all, killed, survived, uncovered, score };
}

/** A row of the table. */
export function tallyRow(room: string, tally: Tally): string {
  const { mutants, killed, survived, uncovered, score } = tally;
  return `| ${room} | ${mutants} | ${killed} | ${survived} | ${uncovered} | ${score.toFixed(1)} % |\n`;
}

/** Those that no test noticed. */
export function survivorsOf(mutants: readonly Mutant[]): Mutant[] {
  return mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
}

/** One line for each mutant that no test noticed: where, what was changed, into what. */
export function survivorsText(mutants: readonly Mutant[]): string {
  return survivorsOf(mutants)
    .map(({ fileName, location, mutatorName, replacement }) => {
      const path = fileName.slice(Math.max(0, fileName.indexOf("plugin/")));
      const text = (replacement ?? "").replaceAll(/\s+/g, " ").slice(0, 80);
      return `${path}:${location.start.line} ${mutatorName}: ${text}\n`;
    })
    .join("");
}
