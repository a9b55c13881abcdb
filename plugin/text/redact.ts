const MASK = "[secret]";

/** Shorter texts are no secrets, and masking them would make a log unreadable. */
const SHORTEST_SECRET = 4;

/** The log cuts longer values, because it must not hold whole answers. */
const LONGEST_TEXT = 4096;

const DEEPEST = 6;
const MOST_VALUES = 500;
const CUT = "[…]";

/** Keys whose values are secrets, in configurations, forms and answers. */
const KEY = "(?:client_?secret|secret_?key|app_?key|access_?key|access_?token|password)";

/**
 * Patterns of secrets, also inside of percent-encoded text (hence no word borders).
 * JWE and JWT: RFC 7516 §7.1, RFC 7515 §7.1. Bearer: RFC 6750 §2.1. `MC key:signature`: Mimecast API 1.0
 * Authorization header. `X-Amz-…`: AWS Signature Version 4 query parameters, also where percent-encoded.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*/g, MASK],
  [/(Bearer)(?:\s|%20)+[A-Za-z0-9._~+/=-]+/gi, `$1 ${MASK}`],
  [/\b(MC)\s+[A-Za-z0-9_+/=.-]{4,}:[A-Za-z0-9+/=]{16,}/g, `$1 ${MASK}`],
  [/(X-Amz-(?:Signature|Credential|Security-Token))(=|%3D)[^&\s"'<>]*/gi, `$1$2${MASK}`],
  // A value that belongs to its key: `key=value`, `key:value`, `key = "value"`, `"key": "value"`.
  [new RegExp(`(${KEY}["']?(?:\\s*[=:]\\s*["']|=|:(?!\\s)))[^&\\s"',;}]+`, "gi"), `$1${MASK}`],
  // `key: value` may be a sentence too (`lacks "client_secret": account of …`): a word of a sentence does not count.
  [
    new RegExp(
      `(${KEY}["']?\\s{0,8}[=:]\\s{1,8})(?=[^&\\s"',;}]*(?:\\d|[_~+/=.-][^&\\s"',;}])|[^&\\s"',;}]{16}|[^&\\s"',;}]+\\s*(?:[,;}]|$))[^&\\s"',;}]+`,
      "gim",
    ),
    `$1${MASK}`,
  ],
  // User name and password of a URL (RFC 3986 §3.2.1).
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]+@/gi, `$1${MASK}@`],
];

/** Names of fields whose value is never shown. */
const SECRET_FIELD =
  /^(?:authorization|cookie|set-cookie|proxy-authorization|password|client_?secret|secret_?key|app_?key|access_?key|(?:access_?)?token|seal_?key)$/i;

/** A text with masks for registered secrets and everything that looks like one, and with escapes for control characters. */
export function redactText(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const form of secretForms(secrets)) {
    masked = masked.replaceAll(form, MASK);
  }
  // Bounds the work of the patterns; the cut below would remove the same text.
  masked = masked.slice(0, 2 * LONGEST_TEXT);
  for (const [pattern, replacement] of PATTERNS) {
    masked = masked.replace(pattern, replacement);
  }
  const short =
    masked.length > LONGEST_TEXT
      ? `${masked.slice(0, LONGEST_TEXT)}… (${text.length} characters)`
      : masked;
  return spellControls(short);
}

/** Fields as a log line may hold them: plain, bounded, masked. Never throws, whatever a getter or toJSON does. */
export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
): Record<string, unknown> {
  const shown = redactObject(fields, { secrets, left: MOST_VALUES }, 0);
  return typeof shown === "object" && shown !== null ? { ...shown } : { fields: shown };
}

interface Walk {
  readonly secrets: readonly string[];
  /** Values that may still be shown: bounds what a cyclic or huge value costs. */
  left: number;
}

function redactValue(value: unknown, walk: Walk, depth: number): unknown {
  if (walk.left-- <= 0) {
    return CUT;
  }
  switch (typeof value) {
    case "string":
      return redactText(value, walk.secrets);
    case "number":
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? null : redactObject(value, walk, depth);
    default:
      return `[${typeof value}]`;
  }
}

function redactObject(value: object, walk: Walk, depth: number): unknown {
  if (depth >= DEEPEST) {
    return CUT;
  }
  if (ArrayBuffer.isView(value)) {
    return `[${value.byteLength} bytes]`;
  }
  try {
    if (value instanceof Error) {
      return redactEntries(errorFields(value), walk, depth);
    }
    if (Array.isArray(value)) {
      return value.slice(0, MOST_VALUES).map((one) => redactValue(one, walk, depth + 1));
    }
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return redactValue(value.toJSON(), walk, depth + 1);
    }
    return redactEntries(value, walk, depth);
  } catch {
    return CUT;
  }
}

function redactEntries(value: object, walk: Walk, depth: number): Record<string, unknown> {
  const entries = Object.entries(value).slice(0, MOST_VALUES);
  return Object.fromEntries(
    entries.map(([key, one]) => [
      redactText(key, walk.secrets),
      SECRET_FIELD.test(key) ? MASK : redactValue(one, walk, depth + 1),
    ]),
  );
}

/** The parts of an error for people, without the stack, which may quote arguments. */
function errorFields(error: Error): object {
  const { code, status, hint } = error as { code?: unknown; status?: unknown; hint?: unknown };
  const { name, message, cause } = error;
  const fields = { name, code, status, message, hint, cause };
  return Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined));
}

/** A cache: every text needs the list of secrets, and the list seldom grows. */
const FORMS = new WeakMap<readonly string[], { readonly of: string; readonly forms: string[] }>();

/** A secret as it is, as JSON, as a query value and in base64, longest first so that no rest of one remains. */
function secretForms(secrets: readonly string[]): string[] {
  const of = secrets.join("\n");
  const known = FORMS.get(secrets);
  if (known?.of === of) {
    return known.forms;
  }
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  FORMS.set(secrets, { of, forms });
  return forms;
}

function formsOf(secret: string): string[] {
  return secret.length < SHORTEST_SECRET
    ? []
    : [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeForm(secret),
        Buffer.from(secret).toString("base64"),
      ];
}

/** application/x-www-form-urlencoded, as the token request sends it; total where encodeURIComponent is not. */
function encodeForm(secret: string): string {
  return new URLSearchParams({ "": secret }).toString().slice(1);
}

/** C1 and line separators move a terminal's cursor or break a line; JSON escapes only C0. */
function spellControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
