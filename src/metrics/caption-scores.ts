/** BLEU, ROUGE-L and CIDEr-D of a set of tokenised captions, in one pass over shared n-grams. */

import { type TokenizeOptions, tokenizeEach } from "../text/ptb-tokenize.js";
import { isPythonSpace, splitWords } from "../text/python-strings.js";
import { bleu, bleuLength, bleuNumbers, bleuReferenceLength, closestLength, sumBleu } from "./bleu.js";
import { ciderOf, cosine, inverseFrequencies, lengthPenalty } from "./cider.js";
import { type Caption, maxOrder, NGramIndex } from "./n-grams.js";
import { rougeL } from "./rouge-l.js";

export interface TokenizedImage {
  readonly references: readonly string[];
  readonly prediction: string;
}

/** Scores by position of the image. */
export interface CaptionScores {
  /** BLEU-1..4 of the corpus. */
  readonly bleu: readonly number[];
  /** Means over images. NaN without images. */
  readonly rougeL: number;
  /** undefined when no reference has a word: the reference's document frequencies are then empty. */
  readonly cider: number | undefined;
  /** `bleuNumbers` numbers an image. */
  readonly imageBleu: Float64Array;
  readonly imageRougeL: Float64Array;
  readonly imageCider: Float64Array;
}

/** Of captions that are tokenised already: words between blanks. */
export function captionScores(images: readonly TokenizedImage[]): CaptionScores {
  const index = new NGramIndex();
  const add = (caption: string) => indexed(index, caption === "" ? [] : caption.split(" "), false);
  return scoresOf(
    index,
    images.map(({ prediction }) => add(prediction)),
    images.map(({ references }) => references.map(add)),
  );
}

/** Of captions as people and models write them; tokenised on the way, all references and all predictions as a batch each. */
export function rawCaptionScores(images: readonly TokenizedImage[], options: TokenizeOptions = {}): CaptionScores {
  const index = new NGramIndex();
  const batch = (captions: readonly string[]) => {
    const result: Indexed[] = [];
    tokenizeEach(captions, (tokens, plain) => result.push(indexed(index, tokens, plain)), options);
    return result;
  };
  const references = batch(images.flatMap((image) => image.references));
  const predictions = batch(images.map(({ prediction }) => prediction));
  let next = 0;
  const byImage = images.map((image) => {
    const start = next;
    next += image.references.length;
    return references.slice(start, next);
  });
  return scoresOf(index, predictions, byImage);
}

/** A caption in the index, and its words where ROUGE-L sees others: it splits at blanks only. */
interface Indexed extends Caption {
  readonly blankWords?: Int32Array;
}

// ROUGE-L takes the empty caption for one empty word, whose id is 0.
const emptyCaption = Int32Array.of(0);

/** @param plain no token has white space inside */
function indexed(index: NGramIndex, tokens: readonly string[], plain: boolean): Indexed {
  if (tokens.length === 0) return { ...index.add(tokens), blankWords: emptyCaption };
  if (plain || tokens.every(isWord)) return index.add(tokens);
  return { ...index.add(tokens.flatMap(splitWords)), blankWords: index.words(tokens) };
}

function isWord(token: string): boolean {
  if (token === "") return false;
  for (let i = 0; i < token.length; i++) if (isPythonSpace(token.charCodeAt(i))) return false;
  return true;
}

function scoresOf(
  index: NGramIndex,
  predictions: readonly Indexed[],
  references: readonly (readonly Indexed[])[],
): CaptionScores {
  const counter = new Counter(index, inverseFrequencies(index, references));
  const imageBleu = new Float64Array(bleuNumbers * predictions.length);
  const imageRougeL = new Float64Array(predictions.length);
  const imageCider = new Float64Array(predictions.length);
  const words = (caption: Indexed) => caption.blankWords ?? index.ids(caption, 0);
  predictions.forEach((prediction, i) => {
    const own = references[i] as readonly Indexed[];
    imageCider[i] = counter.count(prediction, own, imageBleu.subarray(bleuNumbers * i, bleuNumbers * (i + 1)));
    imageRougeL[i] = rougeL(words(prediction), own.map(words));
  });
  const hasWords = references.some((captions) => captions.some((caption) => caption.words > 0));
  return {
    bleu: bleu(sumBleu(imageBleu)),
    rougeL: average(imageRougeL),
    cider: hasWords ? average(imageCider) : undefined,
    imageBleu,
    imageRougeL,
    imageCider,
  };
}

function average(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Counts one image after the other in memory that is cleared, not allocated, in between. */
class Counter {
  private readonly own: Int32Array;
  private readonly theirs: Int32Array;
  /** Of the n-grams of the hypothesis: how often the reference has it that has it most. */
  private readonly best: Int32Array;

  constructor(
    private readonly index: NGramIndex,
    private readonly inverse: Float64Array,
  ) {
    this.own = new Int32Array(index.size + 1);
    this.theirs = new Int32Array(index.size + 1);
    this.best = new Int32Array(index.size + 1);
  }

  /** Fills the image's BLEU numbers and gives its CIDEr-D. */
  count(hypothesis: Caption, references: readonly Caption[], bleuOut: Float64Array): number {
    let total = 0;
    for (let k = 0; k < maxOrder; k++) {
      const ids = this.index.ids(hypothesis, k);
      const squares = this.open(ids);
      for (const reference of references) {
        const penalty = lengthPenalty(hypothesis.words, reference.words);
        total += this.similarity(this.index.ids(reference, k), squares) * penalty;
      }
      bleuOut[k] = this.close(ids);
      bleuOut[maxOrder + k] = ids.length;
    }
    bleuOut[bleuLength] = hypothesis.words;
    bleuOut[bleuReferenceLength] = closestLength(
      hypothesis.words,
      references.map(({ words }) => words),
    );
    return ciderOf(total, references.length);
  }

  /** Counts the hypothesis; gives the squared length of its tf-idf vector. */
  private open(ids: Int32Array): number {
    const { own, inverse } = this;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      own[id] = (own[id] as number) + 1;
    }
    let squares = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      // Each distinct n-gram once: the sum over its copies of tf * idf^2.
      squares += (own[id] as number) * (inverse[id] as number) ** 2;
    }
    return squares;
  }

  private similarity(ids: Int32Array, hypothesisSquares: number): number {
    const { own, theirs, best, inverse } = this;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      theirs[id] = (theirs[id] as number) + 1;
    }
    let dot = 0;
    let squares = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const count = theirs[id] as number;
      if (count === 0) continue; // a copy of an n-gram that was handled
      theirs[id] = 0;
      const weight = (inverse[id] as number) ** 2;
      squares += count * count * weight;
      const said = own[id] as number;
      if (said === 0) continue;
      // Clipped: a word said too often in the hypothesis earns no more than the reference's count.
      dot += (said < count ? said : count) * count * weight;
      if (count > (best[id] as number)) best[id] = count;
    }
    return cosine(dot, hypothesisSquares, squares);
  }

  /** BLEU's clipped matches; clears what `open` counted. */
  private close(ids: Int32Array): number {
    const { own, best } = this;
    let matches = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      matches += Math.min(own[id] as number, best[id] as number);
      own[id] = 0;
      best[id] = 0;
    }
    return matches;
  }
}
