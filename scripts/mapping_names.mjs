import { nameOrders } from "./key_value_orders.mjs";
import { u64, unique } from "./table_text.mjs";

/** A bit for each "any" rule and for each name of the "all" rules: a rule is met when its bits are all there. */
export function markRules(marks, generations) {
  const bits = new Map();
  let next = 0n;
  const give = (name, bit) => bits.set(name, (bits.get(name) ?? 0n) | bit);
  const single = new Map();
  const rows = marks.map((rule) => {
    if (rule.any) {
      const bit = 1n << next++;
      for (const name of rule.any) {
        give(name, bit);
      }
      return [bit, rule.cat];
    }
    let wanted = 0n;
    for (const name of rule.all) {
      if (!single.has(name)) {
        single.set(name, 1n << next++);
        give(name, single.get(name));
      }
      wanted |= single.get(name);
    }
    return [wanted, rule.cat];
  });
  const generationBits = {};
  for (const generation of ["1.0", "2.0"]) {
    const bit = 1n << next++;
    generationBits[generation] = bit;
    for (const name of generations[generation]) {
      give(name, bit);
    }
  }
  if (next > 64n) {
    throw new Error(
      `Cannot use mapping: "marks" must need at most 64 bits: current number is ${next}`,
    );
  }
  return { bits, rows, generations: generationBits };
}

/** One row for each name of a field, with the field that it belongs to. */
export function nameRows(mapping, fields, bits, text) {
  const owner = new Map();
  for (const [number, field] of fields.entries()) {
    for (const name of mapping.fields[field]) {
      if (owner.has(name)) {
        throw new Error(`Cannot use mapping: "${name}" is in two fields`);
      }
      owner.set(name, number + 1);
    }
  }
  const leftOut = mapping.leftOut.groups.flatMap((group) => group.names);
  return unique([...owner.keys(), ...bits.keys(), ...leftOut]).map((name) => ({
    name,
    row: [
      ...text.ref(name),
      owner.get(name) ?? 0,
      mapping.notInUid.includes(name) ? 1 : 0,
      ...nameOrders(mapping.keyValue, name),
      ...u64(bits.get(name) ?? 0n),
    ],
  }));
}
