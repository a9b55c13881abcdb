import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { TEST_UID } from "../plugin/commands/test_uid.ts";
import { certificateAuthority } from "../test/support/certificates.ts";
import {
  type Finished,
  finished,
  runProgram,
  startProgram,
  type Workspace,
} from "../test/support/program.ts";
import { type QradarApi, startQradarApi } from "../test/support/qradar/api.ts";
import type { SearchedEvent } from "../test/support/qradar/aql_where.ts";
import { installedConsole } from "../test/support/qradar/installed_console.ts";
import type { Qradar } from "../test/support/qradar_receiver.ts";

/** The console of the demo: its API, and what it shows of the lines that have arrived. */
export interface DemoConsole {
  /** `qradar` of the configuration. */
  readonly config: string;
  /** Every event that has arrived and was not dropped, without test events. */
  shown(): readonly SearchedEvent[];
  /** Runs the program against it. */
  run(...args: string[]): Promise<Finished>;
  /** From here on lines are gone that `isLost` names, of those that have arrived until now. */
  drop(isLost: (line: string) => boolean): number;
  /** Runs the program as `mimecast-input … | nc QRADAR 514` does; how many lines went. */
  pipe(...args: string[]): Promise<number>;
  close(): Promise<void>;
}

/** Starts a console beside a receiver. */
export async function startDemoConsole(
  receiver: Qradar,
  workspace: Workspace,
): Promise<DemoConsole> {
  const authority = certificateAuthority();
  const ca = join(workspace.folder, "console-ca.pem");
  writeFileSync(ca, authority.cert);
  const lost = new Set<number>();
  const known: SearchedEvent[] = [];
  const arrived = (): SearchedEvent[] => {
    const show = installedConsole(api);
    for (const { bytes, packetIp } of receiver.events.slice(known.length)) {
      known.push(show({ payload: bytes.toString("utf8"), packetIp, receivedMs: Date.now() }));
    }
    return known.filter((_, index) => !lost.has(index));
  };
  const api: QradarApi = await startQradarApi({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    logSources: [],
    properties: [],
    events: arrived,
  });
  const env = { ...workspace.env, QRADAR_TOKEN: api.token };
  return {
    config: `qradar: { console: "https://127.0.0.1:${api.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca} }\n`,
    shown: () => arrived().filter(({ payload }) => !payload.includes(`eventUid=${TEST_UID}`)),
    run: (...args) => runProgram(args, env),
    drop(isLost) {
      arrived();
      known.forEach(({ payload }, index) => {
        if (isLost(payload)) lost.add(index);
      });
      return lost.size;
    },
    async pipe(...args) {
      const child = startProgram(args, env);
      const socket = connect(receiver.port, "127.0.0.1");
      child.stdout?.pipe(socket);
      const { stdout } = await finished(child);
      return stdout.split("\n").length - 1;
    },
    close: () => api.close(),
  };
}
