/** A name longer than this is cut: file systems end at 255 bytes. */
const MAX_NAME_LENGTH = 128;

/**
 * The names of an archive's entries as keys: the last part of the path, only letters, digits, ".", "_" and "-",
 * and unique. Names in an archive come from outside and must never become a path or a control sequence.
 */
export function entryKeys(rawNames: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return rawNames.map((rawName) => {
    const name = safeName(rawName);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    // "~" can't be in a safe name, so the suffix can't meet another entry.
    return count === 1 ? name : `${name}~${count}`;
  });
}

/** One entry's name without its path and without anything but plain characters. */
export function safeName(rawName: string): string {
  const last = rawName.split(/[\\/]/).at(-1) ?? "";
  const plain = last.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "_");
  return plain.slice(0, MAX_NAME_LENGTH) || "_";
}
