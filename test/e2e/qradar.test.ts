import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { selfSigned } from "../support/certificates.ts";
import { closersOfEach } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import type { SourceName } from "../support/fake_mimecast/record_types.ts";
import { createWorkspace, runProgram } from "../support/program.ts";
import { type LogSourceType, shippedConsole } from "../support/qradar/console.ts";
import { startQradar } from "../support/qradar_receiver.ts";

/** The feeds of both generations that are on by default and have records of their own. */
const FEEDS: readonly SourceName[] = [
  "siem",
  "audit",
  "ttp_impersonation",
  "ttp_url",
  "ttp_attachment",
  "dlp",
];

const closers = closersOfEach();

/** The lines as a shipper sends them: over TLS, with the certificate looked at. */
async function send(port: number, ca: string, text: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", ca });
  await once(socket, "secureConnect");
  socket.end(text);
  await once(socket.resume(), "close");
}

describe.each(["1.0", "2.0"] as const)("from API %s through the built program and TLS", (api) => {
  test.each<LogSourceType>(["Universal LEEF", "Mimecast Email Security"])(
    "every event has its name at a log source of the type %s",
    async (type) => {
      const records = Object.fromEntries(FEEDS.map((feed) => [feed, 200]));
      const fake = await startFake({ api, seed: 21, records });
      const tls = selfSigned();
      const qradar = await startQradar({ tls });
      const workspace = createWorkspace();
      closers.push(
        () => workspace.remove(),
        () => qradar.close(),
        () => fake.close(),
      );
      const config = configFor(
        workspace.stateDir,
        { acme: { fake, api } },
        "poll: { start: 7d }\n",
      );
      workspace.config(config);

      const run = await runProgram(["poll", "--once"], workspace.env);
      expect(run.code).toBe(0);
      await send(qradar.port, tls.cert, run.stdout);
      await qradar.waitFor(run.stdout.split("\n").length - 1, 10_000);

      const show = await shippedConsole([{ name: "acme", identifier: "mimecast-acme", type }]);
      const events = qradar.events.map(({ bytes, packetIp }) =>
        show({ payload: bytes.toString("utf8"), packetIp, receivedMs: 0 }),
      );
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
      expect(events.filter(({ known }) => !known)).toEqual([]);
      expect(new Set(events.map(({ logSource }) => logSource))).toEqual(new Set(["acme"]));
      const mail = events.filter((_, position) => idOf(qradar.events[position]!.bytes) !== null);
      expect(mail).toHaveLength(FEEDS.length * 200);
      for (const { timeMs, properties } of mail) {
        expect(timeMs).toBeGreaterThan(Date.UTC(2001, 9));
        expect(properties.get("Mimecast Event UID")).toMatch(/^[0-9a-f]{32}$/);
      }
      expect(qradar.problems).toEqual([]);
    },
  );
});
