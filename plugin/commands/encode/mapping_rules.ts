import MAPPING from "../../engine/mapping.json" with { type: "json" };

/** What `encode --explain` reads of the mapping; the engine's tables are made of the same file. */
export interface MappingRules {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly leftOut: {
    readonly groups: readonly { readonly why: string; readonly names: readonly string[] }[];
  };
  readonly types: Readonly<Record<string, string>>;
  readonly marks: readonly {
    readonly cat: string;
    readonly any?: readonly string[];
    readonly all?: readonly string[];
  }[];
  readonly cats: readonly Cat[];
  readonly events: readonly EventRule[];
  readonly refinements: readonly Refinement[];
  readonly attributes: readonly AttributeRule[];
}

/** A record type: who its user is, and what came of it. */
export interface Cat {
  readonly cat: string;
  /** "none", "direction", "click", "sender", "recipient", else the field that holds the user. */
  readonly user: string;
  readonly outcome: readonly {
    readonly from: readonly string[];
    readonly values: Readonly<Record<string, string>>;
  }[];
  readonly other: string;
}

interface EventRule {
  readonly id: string;
  readonly sev: number;
  readonly name: string;
  readonly when?: {
    readonly field: string;
    readonly holds: readonly string[];
    readonly sev: number;
  };
}

interface Refinement {
  /** EventIDs, or a record type for all that its outcomes give. */
  readonly of: readonly string[] | string;
  readonly from?: readonly string[];
  readonly first?: readonly string[];
  readonly holds?: readonly string[];
  readonly lacks?: readonly string[];
  readonly to: string;
}

/** An attribute of a line. */
export interface AttributeRule {
  readonly key: string;
  readonly as: string;
  readonly from?: readonly string[];
  readonly max?: number;
  readonly cats?: readonly string[];
  readonly except?: readonly string[];
}

export const RULES = MAPPING as unknown as MappingRules;

const OWNERS = new Map(
  Object.entries(RULES.fields).flatMap(([field, names]) =>
    names.map((name) => [name, field] as const),
  ),
);
const LEFT_OUT = new Map(
  RULES.leftOut.groups.flatMap(({ why, names }) => names.map((name) => [name, why] as const)),
);
const MARKS = new Set(RULES.marks.flatMap(({ any = [], all = [] }) => [...any, ...all]));

/** The field that a member of this name belongs to. */
export const fieldOfName = (name: string): string | undefined => OWNERS.get(name);
/** Why a member of this name is left out. */
export const whyLeftOut = (name: string): string | undefined => LEFT_OUT.get(name);
/** True where a member of this name tells the record type, whatever it holds. */
export const tellsType = (name: string): boolean => MARKS.has(name);

/** The attributes that lines of a record type can have. */
export function attributesOf(cat: string): readonly AttributeRule[] {
  return RULES.attributes.filter(
    ({ cats, except }) => cats?.includes(cat) ?? !(except?.includes(cat) ?? false),
  );
}

/** The rule of a record type. Throws where the mapping has none. */
export function catNamed(cat: string): Cat {
  const found = RULES.cats.find((each) => each.cat === cat);
  if (found === undefined) throw new Error(`Record type "${cat}" is not in the mapping`);
  return found;
}
