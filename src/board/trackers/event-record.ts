/** TensorBoard's event files: protobuf messages in TFRecord frames. Formats: tensorflow/core/util/event.proto and lib/io/record_writer.h. */

/** One Event with scalars. */
export function scalarEvent(step: number, time: number, scalars: ReadonlyMap<string, number>): Buffer {
  const values = [...scalars].map(([tag, value]) =>
    field(1, Buffer.concat([field(1, Buffer.from(tag)), float(2, value)])),
  );
  return event(time, Buffer.concat([varintField(2, step), field(5, Buffer.concat(values))]));
}

/** The first record of every file. */
export function versionEvent(time: number): Buffer {
  return event(time, field(3, Buffer.from("brain.Event:2")));
}

function event(time: number, rest: Buffer): Buffer {
  return frame(Buffer.concat([double(1, time / 1000), rest]));
}

/** Length, its masked CRC, the data, its masked CRC; little-endian. */
function frame(data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc(data));
  return Buffer.concat([head, data, tail]);
}

/** Rotated and shifted, so that the CRC of data that holds a CRC is sound. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli); of "123456789" e3069283. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Protobuf wire format: key = number << 3 | type; types 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
function field(number: number, data: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(data.length), data]);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}

function float(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((number << 3) | 5), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  // Steps may pass 2^31: no bit operations on the whole value.
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
