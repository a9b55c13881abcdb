import { describe, expect, it } from "vitest";
import { campaign } from "../../scripts/chaos/campaign.ts";
import { IS_ALL } from "../support/amount.ts";
import { hasShipper, mustHave } from "../support/shippers.ts";

/** `npm run chaos -- --kills 1000` strikes longer (docs/contributors/delivery-proof.md has what came of it). */
const BLOWS = IS_ALL ? 20 : 4;

const SHIPPERS = [
  ["model", "exec"],
  ["syslog-ng", "exec"],
  ...(IS_ALL
    ? ([
        ["rsyslog", "file"],
        ["fluent-bit", "exec"],
        ["fluent-bit", "otlp"],
        ["vector", "exec"],
        ["vector", "file"],
        ["otelcol", "file"],
        ["otelcol", "otlp"],
      ] as const)
    : []),
] as const;

for (const [name, way] of SHIPPERS) {
  const there = name === "model" || hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(
    `the program and ${name} (${way}) under fire`,
    { concurrent: !IS_ALL },
    () => {
      it(`lose nothing in ${BLOWS} kills, stops and outages`, async () => {
        const said: string[] = [];
        const result = await campaign({
          shipper: name,
          way,
          kills: BLOWS,
          seed: 11,
          records: BLOWS * 1500,
          paceMs: 500,
          only: [],
          stalled: false,
          hotReload: false,
          say: (line) => said.push(line),
        });
        expect(result.lost, said.join("\n")).toEqual([]);
        expect(result.problems).toEqual([]);
        expect(result.records).toBe(BLOWS * 1500 + 50);
      });
    },
  );
}
