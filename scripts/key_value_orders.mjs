/** The order of names in key=value lines, for the engine's tables: docs/decisions/0016-key-value-order.md. */

import { index, u16 } from "./table_text.mjs";

const OPEN = 0x20;
const ADDRESS = 0x40;
const BEHIND_CLOSED = 0x80;
const EVERY_ORDER = 0xffff;

/** The bucket of a name in a hash table of Java with 32 of them; one with 16 has the lowest four bits. */
export function bucket(name) {
  let hash = 0;
  for (const unit of name) {
    hash = (Math.imul(31, hash) + unit.charCodeAt(0)) | 0;
  }
  return (hash ^ (hash >>> 16)) & 31;
}

/** Rank and flags (one byte), and the orders that have the name, a bit each (two bytes). */
export function nameOrders({ head, open, addresses, behindClosed, ranks, orders }, name) {
  const flags =
    (open.includes(name) ? OPEN : 0) |
    (addresses.includes(name) ? ADDRESS : 0) |
    (behindClosed.includes(name) ? BEHIND_CLOSED : 0);
  const bits = orders.reduce((sum, { names }, at) => sum | (names.includes(name) ? 1 << at : 0), 0);
  return [(ranks[name] ?? bucket(name)) | flags, ...u16(head.includes(name) ? EVERY_ORDER : bits)];
}

/** A row for each order: the record type, and a name that its lines can't be without. */
export function orderRows({ orders }, cats, names) {
  if (orders.length > 15) {
    throw new Error(
      `Cannot use mapping: "keyValue.orders" must be at most 15: current number is ${orders.length}`,
    );
  }
  for (const name of orders.flatMap((order) => order.names)) {
    index(names, name, "name");
  }
  return orders.map(({ cat, needs }) => [
    index(cats, cat, "cat"),
    needs === undefined ? 0 : index(names, needs, "name") + 1,
  ]);
}
