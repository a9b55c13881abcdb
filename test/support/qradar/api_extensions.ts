import { type Answer, type Call, refuse, say } from "./api_answer.ts";
import { type Holdings, readUpload, take, type Upload } from "./content_import.ts";

/** What the extension management does besides its work. */
export interface ExtensionSwitches {
  /** A task of this kind ends so instead of COMPLETED. */
  failingTask?: { readonly action: "PREVIEW" | "INSTALL" | "UNINSTALL"; readonly status: string };
  /** Every extension says that it has this version. */
  shownVersion?: string;
  /** Tasks go on for ever. */
  endlessTasks?: boolean;
}

interface Extension extends Upload {
  readonly id: number;
  status: string;
  /** Rows that its installation has added. */
  readonly added: { readonly table: string; readonly key: string }[];
}

interface Task {
  readonly id: number;
  readonly action: "PREVIEW" | "INSTALL" | "UNINSTALL";
  readonly extension: Extension;
  polls: number;
  status: "PROCESSING" | string;
  items: { readonly name: string; readonly content_type_name: string; readonly action: string }[];
}

/** `/config/extension_management`, as IBM documents it for version 20.0: uploads, tasks, and an import for real. */
export function extensionApi(holdings: Holdings, switches: ExtensionSwitches, changed: () => void) {
  const extensions: Extension[] = [];
  const tasks: Task[] = [];
  const shown = ({ xml: _xml, added: _added, ...row }: Extension) => ({
    ...row,
    version: switches.shownVersion ?? row.version,
    signed: "NOT_SIGNED",
    full_uninstall: true,
  });

  async function upload(body: Buffer): Promise<Answer> {
    let file: Upload;
    try {
      file = await readUpload({ release: holdings.release, extensions: new Map() }, body);
    } catch (error) {
      const isOld = /wants QRadar/.test(String(error));
      return isOld ? refuse(412, 22619, String(error)) : refuse(422, 22616, String(error));
    }
    const there = extensions.find(
      ({ name, version }) => name === file.name && version === file.version,
    );
    if (there !== undefined) {
      return refuse(409, 22613, "it shares the same hub_id and version as one of the extensions");
    }
    const extension = { ...file, id: 50 + extensions.length, status: "NOT_INSTALLED", added: [] };
    extensions.push(extension);
    return say(201, shown(extension));
  }

  function start(extension: Extension, action: Task["action"]): Answer {
    if (tasks.some(({ status }) => status === "PROCESSING"))
      return refuse(409, 22618, "another preview/install task is already in progress");
    const id = 100 + tasks.length;
    const before = extension.status;
    const busy = { PREVIEW: "PREVIEWING", INSTALL: "INSTALLING", UNINSTALL: "UNINSTALLING" };
    extension.status = busy[action];
    tasks.push({ id, action, extension, polls: 0, status: "PROCESSING", items: [] });
    work.set(id, before);
    return say(202, { status_id: id, message: "accepted", status_location: `/task/${id}` });
  }
  const work = new Map<number, string>();

  /** Done at the second look, so that whoever asks once has not followed it. */
  function proceed(task: Task): void {
    if (task.status !== "PROCESSING" || switches.endlessTasks === true || task.polls++ === 0)
      return;
    const { extension, action } = task;
    const { failingTask } = switches;
    if (failingTask?.action === action) {
      task.status = failingTask.status;
      extension.status = action === "PREVIEW" ? work.get(task.id)! : `${action}_FAILED`;
      return;
    }
    task.status = "COMPLETED";
    if (action === "UNINSTALL") {
      for (const { table, key } of extension.added) holdings.tables.get(table)?.delete(key);
      task.items = extension.added.map(({ table, key }) => item(table, key, "DELETE"));
      extension.status = "UNINSTALLED";
      changed();
      return;
    }
    const rows = take(holdings, extension.xml, true, action === "PREVIEW");
    task.items = rows.map(({ table, key, action: done }) => item(table, key, done));
    extension.status = action === "PREVIEW" ? work.get(task.id)! : "INSTALLED";
    if (action === "PREVIEW") return;
    // What an older version has brought belongs to this one now.
    const older = extensions.filter((each) => each !== extension && each.name === extension.name);
    extension.added.push(...older.flatMap(({ added }) => added.splice(0)));
    extension.added.push(...rows.filter(({ action: done }) => done === "ADD"));
    for (const each of older) each.status = "UNINSTALLED";
    changed();
  }
  const item = (table: string, key: string, action: string) => ({
    name: key,
    content_type_id: 3,
    content_type_name: table,
    action,
  });

  return {
    /** Every extension that is there, with its state. */
    list: () => extensions.map(shown),
    /** Somebody has installed this file before. */
    async bring(file: Buffer): Promise<void> {
      const { value } = await upload(file);
      const extension = extensions.find(({ id }) => id === (value as { id?: number }).id)!;
      const rows = take(holdings, extension.xml, true);
      extension.added.push(...rows.filter(({ action }) => action === "ADD"));
      extension.status = "INSTALLED";
    },
    async answer({ method, path, query, body, contentType }: Call): Promise<Answer | null> {
      const [, id, results] =
        /^\/config\/extension_management\/extensions_task_status\/(\d+)(\/results)?$/.exec(path) ??
        [];
      if (id !== undefined) {
        const task = tasks.find((each) => each.id === Number(id));
        if (task === undefined) return refuse(404, 22604, "The task status cannot be found");
        if (results !== undefined)
          return say(200, { id: task.extension.id, task_type: task.action, content: task.items });
        proceed(task);
        const message = `${task.action} of extension ${task.extension.id}`;
        return say(200, { id: task.id, status: task.status, message, progress: 0 });
      }
      const [, one] = /^\/config\/extension_management\/extensions(?:\/(\d+))?$/.exec(path) ?? [
        null,
        null,
      ];
      if (one === null) return null;
      if (one === undefined) {
        if (method === "GET") return say(200, extensions.map(shown));
        const types = ["application/zip", "application/xml", "application/x-gzip"];
        return types.includes(contentType)
          ? upload(body)
          : refuse(415, 8, `content type ${contentType}`);
      }
      const extension = extensions.find((each) => each.id === Number(one));
      if (extension === undefined) return refuse(404, 22603, "The extension cannot be found");
      if (method === "GET") return say(200, shown(extension));
      if (method === "DELETE") return start(extension, "UNINSTALL");
      const action = query.get("action_type");
      if (action !== "PREVIEW" && action !== "INSTALL")
        return refuse(422, 22605, "The supplied action type is invalid");
      if (extension.status === "INSTALLED") return refuse(409, 22612, "it is already installed");
      return start(extension, action);
    },
  };
}
