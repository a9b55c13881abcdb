import { copy, hexValue, lower } from "./bytes.ts";

const MAX_LENGTH: usize = 45;

/**
 * True for the text of an IPv4 address (four decimal numbers, RFC 6943 §3.1.1 "strict") or an IPv6 address (RFC 4291
 * §2.2). Host names never count, and neither do the unspecified addresses, which belong to no host.
 */
export function isAddress(start: usize, end: usize): bool {
  if (end <= start || end - start > MAX_LENGTH) return false;
  return v4Numbers(start, end) > 0 || isV6(start, end);
}

/**
 * Writes a value that is an address, with or without a port, or brackets around IPv6; nothing for any other value. It
 * writes an IPv4-mapped address (::ffff:192.0.2.1) as IPv4, so that QRadar shows one host as one.
 */
export function writeAddress(to: usize, start: usize, end: usize): usize {
  if (!isAddress(start, end)) {
    end = withoutPort(start, end);
    if (end - start > 1 && load<u8>(start) == 0x5b && load<u8>(end - 1) == 0x5d) {
      start++;
      end--;
    }
    if (!isAddress(start, end)) return to;
  }
  if (isMapped(start) && v4Numbers(start + 7, end) > 0) start += 7;
  return copy(to, start, <u32>(end - start));
}

/** The end of the value before its port: after a bracket or an IPv4 address. */
function withoutPort(start: usize, end: usize): usize {
  let port = end;
  while (port > start && <u32>load<u8>(port - 1) - 0x30 < 10) port--;
  if (port == end || end - port > 5 || port < start + 2 || load<u8>(port - 1) != 0x3a) return end;
  return load<u8>(port - 2) == 0x5d || v4Numbers(start, port - 1) > 0 ? port - 1 : end;
}

/** ::ffff: */
function isMapped(p: usize): bool {
  if (load<u16>(p) != 0x3a3a || load<u8>(p, 6) != 0x3a) return false;
  for (let i: usize = 2; i < 6; i++) {
    if (lower(load<u8>(p + i)) != 0x66) return false;
  }
  return true;
}

/** The four numbers as one, 0 if the text is no address (or 0.0.0.0). */
function v4Numbers(p: usize, end: usize): u32 {
  let all: u32 = 0;
  for (let part: u32 = 0; part < 4; part++) {
    let number: u32 = 0;
    const first = p;
    while (p < end && <u32>load<u8>(p) - 0x30 < 10 && p - first < 3) {
      number = number * 10 + (load<u8>(p) - 0x30);
      p++;
    }
    if (p == first || number > 255 || (p - first > 1 && load<u8>(first) == 0x30)) return 0;
    all = (all << 8) | number;
    if (part < 3) {
      if (p >= end || load<u8>(p) != 0x2e) return 0;
      p++;
    }
  }
  return p == end ? all : 0;
}

function isV6(p: usize, end: usize): bool {
  let groups: u32 = 0;
  let gap = false;
  let any: u32 = 0;
  if (load<u8>(p) == 0x3a) {
    if (end - p < 2 || load<u8>(p, 1) != 0x3a) return false;
    p += 2;
    gap = true;
  }
  while (p < end) {
    const first = p;
    let value: u32 = 0;
    while (p < end && p - first < 5 && hexValue(load<u8>(p)) < 16) {
      value = (value << 4) | hexValue(load<u8>(p));
      p++;
    }
    if (p == first || p - first > 4) return false;
    if (p < end && load<u8>(p) == 0x2e) {
      if (v4Numbers(first, end) == 0) return false;
      groups += 2;
      any = 1;
      break;
    }
    groups++;
    any |= value;
    if (p == end) break;
    if (load<u8>(p) != 0x3a) return false;
    p++;
    if (p == end) return false;
    if (load<u8>(p) == 0x3a) {
      if (gap) return false;
      gap = true;
      p++;
    }
  }
  return any != 0 && (gap ? groups < 8 : groups == 8);
}
