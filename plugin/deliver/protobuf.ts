/**
 * What is needed of the wire format of Protocol Buffers (protobuf.dev, "Encoding"): a message is its fields one after the
 * other, so a field is a buffer and a message their concatenation.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A number from 0 to 2^53, or an int64 as BigInt. */
export function varintField(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)]);
}

/** An unsigned number of 64 bits. */
export function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(field * 8 + FIXED64), bytes]);
}

/** A floating-point number. */
export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + FIXED64), bytes]);
}

/** A text, or a message given by its fields. */
export function bytesField(field: number, value: string | readonly Buffer[]): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : Buffer.concat(value);
  return Buffer.concat([varint(field * 8 + BYTES), varint(bytes.length), bytes]);
}

/** The fields of a message: numbers, and the bytes of texts and messages. Ends where the bytes are no message. */
export function* fieldsOf(message: Buffer): Generator<readonly [number, number | Buffer]> {
  const reader = { at: 0 };
  while (reader.at < message.length) {
    const tag = readVarint(message, reader);
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === VARINT) yield [field, readVarint(message, reader)];
    else if (type === BYTES) {
      const length = readVarint(message, reader);
      yield [field, message.subarray(reader.at, reader.at + length)];
      reader.at += length;
    } else if (type === FIXED64) reader.at += 8;
    else if (type === FIXED32) reader.at += 4;
    else return;
  }
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

function readVarint(bytes: Buffer, reader: { at: number }): number {
  let value = 0;
  for (let scale = 1; reader.at < bytes.length; scale *= 128) {
    const byte = bytes[reader.at++] as number;
    value += (byte % 128) * scale;
    if (byte < 128) break;
  }
  return value;
}
