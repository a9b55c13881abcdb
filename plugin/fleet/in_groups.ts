/** Calls under way at once. */
const AT_ONCE = 16;

/** Works on all, some at the same time. Rejects with the first failure of a group, when the group has ended or not. */
export async function inGroups<T>(
  all: readonly T[],
  task: (each: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map(task));
  }
}
