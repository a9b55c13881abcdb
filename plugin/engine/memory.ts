/**
 * Where everything lies. Addresses are fixed, nothing is allocated while records are read; the module's static
 * data (tables.ts) is below STATIC_END. The sum is 21 pages of 64 KiB, see scripts/build_wasm.mjs.
 */
export const STATIC_END: usize = 0x10000;

/** A slot of 16 bytes for each field of the record at hand: generation, start, end, form. */
export const FIELDS: usize = 0x10000;
/** The hash table of member names, 1,024 slots of 32 bytes. */
export const NAME_SLOTS: usize = 0x11000;
/** The finished beginning of each attribute ("^subject="), 64 bytes each, its length in the last one. */
export const KEY_TEXTS: usize = 0x19000;
/** Where each attribute of the line at hand begins: address, attribute number. */
export const PIECES: usize = 0x1b800;
/** What settings.ts has laid out: see there. */
export const SETTINGS: usize = 0x1c000;
/** One byte a level: what kind of bracket is open. */
export const NESTING: usize = 0x1e000;
/** Text of the last day and digits in the making. */
export const CLOCK: usize = 0x1e100;
/** Uid and digest as hex text. */
export const HEX: usize = 0x1e200;
/** What spam_walk.ts has found, eight bytes for each check. */
export const SPAM_CHECKS: usize = 0x1e300;
/** What the mapping does not know: unknown.ts, 0xa00 bytes. */
export const UNKNOWN: usize = 0x1e400;
/** A value with its JSON escapes taken out, for those that are searched. */
export const SCRATCH: usize = 0x1f000;
export const SCRATCH_SIZE: u32 = 0x8000;
/** A record that our own envelope holds as text. */
export const EVENT_TEXT: usize = 0x28000;
export const EVENT_TEXT_SIZE: u32 = 0x10000;

/** Input: a block of whole lines, and behind it room for a sentinel and for reading eight bytes at a time. */
export const INPUT: usize = 0x38000;
export const INPUT_SIZE: u32 = 0x40000;
export const SLACK: u32 = 0x100;

/** Room for everything of a record that is not its own bytes. */
export const ROOM_PER_RECORD: u32 = 0x14000;

/** Output. A record may grow to three times its size (every byte replaced by U+FFFD), and a line comes with it. */
export const OUTPUT: usize = INPUT + INPUT_SIZE + SLACK;
export const OUTPUT_SIZE: u32 = 3 * INPUT_SIZE + ROOM_PER_RECORD;
export const MEMORY_END: usize = OUTPUT + OUTPUT_SIZE + SLACK;

/** A key=value record may be this long: as JSON text it may grow to six times its size. */
export const KEY_VALUE_MAX: u32 = 0xff00;
