import { copy } from "./bytes.ts";
import { SETTINGS } from "./memory.ts";
import { TEXT, TEXT_HOST, TEXT_HOST_LENGTH } from "./tables.ts";

/** HOSTNAME of the syslog header: QRadar's log source identifier (LEEF reference §1.6). */
const HOST: usize = SETTINGS + 0x200;
const FOUND: usize = SETTINGS + 0x400;
const HOST_MAX: u32 = 255;

/** Length of the host from the settings, 0 if they name none. */
let length: usize = 0;
let foundEnd: usize = 0;

/** Sets the host; an empty text unsets it. */
export function setHost(value: usize, end: usize): void {
  length = writeHost(HOST, value, end, HOST_MAX) - HOST;
}

/** Address of the header's host: from the settings, else "mimecast-ACCOUNT", or "mimecast" without an account. */
export function findHost(account: usize, accountEnd: usize): usize {
  if (length > 0) {
    foundEnd = HOST + length;
    return HOST;
  }
  let to = copy(FOUND, TEXT + TEXT_HOST, TEXT_HOST_LENGTH);
  if (accountEnd > account) to = writeHost(to, account, accountEnd, HOST_MAX - TEXT_HOST_LENGTH);
  foundEnd = to - FOUND == TEXT_HOST_LENGTH ? to - 1 : to;
  return FOUND;
}

/** Length of the host that `findHost` found last. */
export function foundLength(): usize {
  return foundEnd - (length > 0 ? HOST : FOUND);
}

/** Letters, digits, dot, hyphen and underscore; anything else becomes a hyphen. */
function writeHost(to: usize, p: usize, end: usize, max: u32): usize {
  const limit = to + max;
  for (; p < end && to < limit; p++) {
    const c = <u32>load<u8>(p);
    if (c >= 0x80 && c < 0xc0) continue;
    const plain = (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x2d || c == 0x2e || c == 0x5f;
    store<u8>(to++, plain ? c : 0x2d);
  }
  return to;
}
