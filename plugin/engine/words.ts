/** Words in the settings' text. */

/** True if the text is this word. */
export function is(p: usize, end: usize, word: string): bool {
  return <i32>(end - p) == word.length && begins(p, end, word);
}

/** True if the text begins with this word. */
export function begins(p: usize, end: usize, word: string): bool {
  if (<i32>(end - p) < word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (load<u8>(p + i) != word.charCodeAt(i)) return false;
  }
  return true;
}

/** A decimal number below a million; 0 for any other text. */
export function number(p: usize, end: usize): u32 {
  let value: u32 = 0;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9 || value > 100_000) return 0;
    value = value * 10 + digit;
  }
  return value;
}
