/** A line of a terminal, and when it came. */
export interface ShownLine {
  readonly text: string;
  readonly atMs: number;
}

const ROW = 17;
const COLUMN = 7.25;
const PADDING = 14;
/** Longer pauses are cut: nobody watches a program start. */
const LONGEST_PAUSE_MS = 1_500;
/** Lines that come together are shown one after the other, so that they can be followed. */
const SHORTEST_PAUSE_MS = 60;

/** An animated SVG of a terminal that scrolls; it ends with the last screen. */
export function terminalSvg(
  lines: readonly ShownLine[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const times = paced(lines);
  const width = Math.ceil(columns * COLUMN + 2 * PADDING);
  const height = rows * ROW + 2 * PADDING;
  const texts = lines.map(({ text }, index) => {
    const y = PADDING + (index + 1) * ROW - 4;
    const shown = `<set attributeName="visibility" to="visible" begin="${seconds(times[index] ?? 0)}"/>`;
    return `<text x="${PADDING}" y="${y}" visibility="hidden">${escaped(clipped(text, columns))}${shown}</text>`;
  });
  const scrolls = lines.flatMap((_, index) => {
    const hidden = index + 1 - rows;
    if (hidden <= 0) return [];
    const at = seconds(times[index] ?? 0);
    return `<set attributeName="transform" to="translate(0 ${-hidden * ROW})" begin="${at}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="A run of npm run demo">
<rect width="${width}" height="${height}" rx="8" fill="#10151c"/>
<clipPath id="screen"><rect y="${PADDING}" width="${width}" height="${rows * ROW}"/></clipPath>
<g clip-path="url(#screen)"><g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="12" fill="#d7dde5" xml:space="preserve">
${[...texts, ...scrolls].join("\n")}
</g></g>
</svg>
`;
}

function paced(lines: readonly ShownLine[]): number[] {
  let shownMs = 0;
  let lastMs = 0;
  return lines.map(({ atMs }) => {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, atMs - lastMs));
    lastMs = atMs;
    shownMs += pauseMs;
    return shownMs;
  });
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)}s`;

function clipped(text: string, columns: number): string {
  const letters = [...text];
  return letters.length > columns ? `${letters.slice(0, columns - 1).join("")}…` : text;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
