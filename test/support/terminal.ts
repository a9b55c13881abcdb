import { spawn, spawnSync } from "node:child_process";
import { until } from "./program.ts";

/** A program on a pseudo-terminal. */
export interface Terminal {
  /** Everything that was shown so far, without the codes that move the cursor or set colors. */
  shown(): string;
  /** Types text or keys. */
  type(keys: string): void;
  /** Waits until the text has been shown after what the last call waited for. */
  sees(text: string): Promise<void>;
  /** Waits for the end and gives the exit code. */
  ended(): Promise<number>;
  /** Ends it, whatever it does. */
  close(): void;
}

/** Arrow down, and Enter. */
export const KEYS = { down: "\u001b[B", enter: "\r", space: " ", interrupt: "\u0003" } as const;

/** Copies between its own pipes and a program on a new pseudo-terminal; ends with the program's code. */
const BRIDGE = `
import fcntl, os, pty, select, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(os.environ["COLUMNS_WANTED"]), 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
sources = [0, fd]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if data:
            os.write(fd, data)
        else:
            sources.remove(0)
    if fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            break
        os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** True where Python 3 can make a pseudo-terminal. */
export function hasTerminal(): boolean {
  return spawnSync("python3", ["-c", "import os, pty; os.waitstatus_to_exitcode"]).status === 0;
}

/** What differs from a terminal of 120 columns that shows UTF-8. */
interface TerminalKind {
  readonly columns?: number;
  readonly TERM?: string;
  readonly LC_ALL?: string;
}

/** Starts a program on a pseudo-terminal. */
export function startTerminal(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  { columns = 120, TERM = "xterm", LC_ALL = "C.UTF-8" }: TerminalKind = {},
): Terminal {
  const child = spawn("python3", ["-c", BRIDGE, ...command], {
    env: { ...env, TERM, LC_ALL, COLUMNS_WANTED: String(columns) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    raw += piece;
  });
  child.stdin.on("error", () => {});
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences of ECMA-48
  const shown = () => raw.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
  return {
    shown,
    type: (keys) => child.stdin.write(keys),
    async sees(text) {
      const found = () => shown().indexOf(text, seen);
      await until(() => found() >= 0, 15_000, `"${text}" on the terminal:\n${shown()}`);
      seen = found() + text.length;
    },
    async ended() {
      await until(() => child.exitCode !== null, 15_000, `the end:\n${shown()}`);
      return child.exitCode as number;
    },
    close: () => void child.kill("SIGKILL"),
  };
}
