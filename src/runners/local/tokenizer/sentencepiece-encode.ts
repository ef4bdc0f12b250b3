/**
 * SentencePiece's segmentation: best-first BPE merges, and the unigram Viterbi path.
 * Follows sentencepiece 0.2 (bpe_model.cc, unigram_model.cc `EncodeOptimized`, sentencepiece_processor.cc).
 */
import type { SentencePieceModel } from "./sentencepiece-model.js";

/** U+2581, which stands for a space in every piece. */
export const spaceMark = "\u2581";

export interface Segmenter {
  /** Ids of a text that is already normalised: spaces are `spaceMark`s. */
  ids(text: string): number[];
}

export function segmenter(model: SentencePieceModel): Segmenter {
  const vocabulary = new Vocabulary(model);
  const split = model.type === "bpe" ? bpeSplitter(vocabulary) : unigramSplitter(vocabulary);
  return { ids: (text) => vocabulary.idsOf(split(text)) };
}

class Vocabulary {
  /** Pieces that a segmentation may produce: normal, user-defined and unused. */
  readonly segments = new Map<string, number>();
  readonly userDefined: ReadonlySet<string>;
  readonly longestUserDefined: number;
  readonly longest: number;
  private readonly bytes = new Map<number, number>();

  constructor(readonly model: SentencePieceModel) {
    const userDefined = new Set<string>();
    let longest = 1;
    for (const [id, piece] of model.pieces.entries()) {
      if (piece.type === "byte") this.bytes.set(Number.parseInt(piece.text.slice(3, 5), 16), id);
      if (piece.type === "normal" || piece.type === "user-defined" || piece.type === "unused") {
        if (piece.text === "" || this.segments.has(piece.text)) continue;
        this.segments.set(piece.text, id);
        longest = Math.max(longest, piece.text.length);
        if (piece.type === "user-defined") userDefined.add(piece.text);
      }
    }
    this.userDefined = userDefined;
    this.longestUserDefined = [...userDefined].reduce((most, text) => Math.max(most, text.length), 0);
    this.longest = longest;
  }

  /** The longest user-defined symbol at `at`, or "". */
  userDefinedAt(text: string, at: number): string {
    for (let length = Math.min(this.longestUserDefined, text.length - at); length > 0; length -= 1) {
      const candidate = text.slice(at, at + length);
      if (this.userDefined.has(candidate)) return candidate;
    }
    return "";
  }

  score(id: number): number {
    return this.model.pieces[id]?.score ?? 0;
  }

  idsOf(segments: readonly string[]): number[] {
    const ids: number[] = [];
    let afterUnknown = false;
    for (const segment of segments) {
      const id = this.segments.get(segment);
      if (id !== undefined) ids.push(id);
      else if (this.model.byteFallback)
        for (const byte of Buffer.from(segment)) ids.push(this.bytes.get(byte) ?? this.model.unkId);
      else if (!afterUnknown) ids.push(this.model.unkId); // a run of unknown characters is one <unk>
      afterUnknown = id === undefined;
    }
    return ids;
  }
}

/** The characters of a text (code points), user-defined symbols kept whole. */
function characters(vocabulary: Vocabulary, text: string): { text: string; frozen: boolean }[] {
  const symbols: { text: string; frozen: boolean }[] = [];
  for (let at = 0; at < text.length; ) {
    const whole = vocabulary.userDefinedAt(text, at);
    const symbol = whole || String.fromCodePoint(text.codePointAt(at) ?? 0);
    symbols.push({ text: symbol, frozen: whole !== "" });
    at += symbol.length;
  }
  return symbols;
}

interface Merge {
  readonly left: number;
  readonly right: number;
  readonly text: string;
  readonly id: number;
  readonly score: number;
}

/** Merges the pair with the highest score first, the leftmost of equals, until no pair is a piece. */
function bpeSplitter(vocabulary: Vocabulary): (text: string) => string[] {
  return (text) => {
    const symbols = characters(vocabulary, text);
    const texts = symbols.map((symbol) => symbol.text);
    const next = symbols.map((_, i) => (i + 1 < symbols.length ? i + 1 : -1));
    const previous = symbols.map((_, i) => i - 1);
    const queue = new MergeQueue();
    /** How an unused piece was put together: it is taken apart again at the end. */
    const parts = new Map<string, readonly [string, string]>();

    const propose = (left: number, right: number): void => {
      if (left < 0 || right < 0 || symbols[left]?.frozen || symbols[right]?.frozen) return;
      const merged = `${texts[left]}${texts[right]}`;
      const id = vocabulary.segments.get(merged);
      if (id === undefined) return;
      queue.push({ left, right, text: merged, id, score: vocabulary.score(id) });
      if (vocabulary.model.pieces[id]?.type === "unused") parts.set(merged, [texts[left] ?? "", texts[right] ?? ""]);
    };

    for (let i = 0; i + 1 < symbols.length; i += 1) propose(i, i + 1);
    for (let merge = queue.pop(); merge; merge = queue.pop()) {
      const { left, right } = merge;
      // Stale when a side was merged meanwhile: the two no longer spell the proposed piece, or are gone.
      if (texts[left] === "" || texts[right] === "" || next[left] !== right) continue;
      if (`${texts[left]}${texts[right]}` !== merge.text) continue;
      texts[left] = merge.text;
      texts[right] = "";
      const after = next[right] ?? -1;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      propose(previous[left] ?? -1, left);
      propose(left, after);
    }

    const takeApart = (segment: string): string[] => {
      const pair = parts.get(segment);
      return pair ? pair.flatMap(takeApart) : [segment];
    };
    return texts.filter((segment) => segment !== "").flatMap(takeApart);
  };
}

/** A binary heap: highest score first, then the leftmost. */
class MergeQueue {
  private readonly heap: Merge[] = [];

  push(merge: Merge): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(merge);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Merge;
      if (before(above, merge)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = merge;
  }

  pop(): Merge | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Merge, heap[child] as Merge)) child += 1;
      if (before(last, heap[child] as Merge)) break;
      heap[at] = heap[child] as Merge;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

const before = (a: Merge, b: Merge): boolean => a.score > b.score || (a.score === b.score && a.left < b.left);

/** An unknown character costs this much more than the worst piece (unigram_model.cc, kUnkPenalty). */
const unknownPenalty = 10;

/** The segmentation with the highest sum of scores, in float32 as the original; of equals the one found first. */
function unigramSplitter(vocabulary: Vocabulary): (text: string) => string[] {
  const { model } = vocabulary;
  const scores = model.pieces.filter((piece) => piece.type === "normal").map((piece) => piece.score);
  const lowest = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const unknownScore = Math.fround(lowest - unknownPenalty);

  return (text) => {
    const best = new Float32Array(text.length + 1);
    const from = new Int32Array(text.length + 1).fill(-1);
    const reach = (start: number, end: number, score: number): void => {
      const total = Math.fround(Math.fround(score) + (best[start] ?? 0));
      if (from[end] === -1 || total > (best[end] ?? 0)) {
        best[end] = total;
        from[end] = start;
      }
    };
    for (let start = 0; start < text.length; ) {
      const character = (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      let characterIsPiece = false;
      for (let end = start + 1; end <= Math.min(text.length, start + vocabulary.longest); end += 1) {
        const segment = text.slice(start, end);
        const id = vocabulary.segments.get(segment);
        const type = id === undefined ? undefined : model.pieces[id]?.type;
        if (id === undefined || type === "unused") continue;
        // A user-defined symbol always wins over its parts (unigram_model.cc).
        reach(start, end, type === "user-defined" ? Buffer.byteLength(segment) * highest - 0.1 : vocabulary.score(id));
        if (end - start === character) characterIsPiece = true;
      }
      if (!characterIsPiece) reach(start, start + character, unknownScore);
      start += character;
    }
    const segments: string[] = [];
    for (let end = text.length; end > 0; end = from[end] ?? 0) segments.push(text.slice(from[end], end));
    return segments.reverse();
  };
}
