/** Pieces of the engine's tables as AssemblyScript source: bytes, offsets, names of constants. */

/** Lists of rows, one behind the other; what is there already is not written twice. */
export class RowTable {
  rows = [];
  /** The number of the first row of the list. */
  add(rows) {
    const key = rows.map(String);
    const has = (at) => key.every((row, i) => String(this.rows[at + i]) === row);
    const last = this.rows.length - rows.length;
    for (let at = 0; at <= last; at++) if (has(at)) return at;
    this.rows.push(...rows);
    return this.rows.length - rows.length;
  }
}

/** Names; one that is a part of what is there already is not written. */
export class TextTable {
  bytes = Buffer.alloc(0);
  names = new Set();
  /** Names that are known to come: the long ones first, so that more are a part of another. */
  constructor(names = []) {
    for (const name of [...names].sort((a, b) => b.length - a.length)) this.ref(name);
  }
  /** Offset (u16) and length (u8) of a name. */
  ref(name) {
    const bytes = Buffer.from(name);
    this.names.add(name);
    let at = this.bytes.indexOf(bytes);
    if (at < 0) {
      at = this.bytes.length;
      this.bytes = Buffer.concat([this.bytes, bytes]);
    }
    return [...u16(at), bytes.length];
  }
}

/** The values of a list, each once. */
export const unique = (list) => [...new Set(list)];
/** senderIp -> SENDER_IP */
export const upper = (name) => name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();

/** The number of a value that must be in a list. */
export function index(list, value, what) {
  const at = list.indexOf(value);
  if (at < 0) {
    throw new Error(`Cannot use mapping: "${value}" must be a known ${what}`);
  }
  return at;
}

/** Two bytes, the low one first. */
export function u16(value) {
  if (value > 0xffff) {
    throw new Error(
      `Cannot use mapping: table offset must be below 65536: current value is ${value}`,
    );
  }
  return [value & 255, value >> 8];
}

/** Eight bytes, the low one first. */
export function u64(value) {
  return [...Buffer.from(value.toString(16).padStart(16, "0"), "hex")].reverse();
}

/** A table as a constant of the engine's static memory. */
export function table(name, layout, rows) {
  const bytes = rows.flat();
  const lines = [];
  for (let at = 0; at < bytes.length; at += 32) {
    lines.push(`  ${bytes.slice(at, at + 32).join(",")},`);
  }
  return `\n/** ${layout} */\nexport const ${name}: usize = memory.data<u8>([\n${lines.join("\n")}\n], 8);`;
}
