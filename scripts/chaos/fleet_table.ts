import type { FleetEntry, FleetResult } from "./fleet_campaign.ts";

/** What a campaign against a fleet came to, for people. */
export function fleetTable(result: FleetResult): string {
  const { entries, records, lost, duplicates, seconds, writes, wrong, ownerChanges } = result;
  const head =
    "| blow | times | duplicates, median | most | takeover, median | worst | all records there, median | worst |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  const kinds = [...new Set(entries.map(({ blow }) => blow))].sort();
  const rows = kinds.map((blow) => {
    const own = entries.filter((each) => each.blow === blow);
    const counts = own.map((each) => each.duplicates);
    const cells = [
      blow,
      own.length,
      middle(counts),
      Math.max(...counts),
      ...times(own, ({ takeoverMs }) => takeoverMs),
      ...times(own, ({ recoveredMs }) => recoveredMs),
    ];
    return `| ${cells.join(" | ")} |\n`;
  });
  const sum = `\n${entries.length} blows in ${seconds.toFixed(0)} s: ${records} records, ${lost.length} lost, ${duplicates} duplicates; ${writes} checkpoints, ${ownerChanges} changes of owner, ${wrong.length} writes by another than the owner; ${result.problems.length} problems\n`;
  const details = [
    ...lost.slice(0, 20).map((id) => `lost: ${id}\n`),
    ...wrong.slice(0, 20).map((each) => `wrong: ${each}\n`),
    ...result.problems.slice(0, 5).map((each) => `problem: ${each}\n`),
  ];
  return [head, ...rows, sum, ...details].join("");
}

function times(
  entries: readonly FleetEntry[],
  of: (entry: FleetEntry) => number | null,
): readonly string[] {
  const all = entries.flatMap((entry) => of(entry) ?? []);
  if (all.length === 0) return ["–", "–"];
  return [middle(all), Math.max(...all)].map((ms) => `${(ms / 1000).toFixed(1)} s`);
}

/** The median; of an even number the upper one. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
