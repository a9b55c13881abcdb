/** A value of a map that Java's object streams can hold. */
export type JavaValue = string | boolean | number | null;

/**
 * The bytes of a java.util.HashMap<String, …> in an object stream, after a block of plain data (Java Object Serialization
 * Specification 6.4.2). Numbers become java.lang.Long, truth values java.lang.Boolean.
 */
export function javaMap(block: Buffer, entries: Readonly<Record<string, JavaValue>>): Buffer {
  const pairs = Object.entries(entries);
  const header = Buffer.alloc(18);
  header.writeFloatBE(0.75, 0);
  header.writeInt32BE(96, 4);
  header.set([BLOCK, 8], 8);
  header.writeInt32BE(128, 10);
  header.writeInt32BE(pairs.length, 14);
  return Buffer.concat([
    Buffer.from([0xac, 0xed, 0x00, 0x05, BLOCK, block.length]),
    block,
    Buffer.from([OBJECT]),
    classOf("java.util.HashMap", "0507dac1c31660d1", 3, [
      ["F", "loadFactor"],
      ["I", "threshold"],
    ]),
    Buffer.from([NULL]),
    header,
    ...pairs.flatMap(([key, value]) => [javaValue(key), javaValue(value)]),
    Buffer.from([END]),
  ]);
}

/** A text as DataOutput.writeUTF has it; ours have no characters for which that is not UTF-8. */
export function javaUtf(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A long as DataOutput.writeLong has it. */
export function javaLong(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

const [NULL, CLASS, OBJECT, STRING, BLOCK, END] = [0x70, 0x72, 0x73, 0x74, 0x77, 0x78];
const SERIALIZABLE = 2;

function javaValue(value: JavaValue): Buffer {
  if (value === null) return Buffer.from([NULL]);
  if (typeof value === "string") return Buffer.concat([Buffer.from([STRING]), javaUtf(value)]);
  if (typeof value === "boolean") {
    const boolean = classOf("java.lang.Boolean", "cd207280d59cfaee", SERIALIZABLE, [
      ["Z", "value"],
    ]);
    return Buffer.concat([Buffer.from([OBJECT]), boolean, Buffer.from([NULL, value ? 1 : 0])]);
  }
  const long = classOf("java.lang.Long", "3b8be490cc8f23df", SERIALIZABLE, [["J", "value"]]);
  const parent = classOf("java.lang.Number", "86ac951d0b94e08b", SERIALIZABLE, []);
  return Buffer.concat([Buffer.from([OBJECT]), long, parent, Buffer.from([NULL]), javaLong(value)]);
}

/** A class with its fields, up to where its parent follows. */
function classOf(name: string, uid: string, flags: number, fields: readonly [string, string][]) {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(fields.length);
  return Buffer.concat([
    Buffer.from([CLASS]),
    javaUtf(name),
    Buffer.from(uid, "hex"),
    Buffer.from([flags]),
    count,
    ...fields.flatMap(([type, field]) => [Buffer.from(type), javaUtf(field)]),
    Buffer.from([END]),
  ]);
}
