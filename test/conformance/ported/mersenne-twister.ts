/**
 * MT19937 (Matsumoto and Nishimura 1998) as CPython's `random.Random` and numpy's legacy `RandomState` use it.
 *
 * For conformance with references that draw: they seed once and draw in row order. Runs use `seeded-random.ts`, where a
 * row's draw does not depend on the rows before it.
 */

const N = 624;
const M = 397;

class MersenneTwister {
  private readonly state = new Uint32Array(N);
  private index = N;

  /** `init_genrand`. */
  seedInteger(seed: number): void {
    const { state } = this;
    state[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const previous = state[i - 1] as number;
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    this.index = N;
  }

  /** `init_by_array`. */
  seedArray(key: readonly number[]): void {
    this.seedInteger(19650218);
    const { state } = this;
    let i = 1;
    let j = 0;
    const next = () => {
      if (++i >= N) {
        state[0] = state[N - 1] as number;
        i = 1;
      }
    };
    const mixed = (factor: number) => {
      const previous = state[i - 1] as number;
      return (state[i] as number) ^ Math.imul(previous ^ (previous >>> 30), factor);
    };
    for (let k = Math.max(N, key.length); k > 0; k--) {
      state[i] = mixed(1664525) + (key[j] as number) + j;
      if (++j >= key.length) j = 0;
      next();
    }
    for (let k = N - 1; k > 0; k--) {
      state[i] = mixed(1566083941) - i;
      next();
    }
    state[0] = 0x80000000;
  }

  /** 32 random bits. */
  uint32(): number {
    if (this.index >= N) this.refill();
    let y = this.state[this.index++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** 53 random bits in [0, 1). */
  double(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  private refill(): void {
    const { state } = this;
    for (let i = 0; i < N; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % N] as number) & 0x7fffffff);
      state[i] = (state[(i + M) % N] as number) ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df);
    }
    this.index = 0;
  }
}

/** `random.Random(seed)` of CPython 3.11 for an integer seed of any size. */
export class PythonRandom {
  private readonly twister = new MersenneTwister();
  private nextGauss: number | undefined;

  constructor(seed: bigint | number) {
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    const key: number[] = [];
    for (; rest > 0n; rest >>= 32n) key.push(Number(rest & 0xffffffffn));
    this.twister.seedArray(key.length === 0 ? [0] : key);
  }

  /** [0, 1). */
  random(): number {
    return this.twister.double();
  }

  /** An integer in [0, n), n < 2^32. */
  below(n: number): number {
    if (n <= 0) throw new RangeError("cannot choose from nothing");
    const bits = 32 - Math.clz32(n);
    let value = this.twister.uint32() >>> (32 - bits);
    while (value >= n) value = this.twister.uint32() >>> (32 - bits);
    return value;
  }

  /** An integer in [low, high], both included. */
  randint(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  choice<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** `count` draws with replacement. */
  choices<T>(from: readonly T[], count: number): T[] {
    return Array.from({ length: count }, () => from[Math.floor(this.random() * from.length)] as T);
  }

  /** In place. */
  shuffle(items: unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }

  /** `count` different items. CPython switches its method by size; both draw differently. */
  sample<T>(from: readonly T[], count: number): T[] {
    const n = from.length;
    if (count < 0 || count > n) throw new RangeError("sample larger than the population");
    let setSize = 21;
    if (count > 5) setSize += 4 ** Math.ceil(Math.log(count * 3) / Math.log(4));
    if (n <= setSize) {
      const pool = [...from];
      return Array.from({ length: count }, (_, i) => {
        const j = this.below(n - i);
        const picked = pool[j] as T;
        pool[j] = pool[n - i - 1] as T;
        return picked;
      });
    }
    const selected = new Set<number>();
    return Array.from({ length: count }, () => {
      let j = this.below(n);
      while (selected.has(j)) j = this.below(n);
      selected.add(j);
      return from[j] as T;
    });
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  gauss(mean: number, deviation: number): number {
    let z = this.nextGauss;
    this.nextGauss = undefined;
    if (z === undefined) {
      const angle = this.random() * 2 * Math.PI;
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * radius;
      this.nextGauss = Math.sin(angle) * radius;
    }
    return mean + z * deviation;
  }
}

/** numpy's `RandomState(seed)`, seed in [0, 2^32). */
export class NumpyRandomState {
  private readonly twister = new MersenneTwister();

  constructor(seed: number) {
    this.twister.seedInteger(seed);
  }

  /** `random_sample()`: [0, 1). */
  random(): number {
    return this.twister.double();
  }

  /** `randint(n)`, n <= 2^32: bits masked to the next power of two, rejected until below n. */
  below(n: number): number {
    return this.interval(n - 1);
  }

  /** `permutation(n)`. */
  permutation(n: number): number[] {
    const items = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.interval(i);
      [items[i], items[j]] = [items[j] as number, items[i] as number];
    }
    return items;
  }

  choice<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  private interval(max: number): number {
    if (max === 0) return 0;
    const shift = Math.clz32(max);
    let value = (this.twister.uint32() << shift) >>> shift;
    while (value > max) value = (this.twister.uint32() << shift) >>> shift;
    return value;
  }
}
