/** The word in `sources:` of the configuration that collects a record type. */
export type SourceName =
  | "siem"
  | "cloud_integrated"
  | "audit"
  | "ttp_impersonation"
  | "ttp_url"
  | "ttp_attachment"
  | "dlp"
  | "rejections"
  | "held_release"
  | "archive_search"
  | "archive_view"
  | "threat_intel";

/** One row of the table of record types. */
export interface TypeRow {
  readonly source: SourceName;
  /** The middle part of the record ids: letters only, so that an id can be found in any text. */
  readonly code: string;
  /** API 2.0: the value of `type` and of the query parameter (reference 2.3, 2.5). */
  readonly v2?: string;
  /** API 1.0: the prefix of the file's name (reference 1.5; those not read verbatim are inferred). */
  readonly v1?: string;
  /** Share of the source's records, in thousandths. */
  readonly share: number;
}

/** Every record type of both API generations, and how a source's records divide among its types. */
export const RECORD_TYPES = {
  receipt: { source: "siem", code: "receipt", v2: "receipt", v1: "receipt", share: 300 },
  process: { source: "siem", code: "process", v2: "process", v1: "process", share: 215 },
  delivery: { source: "siem", code: "delivery", v2: "delivery", v1: "delivery", share: 320 },
  journal: { source: "siem", code: "journal", v2: "journal", v1: "jrnl", share: 60 },
  spam: { source: "siem", code: "spam", v2: "spam", v1: "spam", share: 35 },
  url_protect: { source: "siem", code: "urlp", v2: "url protect", v1: "ttp_url", share: 30 },
  impersonation_protect: {
    source: "siem",
    code: "imp",
    v2: "impersonation protect",
    v1: "impersonation",
    share: 15,
  },
  attachment_protect: {
    source: "siem",
    code: "attp",
    v2: "attachment protect",
    v1: "ttp_ap",
    share: 10,
  },
  internal_email_protect: {
    source: "siem",
    code: "iep",
    v2: "internal email protect",
    v1: "iep",
    share: 8,
  },
  av: { source: "siem", code: "av", v2: "av", v1: "av", share: 7 },
  entities: { source: "cloud_integrated", code: "entity", v2: "entities", share: 550 },
  mailflow: { source: "cloud_integrated", code: "mailflow", v2: "mailflow", share: 400 },
  urlclick: { source: "cloud_integrated", code: "urlclick", v2: "urlclick", share: 50 },
  audit: { source: "audit", code: "audit", share: 1000 },
  ttp_impersonation: { source: "ttp_impersonation", code: "ttpimp", share: 1000 },
  ttp_url: { source: "ttp_url", code: "ttpurl", share: 1000 },
  ttp_attachment: { source: "ttp_attachment", code: "ttpatt", share: 1000 },
  dlp: { source: "dlp", code: "dlp", share: 1000 },
  rejections: { source: "rejections", code: "rejection", share: 1000 },
  held_release: { source: "held_release", code: "held", share: 1000 },
  archive_search: { source: "archive_search", code: "search", share: 1000 },
  archive_view: { source: "archive_view", code: "view", share: 1000 },
  threat_intel: { source: "threat_intel", code: "feed", share: 1000 },
} as const satisfies Readonly<Record<string, TypeRow>>;

/** The name of a record type: the `cat` of its LEEF line where the type has one (QRadar reference 5.2). */
export type RecordType = keyof typeof RECORD_TYPES;

/** All record types, in table order: a type's position here is its number. */
export const TYPE_NAMES = Object.keys(RECORD_TYPES) as readonly RecordType[];

/** The row of a type, with its optional fields. */
export function typeRow(type: RecordType): TypeRow {
  return RECORD_TYPES[type];
}

/** The types of a source, in table order. */
export function typesOf(source: SourceName): RecordType[] {
  return TYPE_NAMES.filter((type) => RECORD_TYPES[type].source === source);
}

/** How many records: by source (divided among its types by their shares) or by type. */
export type Amounts = { readonly [name in SourceName | RecordType]?: number };

/** Divides amounts among types. Each type of a source gets one record first, where there are enough. */
export function amountsByType(amounts: Amounts): Map<RecordType, number> {
  const out = new Map<RecordType, number>();
  for (const [name, amount] of Object.entries(amounts)) {
    if (!Number.isSafeInteger(amount) || amount < 0) {
      throw new RangeError(
        `Cannot make records: "${name}" must be a whole number >= 0: current value is ${amount}`,
      );
    }
    const types = typesOf(name as SourceName);
    if (types.length === 0 && !(name in RECORD_TYPES)) {
      throw new RangeError(`Cannot make records: "${name}" is neither a source nor a record type`);
    }
    const parts =
      types.length > 0 ? divide(amount, types) : [[name as RecordType, amount] as const];
    for (const [type, part] of parts) out.set(type, (out.get(type) ?? 0) + part);
  }
  return out;
}

function divide(amount: number, types: readonly RecordType[]): (readonly [RecordType, number])[] {
  const base = amount >= types.length ? 1 : 0;
  const rest = amount - base * types.length;
  let given = 0;
  let shares = 0;
  return types.map((type) => {
    shares += RECORD_TYPES[type].share;
    const upTo = Math.floor((rest * shares) / 1000);
    const part = base + upTo - given;
    given = upTo;
    return [type, part] as const;
  });
}
