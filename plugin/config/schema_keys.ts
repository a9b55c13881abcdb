import type * as z from "zod";
import type { Path } from "./yaml_text.ts";

/** The known keys of the mapping at a path; empty if the schema has no mapping there. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  let candidates = [schema];
  for (const part of path) {
    candidates = candidates.flatMap(open).flatMap((type) => {
      const { def } = type._zod as { def: Definition };
      const child = def.type === "array" ? def.element : def.shape?.[String(part)];
      return child === undefined ? [] : [child];
    });
  }
  return candidates
    .flatMap(open)
    .flatMap((type) => Object.keys((type._zod as { def: Definition }).def.shape ?? {}));
}

/** The used part of a zod 4 definition (zod.dev, "For library authors"). */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

/** The types inside of defaults, optionals and unions. */
function open(type: z.ZodType): z.ZodType[] {
  const { def } = type._zod as { def: Definition };
  if (def.innerType !== undefined) {
    return open(def.innerType);
  }
  return def.options === undefined ? [type] : def.options.flatMap(open);
}
