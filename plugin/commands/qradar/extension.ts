import { ApiError } from "../../errors.ts";
import { allItems, type Console } from "../qradar_console.ts";
import { type ContentPlan, type ExtensionRow, isBusy, isThere, ourRows } from "./content_plan.ts";
import { followTask, type Patience, type TaskItem, taskError, until } from "./task.ts";

const EXTENSIONS = "/config/extension_management/extensions";

/** How many items of a kind a task did something to. */
export interface ItemCount {
  readonly kind: string;
  readonly action: string;
  readonly count: number;
}

/** The extensions of the console, once it works on none of ours. */
export async function extensions(
  console: Console,
  patience: Patience,
): Promise<readonly ExtensionRow[]> {
  const ask = async (): Promise<readonly ExtensionRow[] | null> => {
    const rows = await allItems<ExtensionRow>(console, EXTENSIONS, {
      fields: "id,name,version,status",
    });
    return isBusy(rows) ? null : rows;
  };
  return until(ask, "the task that works on our extension", patience);
}

/** Uploads the content where it is not there, and asks what installing it would change. */
export async function previewContent(
  console: Console,
  plan: ContentPlan,
  zip: () => Uint8Array,
  patience: Patience,
): Promise<{ readonly id: number; readonly items: readonly ItemCount[] }> {
  const id = plan.id ?? (await upload(console, plan.version, zip(), patience));
  await extensions(console, patience);
  return { id, items: await act(console, id, "PREVIEW", patience) };
}

/** Installs an uploaded extension over what is there. */
export async function installContent(
  console: Console,
  id: number,
  patience: Patience,
): Promise<void> {
  await act(console, id, "INSTALL", patience);
  const rows = await extensions(console, patience);
  const status = rows.find((row) => row.id === id)?.status ?? "gone";
  if (status !== "INSTALLED") {
    throw taskError(
      `the extension ${id} is ${status} after its installation`,
      "Admin > Extensions Management and /var/log/qradar.error of the console say more",
    );
  }
}

/** Removes every version of ours. Returns what was done item by item: some consoles keep items that were there before. */
export async function removeContent(
  console: Console,
  patience: Patience,
): Promise<readonly ItemCount[]> {
  const done: TaskItem[] = [];
  for (;;) {
    const row = ourRows(await extensions(console, patience))
      .filter(isThere)
      .at(-1);
    if (row === undefined) return counts(done);
    const path = `${EXTENSIONS}/${row.id}`;
    const { value } = await console.call({ method: "DELETE", path, needs: ["status_id"] });
    done.push(
      ...(await followTask(console, value, `removing the content ${row.version}`, patience)),
    );
  }
}

/** A console that keeps the file of what was uninstalled refuses it a second time (409 22613): then that one is taken. */
async function upload(
  console: Console,
  version: string,
  body: Uint8Array,
  patience: Patience,
): Promise<number> {
  try {
    const needs = ["id"];
    const { value } = await console.call({ method: "POST", path: EXTENSIONS, body, needs });
    return Number((value as { id: unknown }).id);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    const rows = ourRows(await extensions(console, patience));
    const kept = rows.find((row) => row.version === version);
    if (kept === undefined) throw error;
    return kept.id;
  }
}

async function act(
  console: Console,
  id: number,
  action: "PREVIEW" | "INSTALL",
  patience: Patience,
): Promise<readonly ItemCount[]> {
  const { value } = await console.call({
    method: "POST",
    path: `${EXTENSIONS}/${id}`,
    query: { action_type: action, overwrite: "true" },
    needs: ["status_id"],
  });
  return counts(await followTask(console, value, `${action} of the content`, patience));
}

function counts(items: readonly TaskItem[]): readonly ItemCount[] {
  const found = new Map<string, ItemCount>();
  for (const { content_type_name: kind, action } of items) {
    const key = `${kind}\0${action}`;
    found.set(key, { kind, action, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}
