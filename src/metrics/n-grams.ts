/**
 * Words and n-grams as integers. An n-gram is its prefix (n - 1 words) and a word, so four table look-ups give the ids of
 * all n-grams that end at a word; counts then live in typed arrays instead of maps of strings.
 */

/** N-grams are counted up to this length by BLEU and CIDEr. */
export const maxOrder = 4;

/** A caption of the index: where its n-grams begin, and how many words it has. */
export interface Caption {
  readonly start: number;
  readonly words: number;
}

export class NGramIndex {
  private readonly wordIds = new Map<string, number>();
  /** Ids of all captions, one after the other: unigrams in text order, then bigrams, trigrams, 4-grams. */
  private pool = new Int32Array(1 << 16);
  private used = 0;
  /**
   * Open addressing, 2^b slots: an id in the low b bits, 0 = none, and the hash's other bits above it. Those tell most strangers apart
   * without a look at `keys`, which is the cache miss that counts: three in four 4-grams are new.
   */
  private slots = new Int32Array(1 << 16);
  /** Prefix and word of each id; ids are given in order of first appearance. */
  private keys = new Int32Array(1 << 16);
  private count = 0;
  private readonly ending = new Int32Array(maxOrder);

  /** Ids run from 1 to `size`. */
  get size(): number {
    return this.count;
  }

  /** Adds a tokenised caption; words are what Python's `split()` gives. */
  add(words: readonly string[]): Caption {
    const n = words.length;
    const start = this.used;
    this.used += sizeOf(n);
    this.pool = grown(this.pool, this.used);
    const { pool, ending } = this; // ending[k]: id of the (k + 1)-gram that ends at the word before
    for (let i = 0; i < n; i++) {
      const word = this.wordId(words[i] as string);
      for (let k = Math.min(i, maxOrder - 1); k > 0; k--) {
        const id = this.id(ending[k - 1] as number, word);
        ending[k] = id;
        pool[start + offsetOf(n, k) + i - k] = id;
      }
      const unigram = this.id(0, word);
      ending[0] = unigram;
      pool[start + i] = unigram;
    }
    return { start, words: n };
  }

  /** The ids of its (k + 1)-grams in text order; a view, valid until the next `add`. */
  ids({ start, words }: Caption, k: number): Int32Array {
    const from = start + offsetOf(words, k);
    return this.pool.subarray(from, from + Math.max(0, words - k));
  }

  /** Unigram ids of any words: those of the captions, new ones for words that no caption has, 0 for the empty word. */
  words(words: readonly string[]): Int32Array {
    return Int32Array.from(words, (word) => (word === "" ? 0 : this.id(0, this.wordId(word))));
  }

  private wordId(word: string): number {
    const known = this.wordIds.get(word);
    if (known !== undefined) return known;
    const id = this.wordIds.size + 1;
    this.wordIds.set(word, id);
    return id;
  }

  private id(prefix: number, word: number): number {
    const { slots, keys } = this;
    const mask = slots.length - 1;
    const hashed = hash(prefix, word);
    let slot = hashed & mask;
    for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
      if (((entry ^ hashed) & ~mask) === 0) {
        const id = entry & mask;
        if (keys[2 * id] === prefix && keys[2 * id + 1] === word) return id;
      }
      slot = (slot + 1) & mask;
    }
    const id = ++this.count;
    slots[slot] = (hashed & ~mask) | id;
    this.keys = grown(keys, 2 * id + 2);
    this.keys[2 * id] = prefix;
    this.keys[2 * id + 1] = word;
    if (id * 4 > slots.length * 3) this.rehash();
    return id;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id <= this.count; id++) {
      const hashed = hash(this.keys[2 * id] as number, this.keys[2 * id + 1] as number);
      let slot = hashed & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hashed & ~mask) | id;
    }
    this.slots = slots;
  }
}

/** N-grams of a caption of n words. */
function sizeOf(n: number): number {
  return offsetOf(n, maxOrder);
}

/** Where the (k + 1)-grams begin: after all shorter ones. */
function offsetOf(n: number, k: number): number {
  let offset = 0;
  for (let j = 0; j < k; j++) offset += Math.max(0, n - j);
  return offset;
}

function grown(array: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  if (size <= array.length) return array;
  const larger = new Int32Array(Math.max(size, Math.ceil(array.length * 1.5)));
  larger.set(array);
  return larger;
}

function hash(prefix: number, word: number): number {
  let h = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(word, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 13);
}
