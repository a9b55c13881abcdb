import { isObject } from "../client/failure.ts";

/** Text that is put out as it is, or a value whose text comes next. */
type Task = { readonly text: string } | { readonly value: unknown };

/**
 * `JSON.stringify` for what `JSON.parse` gave, at any depth: that one is recursive, and a record that is nested deeply
 * enough would end it. `isSorted`: the keys of objects in order, so that the same record has the same text.
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

/** What comes first lies on top. */
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

/** As an object has them whose keys were set in order: numbers first. */
function sortedKeys(object: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(object);
  const isIndex = (key: string) => /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
  const names = keys.filter((key) => !isIndex(key)).sort((a, b) => (a < b ? -1 : 1));
  return [...keys.filter(isIndex), ...names];
}
