import type { Effects } from "../effects.ts";
import type { SourceContext } from "../sources/source.ts";

/** Temporary files with what Mimecast served. */
export interface Spool {
  readonly spool: SourceContext["spool"];
  /** Removes those that were written since the last time. */
  forget(): Promise<void>;
}

/** Writes temporary files into a folder that is there. */
export function createSpool(effects: Pick<Effects, "files" | "randomUUID">, folder: string): Spool {
  const written: string[] = [];
  return {
    async spool(chunks) {
      const path = `${folder}/${effects.randomUUID()}`;
      written.push(path);
      return { path, size: await effects.files.spool(path, chunks) };
    },
    async forget() {
      for (const path of written.splice(0)) await effects.files.remove(path);
    },
  };
}
