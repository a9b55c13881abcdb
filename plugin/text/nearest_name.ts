const LONGEST = 64;

/**
 * The known name that a mistyped one most likely means: smallest Damerau–Levenshtein distance (optimal string
 * alignment: insert, delete, replace, swap neighbors), at most a third of its length; undefined if no name is near. Case and
 * `-` for `_` do not count. Another digit is another thing, not a slip: `3.0` is not `1.0`.
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const wanted = fold(word);
  if (wanted.length > LONGEST) {
    return undefined;
  }
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const known = fold(name);
    const limit = Math.floor(Math.max(known.length, wanted.length) / 3);
    if (digitsOf(known) !== digitsOf(wanted)) continue;
    const apart = distance(wanted, known);
    if (apart <= limit && apart < bestDistance && apart < known.length) {
      best = name;
      bestDistance = apart;
    }
  }
  return best;
}

/** `: did you mean "name"?`, or nothing: the end of a message about an unknown name. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const name = nearestName(word, names);
  return name === undefined ? "" : `: did you mean "${name}"?`;
}

function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, "");
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll("-", "_");
}

/** Optimal string alignment distance, three rows of the matrix at a time. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last: number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1);
      }
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
