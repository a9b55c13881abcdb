/** Colours that mean something: SGR codes of ECMA-48 §8.3.117. */
const COLOURS = { good: 32, warn: 33, bad: 31, dim: 2, bold: 1 } as const;

/** How a text is shown on a terminal. */
export type Tone = keyof typeof COLOURS;

/** A cell: text, and the tone that a terminal gives it. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/** A text in colour, or as it is. Control characters are taken out: parts of it were written by others. */
export function toned(text: string, tone: Tone | undefined, colour: boolean): string {
  const plain = printable(text);
  return colour && tone !== undefined ? `\u001b[${COLOURS[tone]}m${plain}\u001b[0m` : plain;
}

/** Rows in columns, two spaces apart; the first row is the head. Lines have no blanks at their end. */
export function table(rows: readonly (readonly Cell[])[], colour: boolean): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, [...printable(textOf(cell))].length);
    });
  }
  return rows.map((row, index) => `${line(row, index === 0, widths, colour)}\n`).join("");
}

/** Text of others made fit for a line of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}

function line(
  row: readonly Cell[],
  head: boolean,
  widths: readonly number[],
  colour: boolean,
): string {
  return row
    .map((cell, column) => {
      const text = printable(textOf(cell));
      const last = column === row.length - 1;
      const pad = last ? "" : " ".repeat((widths[column] ?? 0) - [...text].length);
      const tone = typeof cell === "string" ? (head ? "bold" : undefined) : cell.tone;
      return toned(text, tone, colour) + pad;
    })
    .join("  ")
    .trimEnd();
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}
