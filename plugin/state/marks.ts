import type { Position } from "./checkpoint.ts";

/** A position that was accepted when the output's running total was `bytes`. */
export interface Mark {
  readonly bytes: number;
  readonly stream: string;
  readonly position: Position;
}

/** A lag has so many steps: within one, a later position of a stream replaces its earlier one. */
const STEPS = 16;

/**
 * The marks, oldest first, with one more. However slowly the output moves, a stream has at most one mark for each step of
 * the lag, because positions hold whole cursors.
 */
export function withMark(marks: readonly Mark[], mark: Mark, lagBytes: number): readonly Mark[] {
  const stepOf = ({ bytes }: Mark) => Math.floor((bytes * STEPS) / lagBytes);
  const before = marks.findLastIndex(({ stream }) => stream === mark.stream);
  const earlier = marks[before];
  const isSuperseded = earlier !== undefined && stepOf(earlier) === stepOf(mark);
  return [...(isSuperseded ? marks.toSpliced(before, 1) : marks), mark];
}

/** Parts the marks into those up to a running total of the output, and those behind it. */
export function partMarks(
  marks: readonly Mark[],
  safeBytes: number,
): { readonly settled: readonly Mark[]; readonly open: readonly Mark[] } {
  return {
    settled: marks.filter(({ bytes }) => bytes <= safeBytes),
    open: marks.filter(({ bytes }) => bytes > safeBytes),
  };
}

/** The last position of each stream. */
export function positionsOf(marks: readonly Mark[]): Readonly<Record<string, Position>> {
  return Object.fromEntries(marks.map(({ stream, position }) => [stream, position]));
}
