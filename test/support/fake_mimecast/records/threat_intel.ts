import type { Draw } from "./draw.ts";

/** The three STIX 2.0 objects of one detection (reference 1.10). The indicator alone carries the id. */
export function stixObjects(draw: Draw, id: string, atMs: number): object[] {
  const created = new Date(atMs).toISOString();
  const stamps = { created, modified: created };
  const malware = `malware--${draw.guid()}`;
  const indicator = `indicator--${draw.guid()}`;
  return [
    { type: "malware", id: malware, ...stamps, name: "Transaction notice", labels: ["virus"] },
    {
      type: "indicator",
      id: indicator,
      ...stamps,
      name: id,
      labels: ["malicious-activity"],
      pattern: `[file:hashes.'SHA-256' = '${draw.hex(64)}']`,
      valid_from: created,
    },
    {
      type: "relationship",
      id: `relationship--${draw.guid()}`,
      ...stamps,
      relationship_type: "indicates",
      source_ref: indicator,
      target_ref: malware,
    },
  ];
}

/** The same as a line of the csv form. */
export function csvLine(draw: Draw, id: string, atMs: number): string {
  const hash = draw.hex(64);
  return `"${id}","${hash}","file","${new Date(atMs).toISOString()}"`;
}
