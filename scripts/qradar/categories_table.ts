import { CATEGORY_IDS, categoryName, defaultBlocks } from "./categories.ts";
import { eventPairs, type Mapping } from "./mapping.ts";

/** Each category with the record types that have events of it and the default building blocks that it falls into, for docs/qradar.md. */
export function categoriesTable(mapping: Mapping): string {
  const pairs = eventPairs(mapping);
  const rows = CATEGORY_IDS.map((id) => {
    const cats = new Set(pairs.filter(({ event }) => event.category === id).map(({ cat }) => cat));
    const shown = cats.size === 0 ? "what QRadar can't read" : `\`${[...cats].join("`, `")}\``;
    return `| ${id} ${categoryName(id)} | ${shown} | ${defaultBlocks(id).join(", ") || "–"} |\n`;
  });
  return `| low-level category | of \`cat\` | default building blocks |\n| --- | --- | --- |\n${rows.join("")}`;
}
