/**
 * A seeded generator for the demo's images: the same key gives the same stream on every machine.
 * Integers only, so no result depends on a platform's floating point.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** The key names what is drawn, for example `validation/0/vqav2/17`. Streams of different keys are independent. */
  constructor(key: string) {
    // FNV-1a over the key's characters, once per state word.
    const word = (basis: number): number => {
      let hash = basis;
      for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16777619);
      return hash | 0;
    };
    this.a = word(0x811c9dc5);
    this.b = word(0x01000193);
    this.c = word(0x2c1b3c6d);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** sfc32 (C. Doty-Humphrey's small fast counting generator). */
  private next(): number {
    const out = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  /** In [0, 1). */
  unit(): number {
    return this.next() / 4294967296;
  }

  /** A real number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("pick from an empty list");
    return item;
  }

  /** An index drawn in proportion to the weights. */
  weighted(weights: readonly number[]): number {
    let rest = this.unit() * weights.reduce((sum, w) => sum + w, 0);
    for (let i = 0; i < weights.length; i++) {
      rest -= weights[i] ?? 0;
      if (rest < 0) return i;
    }
    return weights.length - 1;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }

  /** `count` different items in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    return this.shuffled(items).slice(0, count);
  }
}
