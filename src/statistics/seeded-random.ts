/**
 * Our own generator: xoshiro128** (Blackman and Vigna 2018) seeded by a hash of words, e.g. (run seed, task, row id).
 * What a row draws depends on its own words only, so order and concurrency never change a score.
 */

export interface SeededRandom {
  /** [0, 1), 32 random bits. */
  next(): number;
  /** An integer in [0, n). */
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
}

/** A generator that depends on every word and on their order. */
export function seededRandom(...words: readonly (string | number)[]): SeededRandom {
  const hash = hash128(words.map((word) => `${typeof word}:${word}`).join("\u0000"));
  let [a, b, c, d] = hash;
  const uint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
  for (let i = 0; i < 8; i++) uint32();
  const below = (n: number) => {
    if (!(n >= 1)) throw new RangeError("cannot choose from nothing");
    return Math.floor((uint32() / 4294967296) * n);
  };
  return {
    next: () => uint32() / 4294967296,
    below,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

// Four multiply-xor streams with different offsets; not cryptographic, only well mixed and never all zero.
function hash128(text: string): [number, number, number, number] {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 0x71374491;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(b ^ unit, 597399067) ^ (a >>> 15);
    b = Math.imul(c ^ unit, 2869860233 | 0) ^ (b >>> 13);
    c = Math.imul(d ^ unit, 951274213) ^ (c >>> 16);
    d = Math.imul(a ^ unit, 2716044179 | 0) ^ (d >>> 14);
  }
  const finish = (value: number, salt: number) => {
    let x = (value ^ salt) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  };
  return [finish(a, text.length), finish(b, a), finish(c, b), finish(d, c) | 1];
}
