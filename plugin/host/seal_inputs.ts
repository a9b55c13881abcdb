/** The parts of the world that `seal` uses. */
export interface SealInputs {
  /** True if standard input is a terminal. */
  readonly terminal: boolean;
  /** All of standard input. */
  readStdin(): Promise<string>;
  /** Asks on the terminal without echo. */
  promptHidden(question: string): Promise<string>;
  /** Creates a file of mode 0600; rejects with code EEXIST if there is one. */
  createFile(path: string, content: string | Uint8Array): Promise<void>;
  randomBytes(length: number): Uint8Array;
  /** A line of data, to stdout. */
  print(line: string): Promise<void>;
  /** A line for people, to stderr. */
  say(line: string): void;
}
