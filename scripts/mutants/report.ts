import { type Mutant, survivorsOf, tallyOf, tallyRow } from "./tally.ts";

const UNEXPLAINED = "Not yet explained";

/**
 * The page with a room's row of the table and its survivors brought up to date. A survivor stays under the heading that
 * explains it, one that is new goes under "Not yet explained", one that a test kills by now goes away. `sourceOf` gives
 * the text of a file.
 */
export function pageWith(
  page: string,
  room: string,
  mutants: readonly Mutant[],
  sourceOf: (fileName: string) => string,
): string {
  const [head = "", ...sections] = page.split(/\n(?=## )/);
  const title = `## ${room}\n`;
  const old = sections.find((section) => section.startsWith(title)) ?? "";
  const lines = survivorsOf(mutants).map((mutant) => survivorLine(mutant, sourceOf));
  const written = `${title}${sectionText(old, lines)}`;
  const row = tallyRow(room, tallyOf(mutants));
  return [
    head.replace(new RegExp(`^\\| ${room} \\|.*\\n`, "m"), () => row),
    ...sections.map((section) => (section === old ? written : section)),
  ].join("\n");
}

/** What is changed into what; without a line number, which every edit above it would change. */
function survivorLine(mutant: Mutant, sourceOf: (fileName: string) => string): string {
  const { fileName, replacement, location } = mutant;
  const path = fileName.slice(Math.max(0, fileName.indexOf("plugin/")));
  return `- \`${path}\` ${code(changedText(sourceOf(fileName), location))} → ${code(replacement ?? "")}`;
}

/** Of the text, what the mutant replaces. */
function changedText(source: string, { start, end }: Mutant["location"]): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, end.column - 1) ?? "";
  lines[0] = lines[0]?.slice(start.column - 1) ?? "";
  return lines.join("\n");
}

const MOST_CODE = 100;

function code(text: string): string {
  const short = text.replaceAll(/\s+/g, " ").trim().slice(0, MOST_CODE);
  return short.includes("`") ? `\`\` ${short} \`\`` : `\`${short}\``;
}

/** The lines under the headings where `old` has them. */
function sectionText(old: string, lines: readonly string[]): string {
  const groups = new Map<string, string[]>();
  const headingOf = new Map<string, string>();
  let heading = UNEXPLAINED;
  for (const line of old.split("\n")) {
    if (line.startsWith("### ")) {
      heading = line.slice(4);
      groups.set(heading, []);
    }
    if (line.startsWith("- ")) headingOf.set(line, heading);
  }
  for (const line of [...lines].sort()) {
    const under = headingOf.get(line) ?? UNEXPLAINED;
    groups.set(under, [...(groups.get(under) ?? []), line]);
  }
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([reason, members]) => `\n### ${reason}\n\n${members.join("\n")}\n`)
    .join("");
}
