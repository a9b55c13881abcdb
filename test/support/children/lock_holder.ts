import { lockFile } from "../../../plugin/state/lock.ts";

/** Takes the lock of argv[2] and holds it until the process ends; tells on stdout whether it got it. */
try {
  await lockFile(process.argv[2] as string, `account "acme"`);
  process.stdout.write("held\n");
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`);
}
