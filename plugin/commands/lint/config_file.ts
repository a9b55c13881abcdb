/** A configuration of a shipper. */
export interface ConfigText {
  readonly name: string;
  readonly text: string;
  /** True where another file includes it: if it can't be read, that is no reason to give up. */
  readonly included?: true;
}

/** What lint knows besides a shipper's file. */
export interface LintFacts {
  /** Variables that may be used in the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files that belong to the same configuration: those that it includes, or that are named beside it. */
  readonly others: readonly ConfigText[];
  /** Includes that could not be read, with the reason. */
  readonly unread: readonly UnreadInclude[];
}

/** An include whose file is not known. */
export interface UnreadInclude {
  /** File that has the include, and its line. */
  readonly file: string;
  readonly line: number;
  readonly pattern: string;
  readonly reason: string;
}

/** A file by itself. */
export const ALONE: LintFacts = { env: {}, others: [], unread: [] };

/** More lines than a file has: a line of the file with number N is written as N times this and the line. */
export const FILE_LINES = 100_000_000;
