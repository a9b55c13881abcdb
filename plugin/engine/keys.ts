import { copy, same } from "./bytes.ts";
import { KEY_TEXTS } from "./memory.ts";
import { KEY_COUNT, KEYS, TEXT } from "./tables.ts";

/**
 * The finished beginnings of attributes, "^subject=": 64 bytes each, with the length in the last byte. The engine leaves
 * out an attribute with length 0.
 */
const KEY_MAX: usize = 40;
const LENGTH: usize = 63;

/** The address of "^key=". */
// @ts-ignore: decorator
@inline
export function keyText(key: u32): usize {
  return KEY_TEXTS + (key << 6);
}

/** The length of "^key=", 0 if the attribute is left out. */
// @ts-ignore: decorator
@inline
export function keyLength(key: u32): u32 {
  return keyLengthAt(keyText(key));
}

/** The same, by the address of "^key=". */
// @ts-ignore: decorator
@inline
export function keyLengthAt(text: usize): u32 {
  return load<u8>(text, LENGTH);
}

/** Writes all keys under their own names. */
export function layKeys(delimiter: u32): void {
  for (let key: u32 = 0; key < KEY_COUNT; key++) {
    const row = KEYS + key * 4;
    layKey(key, delimiter, TEXT + load<u16>(row), load<u8>(row, 2));
  }
}

function layKey(key: u32, delimiter: u32, name: usize, length: u32): void {
  const text = keyText(key);
  store<u8>(text, delimiter);
  store<u8>(copy(text + 1, name, length), 0x3d);
  store<u8>(text, length + 2, LENGTH);
}

/** Gives a key another name; an empty name leaves the attribute out. False for an unknown key. */
export function rename(name: usize, nameEnd: usize, value: usize, end: usize): bool {
  const length = <u32>(nameEnd - name);
  for (let key: u32 = 0; key < KEY_COUNT; key++) {
    const row = KEYS + key * 4;
    if (load<u8>(row, 2) != length || !same(TEXT + load<u16>(row), name, length)) continue;
    if (value == 0) store<u8>(keyText(key), 0, LENGTH);
    else if (!isKey(value, end)) return false;
    else layKey(key, load<u8>(keyText(key)), value, <u32>(end - value));
    return true;
  }
  return false;
}

/** Letters and digits only (LEEF reference §1.2). */
function isKey(p: usize, end: usize): bool {
  if (p == end || end - p > KEY_MAX) return false;
  while (p < end) {
    const c = <u32>load<u8>(p++);
    if ((c | 0x20) - 0x61 >= 26 && c - 0x30 >= 10) return false;
  }
  return true;
}
