/**
 * How much the properties, campaigns and tables of cases do: 1 is all of it (`.ci/run`), the default is a tenth, a
 * higher number is a campaign. `MIMECAST_INPUT_TEST_RUNS=100 npx vitest run test/model` plays 100 times as many.
 */
const wanted = process.env.MIMECAST_INPUT_TEST_RUNS ?? "0.1";
const amount = Number(wanted);
if (!(amount > 0)) {
  throw new Error(`MIMECAST_INPUT_TEST_RUNS is "${wanted}", want a number above 0`);
}

/** True where every run and every case is wanted. */
export const IS_ALL = amount >= 1;

/** The runs of a property, of which `all` are the whole; at least 10. */
export function runs(all: number): number {
  return Math.max(10, Math.round(all * amount));
}

/** All cases, or every `step`-th of them, the first included. */
export function cases<T>(all: readonly T[], step: number): readonly T[] {
  return IS_ALL ? all : all.filter((_, index) => index % step === 0);
}
