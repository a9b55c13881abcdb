import type { Files } from "../effects.ts";

/** The end of a rotated file's name: the time of the rename, in milliseconds. The order of names is the order of time. */
const STAMP = /^\d{8}T\d{9}Z$/;
const STAMP_LENGTH = 19;

/** Full paths of the rotated files of `path`, the oldest first. */
export async function rotatedNames(
  files: Pick<Files, "list">,
  path: string,
): Promise<readonly string[]> {
  const [folder, prefix] = [folderOf(path), `${nameOf(path)}.`];
  const names = await files.list(folder);
  return names
    .filter((name) => name.startsWith(prefix) && STAMP.test(name.slice(prefix.length)))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** A name that no file has had: later than all existing names, even after somebody set the clock back. */
export async function rotatedName(
  files: Pick<Files, "list">,
  path: string,
  nowMs: number,
): Promise<string> {
  const last = (await rotatedNames(files, path)).at(-1);
  let atMs = nowMs;
  if (last !== undefined) atMs = Math.max(atMs, timeOf(last.slice(-STAMP_LENGTH)) + 1);
  return `${path}.${stampOf(atMs)}`;
}

/** True where a rotated file may go, `keepMs` after its last change. */
export function isExpired(changedMs: number, keepMs: number | null, nowMs: number): boolean {
  return keepMs !== null && nowMs - changedMs > keepMs;
}

/** The lock beside the file; readers that follow `path*` do not see it. */
export function lockOf(path: string): string {
  return `${folderOf(path)}/.${nameOf(path)}.lock`;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function stampOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:.]/g, "");
}

function timeOf(stamp: string): number {
  const [, year, month, day, hour, minute, second, milli] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
}
