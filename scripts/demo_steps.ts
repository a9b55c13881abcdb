import type { DemoConsole } from "./demo_console.ts";

/** Width of what the demo prints. */
export const WIDTH = process.stdout.columns ?? Number(process.env.COLUMNS ?? 160);

/** Prints one line. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Lines of a command's answer that are shown: its first ones and its end. */
const SHOWN = 6;

/** Runs a command against the console and shows its answer; true where all is well. */
export async function step(console: DemoConsole, ...args: string[]): Promise<boolean> {
  say(`$ mimecast-input ${args.join(" ")}`);
  const { code, stdout, stderr } = await console.run(...args);
  const lines = `${stdout}${code === 0 ? "" : stderr}`.trimEnd().split("\n");
  const cut =
    lines.length > SHOWN + 1 ? [...lines.slice(0, SHOWN), "…", ...lines.slice(-1)] : lines;
  for (const line of cut)
    say(`  ${line.length > WIDTH - 2 ? `${line.slice(0, WIDTH - 3)}…` : line}`);
  return code === 0;
}

/** Lines that QRadar loses are found by its API, and sent again: these, and no other. */
export async function reconciled(console: DemoConsole, until: string): Promise<boolean> {
  const ofAccount = / mimecast-acme-v2 LEEF:.*\^eventUid=(\w{8})/;
  const dropped = console.drop((line) => {
    const uid = ofAccount.exec(line)?.[1];
    return uid !== undefined && !line.includes("|health_") && Number.parseInt(uid, 16) % 100 === 0;
  });
  say(`\nOn their way to QRadar ${dropped} lines get lost, on purpose\n`);
  const asked = ["--account", "acme-v2", "--since", "6d", "--until", until, "--budget", "100"];
  const isComplete = await step(console, "reconcile", ...asked);
  const healed = await console.pipe("reconcile", ...asked, "--heal", "--wait-secs", "5");
  say(`\n${healed} lines sent again by reconcile --heal\n`);
  return !isComplete && (await step(console, "reconcile", ...asked));
}
