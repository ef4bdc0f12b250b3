/** The wire format of protocol buffers, read-only and bounded: every length is checked against the message it is in. */

export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** One field: varints as numbers (up to 2^53), fixed32 and fixed64 and length-delimited ones as their bytes. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** The fields of one message, in file order. Throws `MalformedMessage` with the byte offset. */
export function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;

  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at];
      if (byte === undefined) throw new MalformedMessage(`a number ends after byte ${at}`);
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage(`a number of more than 10 bytes at byte ${at}`);
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) {
      throw new MalformedMessage(`a field of ${length} bytes at byte ${at} of a message of ${message.length}`);
    }
    at += length;
    return message.subarray(at - length, at);
  };

  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number < 1) throw new MalformedMessage(`field number 0 at byte ${at}`);
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 1) yield { number, value: take(8) };
    else if (wireType === 2) yield { number, value: take(varint()) };
    else if (wireType === 5) yield { number, value: take(4) };
    else throw new MalformedMessage(`wire type ${wireType} at byte ${at}`);
  }
}

export function asNumber({ number, value }: Field): number {
  if (typeof value !== "number") throw new MalformedMessage(`field ${number} is not a number`);
  return value;
}

export function asBytes({ number, value }: Field): Uint8Array {
  if (typeof value === "number") throw new MalformedMessage(`field ${number} is a number`);
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function asText(field: Field): string {
  try {
    return utf8.decode(asBytes(field));
  } catch (error) {
    throw new MalformedMessage(`field ${field.number} is not UTF-8`, { cause: error });
  }
}

export function asFloat(field: Field): number {
  const bytes = asBytes(field);
  if (bytes.length !== 4) throw new MalformedMessage(`field ${field.number} is not a 32-bit float`);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}
