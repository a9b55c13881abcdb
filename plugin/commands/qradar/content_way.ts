import { ConfigError } from "../../errors.ts";
import { type ContentPlan, contentPlan } from "./content_plan.ts";
import { extensions, type ItemCount, installContent, previewContent } from "./extension.ts";
import type { ContentIds } from "./log_source_plan.ts";
import { contentIds, LEEF, typeId } from "./log_sources.ts";
import { applyPieces, NOT_BROUGHT, pieceCounts, piecesPlan, piecesThere } from "./piecewise.ts";
import { taskError } from "./task.ts";
import type { OpenedConsole, QradarWorld } from "./world.ts";

/** A way for the content to come to the console: read, and not begun. */
export interface ContentWay {
  readonly content: ContentPlan;
  /** What would change, where that can be told without a change; null: it can't. */
  readonly items: readonly ItemCount[] | null;
  /** What log sources need; null: it comes with the content. */
  readonly ids: ContentIds | null;
  /** In words; empty: it brings everything. */
  readonly notBrought: readonly string[];
  /** Brings it; what it did. */
  bring(): Promise<readonly ItemCount[]>;
  /** What log sources need, afterwards. */
  idsAfter(): Promise<ContentIds>;
}

/** By the content zip, which has everything. */
export async function extensionWay(
  { console, patience }: OpenedConsole,
  { version, qradarContent, effects }: QradarWorld,
): Promise<ContentWay> {
  const content = contentPlan(await extensions(console, patience), version);
  return {
    content,
    items: null,
    ids: await contentIds(console),
    notBrought: [],
    async bring() {
      const { id, items } = await previewContent(console, content, qradarContent, patience);
      const { was } = content;
      // Told before it is done: the answer of the command is its end.
      effects.log("info", "QRadar content is being installed", { version, was, preview: items });
      await installContent(console, id, patience);
      return items;
    },
    async idsAfter() {
      const ids = await contentIds(console);
      if (ids !== null) return ids;
      throw taskError(
        "the content is installed, and its log source type or extension is not there",
        "Admin > Extensions Management: remove the extension, then run this again",
      );
    },
  };
}

/** Event names, mappings and properties one by one, for IBM's own LEEF type: for a console that takes no extension. */
export async function piecewiseWay(
  { console }: OpenedConsole,
  { version, qradarTables }: QradarWorld,
): Promise<ContentWay> {
  if ((await contentIds(console)) !== null) {
    throw new ConfigError("Cannot install piecewise: the console has the log source type already", {
      code: "qradar_piecewise",
      hint: "Run it without --piecewise; or first remove what is there: mimecast-input qradar uninstall",
    });
  }
  const leef = await typeId(console, [LEEF]);
  if (leef === null) {
    throw taskError(`it has no log source type "${LEEF}"`, "Install IBM's DSM for it (RPM)");
  }
  const there = await piecesThere(console, leef);
  const pieces = piecesPlan(qradarTables, there);
  const items = pieceCounts(pieces);
  const isThere = there.mappings.length > 0;
  const ids = { typeId: leef, extensionId: null };
  return {
    content: {
      action: items.length === 0 ? "unchanged" : isThere ? "update" : "install",
      was: null,
      version,
      id: null,
    },
    items,
    ids,
    notBrought: NOT_BROUGHT,
    async bring() {
      await applyPieces(console, pieces, there);
      return items;
    },
    idsAfter: async () => ids,
  };
}
