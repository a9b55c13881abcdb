/**
 * The layout of the memory. Addresses are fixed, and reading records allocates nothing; the module's static data
 * (tables.ts) is below STATIC_END. The sum is 21 pages of 64 KiB, see scripts/build_wasm.mjs.
 */
const STATIC_END: usize = 0x10000;

/** A slot of 16 bytes for each field of the current record: generation, start, end, form. */
export const FIELDS: usize = 0x10000;
/** The hash table of member names, 1,024 slots of 32 bytes. */
export const NAME_SLOTS: usize = 0x11000;
/** The finished beginning of each attribute ("^subject="), 64 bytes each, its length in the last one. */
export const KEY_TEXTS: usize = 0x19000;
/** The beginning of each attribute in the current line: address, attribute number. */
export const PIECES: usize = 0x1b800;
/** The finished texts of settings.ts. */
export const SETTINGS: usize = 0x1c000;
/** One byte for each level: the kind of the open bracket. */
export const NESTING: usize = 0x1e000;
/** The text of the last day, and room for digits. */
export const CLOCK: usize = 0x1e100;
/** Uid and digest as hex text. */
export const HEX: usize = 0x1e200;
/** The finds of spam_walk.ts, eight bytes for each check. */
export const SPAM_CHECKS: usize = 0x1e300;
/** Names that the mapping does not know: unknown.ts, 0xa00 bytes. */
export const UNKNOWN: usize = 0x1e400;
/** A value without its JSON escapes, for values that the engine searches. */
export const SCRATCH: usize = 0x1f000;
/** A record that came as text in our own envelope. */
export const EVENT_TEXT: usize = 0x28000;
export const EVENT_TEXT_SIZE: u32 = 0x10000;

/** Input: a block of whole lines, then room for a sentinel and for reading eight bytes at a time. */
export const INPUT: usize = 0x38000;
export const INPUT_SIZE: u32 = 0x40000;
const SLACK: u32 = 0x100;

/** Room for everything in a record's output besides its own bytes. */
export const ROOM_PER_RECORD: u32 = 0x14000;

/** Output. A record may grow to three times its size (U+FFFD for every byte), and a line comes with it. */
export const OUTPUT: usize = INPUT + INPUT_SIZE + SLACK;
export const OUTPUT_SIZE: u32 = 3 * INPUT_SIZE + ROOM_PER_RECORD;
export const MEMORY_END: usize = OUTPUT + OUTPUT_SIZE + SLACK;

/** A key=value record may be this long: as JSON text it may grow to six times its size. */
export const KEY_VALUE_MAX: u32 = 0xff00;
