/** Colors with a meaning: SGR codes of ECMA-48 §8.3.117. */
const COLORS = { good: 32, warn: 33, bad: 31, dim: 2, bold: 1 } as const;

/** How a text is shown on a terminal. */
export type Tone = keyof typeof COLORS;

/** A cell: text, and the tone that a terminal gives it. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/** How a table is shown. */
export interface TableShape {
  /** Width of the terminal; null (the default) if lines may have any length. */
  readonly columns?: number | null;
  /** True (the default) if the first row is the head. */
  readonly head?: boolean;
}

/** Between two columns. */
const GAP = 2;
/** A last column that is narrower is hard to read: each row becomes a block instead. */
const NARROWEST = 24;
/** Before a continued line of a block without labels. */
const INDENT = 4;

/** A text in color, or as it is, without control characters, because others wrote parts of it. */
export function toned(text: string, tone: Tone | undefined, color: boolean): string {
  const plain = printable(text);
  return color && tone !== undefined ? `\u001b[${COLORS[tone]}m${plain}\u001b[0m` : plain;
}

/**
 * Rows in columns, two spaces apart. On a narrow terminal the last column wraps, or, if that leaves it no room, each row
 * becomes a block of lines. Lines have no blanks at their end.
 */
export function table(
  rows: readonly (readonly Cell[])[],
  color: boolean,
  { columns = null, head = true }: TableShape = {},
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, lengthOf(printable(textOf(cell))));
    });
  }
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  const last = widths.at(-1) ?? 0;
  const room = columns === null ? last : columns - before;
  if (columns !== null && room < Math.min(last, NARROWEST)) {
    return blocks(rows, head, columns, color);
  }
  return rows
    .map((row, index) => lines(row, head && index === 0, widths, Math.max(room, 1), color))
    .join("");
}

/** Foreign text, fit for a line of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A text as lines of at most `columns` characters, broken between words if possible; null: one line. */
export function wrapped(text: string, columns: number | null): string[] {
  if (columns === null || lengthOf(text) <= columns) return [text];
  const width = Math.max(columns, 1);
  const found: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (lengthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") found.push(line);
    const pieces = [...word];
    while (pieces.length > width) found.push(pieces.splice(0, width).join(""));
    line = pieces.join("");
  }
  return line === "" ? found : [...found, line];
}

/** One row in columns; its last cell may continue below. */
function lines(
  row: readonly Cell[],
  head: boolean,
  widths: readonly number[],
  room: number,
  color: boolean,
): string {
  const cells = row.map((cell, column) => {
    const isLast = column === widths.length - 1;
    return wrapped(printable(textOf(cell)), isLast ? room : null);
  });
  const height = Math.max(1, ...cells.map((each) => each.length));
  return Array.from({ length: height }, (_, at) => {
    const shown = row.map((cell, column) => {
      const text = cells[column]?.[at] ?? "";
      const pad = column === row.length - 1 ? "" : padding(text, widths[column] ?? 0);
      return toned(text, text === "" ? undefined : toneOf(cell, head), color) + pad;
    });
    return `${shown.join(" ".repeat(GAP)).trimEnd()}\n`;
  }).join("");
}

/** Each row as lines `head  cell`; without a head its cells in one line and the last one below, indented. */
function blocks(
  rows: readonly (readonly Cell[])[],
  head: boolean,
  columns: number,
  color: boolean,
): string {
  if (!head) {
    return rows
      .map((row) => {
        const first = row.slice(0, -1).map((cell) => toned(textOf(cell), toneOf(cell), color));
        const rest = printable(textOf(row.at(-1) ?? ""));
        const below = wrapped(rest, columns - INDENT).map((text) => " ".repeat(INDENT) + text);
        return [first.join(" ".repeat(GAP)), ...below]
          .map((line) => `${line.trimEnd()}\n`)
          .join("");
      })
      .join("");
  }
  const [names = [], ...others] = rows;
  const labels = names.map((cell) => printable(textOf(cell)));
  const width = Math.max(0, ...labels.map(lengthOf));
  const pairs = others.map((row) =>
    row.map((cell, column): readonly Cell[] => [
      { text: labels[column] ?? "", tone: "bold" },
      cell,
    ]),
  );
  // If not even that fits, the value goes below its label.
  const isNarrow = columns - width - GAP < NARROWEST / 2;
  return pairs
    .map((pair) =>
      isNarrow
        ? blocks(pair, false, columns, color)
        : pair
            .map((cells) => lines(cells, false, [width, 0], columns - width - GAP, color))
            .join(""),
    )
    .join("\n");
}

function toneOf(cell: Cell, head = false): Tone | undefined {
  if (typeof cell !== "string") return cell.tone;
  return head ? "bold" : undefined;
}

function padding(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - lengthOf(text)));
}

function lengthOf(text: string): number {
  return [...text].length;
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}
