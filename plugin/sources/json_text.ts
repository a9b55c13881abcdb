import { isObject } from "../client/failure.ts";

/** Text to write as it is, or a value to write. */
type Task = { readonly text: string } | { readonly value: unknown };

/**
 * `JSON.stringify` for a result of `JSON.parse`, at any depth: the built-in function is recursive, and a deeply nested
 * record would overflow its stack. `isSorted` sorts the keys of objects, so that equal records have equal text.
 */
export function jsonText(value: unknown, isSorted: boolean): string {
  const parts: string[] = [];
  const tasks: Task[] = [{ value }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if ("text" in task) parts.push(task.text);
    else if (Array.isArray(task.value)) pushList(tasks, task.value);
    else if (isObject(task.value)) pushObject(tasks, task.value, isSorted);
    else parts.push(JSON.stringify(task.value) ?? "null");
  }
  return parts.join("");
}

/** Pushes in reverse order: the first text ends on top. */
function pushList(tasks: Task[], list: readonly unknown[]): void {
  tasks.push({ text: "]" });
  for (let index = list.length - 1; index >= 0; index--) {
    tasks.push({ value: list[index] });
    if (index > 0) tasks.push({ text: "," });
  }
  tasks.push({ text: "[" });
}

function pushObject(
  tasks: Task[],
  object: Readonly<Record<string, unknown>>,
  isSorted: boolean,
): void {
  const keys = isSorted ? sortedKeys(object) : Object.keys(object);
  tasks.push({ text: "}" });
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as string;
    tasks.push({ value: object[key] });
    tasks.push({ text: `${index > 0 ? "," : ""}${JSON.stringify(key)}:` });
  }
  tasks.push({ text: "{" });
}

/** In the order of an object whose keys were set in order: numbers first. */
function sortedKeys(object: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(object);
  const isIndex = (key: string) => /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
  const names = keys.filter((key) => !isIndex(key)).sort((a, b) => (a < b ? -1 : 1));
  return [...keys.filter(isIndex), ...names];
}
