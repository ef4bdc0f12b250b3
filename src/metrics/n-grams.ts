/**
 * Words and n-grams as integers. An n-gram is its prefix (n - 1 words) and a word, so four tables lookups give the ids of
 * all n-grams that end at a word; counts then live in typed arrays instead of maps of strings.
 */

/** N-grams are counted up to this length by BLEU and CIDEr. */
export const maxOrder = 4;

export interface NGrams {
  /** Words of the caption. */
  readonly words: number;
  /** For each order 1..4, the ids of the n-grams in text order: orders[n - 1].length = max(0, words - n + 1). */
  readonly orders: readonly Int32Array[];
}

export class NGramIndex {
  private readonly wordIds = new Map<string, number>();
  /** Open addressing over (prefix id, word id); ids are given in order of first appearance, 0 is "no prefix". */
  private prefixes = new Int32Array(1 << 16);
  private words = new Int32Array(1 << 16);
  private ids = new Int32Array(1 << 16);
  private count = 0;

  /** Ids run from 1 to `size`. */
  get size(): number {
    return this.count;
  }

  /** N-grams of a tokenised caption; words are what Python's `split()` gives. */
  of(words: readonly string[]): NGrams {
    const n = words.length;
    const orders = Array.from({ length: maxOrder }, (_, k) => new Int32Array(Math.max(0, n - k)));
    const ending = new Int32Array(maxOrder); // ending[k]: id of the (k + 1)-gram that ends at the word before
    for (let i = 0; i < n; i++) {
      const word = this.wordId(words[i] as string);
      for (let k = Math.min(i, maxOrder - 1); k > 0; k--) {
        const id = this.id(ending[k - 1] as number, word);
        ending[k] = id;
        (orders[k] as Int32Array)[i - k] = id;
      }
      const unigram = this.id(0, word);
      ending[0] = unigram;
      (orders[0] as Int32Array)[i] = unigram;
    }
    return { words: n, orders };
  }

  private wordId(word: string): number {
    const known = this.wordIds.get(word);
    if (known !== undefined) return known;
    const id = this.wordIds.size + 1;
    this.wordIds.set(word, id);
    return id;
  }

  private id(prefix: number, word: number): number {
    if (this.count * 2 >= this.ids.length) this.grow();
    const mask = this.ids.length - 1;
    let slot = hash(prefix, word) & mask;
    while (this.ids[slot] !== 0) {
      if (this.prefixes[slot] === prefix && this.words[slot] === word) return this.ids[slot] as number;
      slot = (slot + 1) & mask;
    }
    this.prefixes[slot] = prefix;
    this.words[slot] = word;
    this.ids[slot] = ++this.count;
    return this.count;
  }

  private grow(): void {
    const { prefixes, words, ids } = this;
    const size = ids.length * 2;
    const mask = size - 1;
    this.prefixes = new Int32Array(size);
    this.words = new Int32Array(size);
    this.ids = new Int32Array(size);
    for (let old = 0; old < ids.length; old++) {
      const id = ids[old] as number;
      if (id === 0) continue;
      let slot = hash(prefixes[old] as number, words[old] as number) & mask;
      while (this.ids[slot] !== 0) slot = (slot + 1) & mask;
      this.prefixes[slot] = prefixes[old] as number;
      this.words[slot] = words[old] as number;
      this.ids[slot] = id;
    }
  }
}

function hash(prefix: number, word: number): number {
  let h = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(word, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}
