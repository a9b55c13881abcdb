import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import type { Mutant } from "./tally.ts";

/** Texts of messages, and options that only name things: a test that holds them is a copy of the code. */
const LEFT_OUT = ["StringLiteral", "ObjectLiteral", "Regex"];
const SILENT = () => undefined;
const LOGGER = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: SILENT,
  debug: SILENT,
  info: SILENT,
  warn: SILENT,
  error: SILENT,
  fatal: SILENT,
};

/** A mutant that was not tried yet; `id` is the number by which the instrumented code switches it on. */
export type Untried = Omit<Mutant, "status"> & { readonly id: string };

/** What Stryker's instrumenter makes of the files: their text with all mutants in it, by URL, and the list of the mutants. */
export async function instrument(
  paths: readonly string[],
): Promise<{ sources: Map<string, string>; mutants: Untried[] }> {
  const files = paths.map((name) => ({ name, mutate: true, content: readFileSync(name, "utf8") }));
  const options = { excludedMutations: LEFT_OUT, ignorers: [], plugins: null };
  const { files: done, mutants } = await new Instrumenter(LOGGER as never).instrument(
    files as never,
    options as never,
  );
  return {
    sources: new Map(done.map(({ name, content }) => [pathToFileURL(name).href, content])),
    mutants: mutants
      .filter(({ status }) => status !== "Ignored")
      .map(({ id, fileName, mutatorName, replacement, location: { start, end } }) => ({
        id,
        fileName,
        mutatorName,
        replacement,
        location: {
          start: { line: start.line + 1, column: start.column + 1 },
          end: { line: end.line + 1, column: end.column + 1 },
        },
      })),
  };
}
