import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { idOf } from "../../test/support/fake_mimecast/record_id.ts";
import { startProgram, type Workspace } from "../../test/support/program.ts";
import type { ShipperName } from "../../test/support/shippers.ts";

/** The checksum of every line as one undisturbed run writes it: id -> sum. */
export async function reference(
  workspace: Workspace,
  config: string,
  shipper: ShipperName | "model",
): Promise<Map<string, number>> {
  workspace.config(config);
  const sums = new Map<string, number>();
  const child = startProgram(["poll", "--once"], workspace.env);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stderr?.resume();
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const id = idOf(line);
      if (id !== null) sums.set(id, sumOf(Buffer.from(line), shipper));
    }
  }
  const code = await ended;
  if (code !== 0) throw new Error(`The reference run ended with ${code}`);
  return sums;
}

/** Of what has to arrive byte for byte: the collector's syslog exporter makes a header of its own. */
export function sumOf(line: Buffer, shipper: ShipperName | "model"): number {
  return crc32(shipper === "otelcol" ? line.subarray(line.indexOf("LEEF:")) : line);
}
