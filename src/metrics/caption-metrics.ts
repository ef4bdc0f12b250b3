/** The caption metrics of a task: BLEU-1..4, ROUGE-L, CIDEr-D, and METEOR and SPICE where the user has their jars. */

import type { FoldContext, Metric, MetricValue } from "../core/metric.js";
import type { Scored } from "../core/score.js";
import { type BootstrapResult, bootstrapEach } from "../statistics/bootstrap.js";
import { tInterval, within } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { type TokenizeOptions, tokenizeCaptions } from "../text/ptb-tokenize.js";
import { bleu, bleuNumbers, sumBleu } from "./bleu.js";
import { type CaptionScores, captionScores, rawCaptionScores, type TokenizedImage } from "./caption-scores.js";
import { folded, type ScoredSample, type Tally } from "./folded.js";
import { meteor, spice } from "./jar-metrics.js";

type CaptionMetricName = "Bleu_4" | "Bleu_3" | "Bleu_2" | "Bleu_1" | "METEOR" | "ROUGE_L" | "CIDEr" | "SPICE";

const allNames: readonly CaptionMetricName[] = [
  "CIDEr",
  "Bleu_4",
  "Bleu_3",
  "Bleu_2",
  "Bleu_1",
  "METEOR",
  "ROUGE_L",
  "SPICE",
];

export interface CaptionOptions {
  /** Which, in this order; the first is the task's main metric. Default all, CIDEr first. */
  readonly names?: readonly CaptionMetricName[];
  /** Also for the task's groups (NoCaps' domains). Each group has its own document frequencies. Default false. */
  readonly perGroup?: boolean;
}

/**
 * The caption metrics over samples whose `score.answer` is the caption and `score.targets` its references. The captions are
 * tokenised and counted once for all of them: folds that are started together share their work.
 */
export function captionMetrics({ names = allNames, perGroup = false }: CaptionOptions = {}): Metric[] {
  let open: Corpus | undefined;
  return names.map((name) => ({
    name,
    unit: "ratio",
    direction: "higher",
    perGroup,
    start: (context: FoldContext) => {
      if (open?.accepts(name) !== true) open = new Corpus(context);
      return folded(open.tally(name), context);
    },
  }));
}

/** What an image can have: the ends of the bounds and of the interval. */
const rangeOf = { ROUGE_L: [0, 1], CIDEr: [0, 10] } as const;

/** One metric's view of a corpus. It leaves a corpus that turns out to have other samples than its own. */
class CaptionTally implements Tally {
  private readonly indices: number[] = [];
  /** Means over images, once the document frequencies are fixed. */
  readonly perSample?: () => ReadonlyMap<number, number>;

  constructor(
    private readonly name: CaptionMetricName,
    private corpus: Corpus,
  ) {
    if (name === "CIDEr" || name === "ROUGE_L") this.perSample = () => this.imageValues(name);
  }

  private get seen(): number {
    return this.indices.length;
  }

  scored({ index, score }: ScoredSample): void {
    if (!this.corpus.holds(score, this.seen)) this.leave();
    if (this.corpus.size === this.seen) this.corpus.add(score);
    this.indices.push(index);
  }

  value(): MetricValue | Promise<MetricValue> {
    if (this.corpus.size !== this.seen) this.leave();
    return this.corpus.value(this.name);
  }

  /** Of the means over images, with the document frequencies held fixed; the others pool all captions. */
  bounds(unscored: number): readonly [low: number, high: number] | undefined {
    if (this.name !== "ROUGE_L" && this.name !== "CIDEr") return undefined;
    const [, most] = rangeOf[this.name];
    const sum = this.corpus.sumOf(this.name);
    if (sum === undefined) return undefined;
    const total = this.seen + unscored;
    return [sum / total, (sum + most * unscored) / total];
  }

  private imageValues(name: "CIDEr" | "ROUGE_L"): ReadonlyMap<number, number> {
    if (this.corpus.size !== this.seen) this.leave();
    const values = this.corpus.imageValues(name);
    return new Map(this.indices.map((index, i) => [index, values[i] as number]));
  }

  private leave(): void {
    this.corpus = this.corpus.beginning(this.seen);
  }
}

/** One set of samples, and what was computed of it. */
class Corpus {
  private readonly members = new Set<string>();
  private readonly samples: Scored[] = [];
  private bleuSpread: readonly (BootstrapResult | undefined)[] | undefined;
  private scores: CaptionScores | undefined;

  constructor(private readonly context: FoldContext) {}

  /** A fold of this name can still join: nothing was added yet. */
  accepts(name: string): boolean {
    return this.samples.length === 0 && !this.members.has(name);
  }

  tally(name: CaptionMetricName): Tally {
    this.members.add(name);
    return new CaptionTally(name, this);
  }

  get size(): number {
    return this.samples.length;
  }

  /** This very sample is at the position, or would come there next. */
  holds(score: Scored, position: number): boolean {
    return position === this.samples.length || this.samples[position] === score;
  }

  add(score: Scored): void {
    this.samples.push(score);
  }

  /** A corpus of the first samples only. */
  beginning(count: number): Corpus {
    const corpus = new Corpus(this.context);
    for (const score of this.samples.slice(0, count)) corpus.add(score);
    return corpus;
  }

  /** VLMEvalKit has no tokenizer: words are what stands between blanks, in upper and lower case, their punctuation with them. */
  private computed(): CaptionScores {
    const isPlain = this.context.scoring === "vlmevalkit";
    this.scores ??= isPlain ? captionScores(this.images()) : rawCaptionScores(this.images(), this.tokenizing);
    return this.scores;
  }

  // lmms-eval's and pycocoevalcap's line breaks inside a caption shift the captions after it: a known defect.
  private get tokenizing(): TokenizeOptions {
    return { keepLineBreaks: this.context.scoring === "lmms-eval" };
  }

  private images(): TokenizedImage[] {
    return this.samples.map(({ answer, targets = [] }) => ({ prediction: answer, references: targets }));
  }

  /** For the jars, which take tokenised captions. */
  private tokenizedImages(): TokenizedImage[] {
    const images = this.images();
    const references = tokenizeCaptions(
      images.flatMap((image) => image.references),
      this.tokenizing,
    );
    const predictions = tokenizeCaptions(
      images.map(({ prediction }) => prediction),
      this.tokenizing,
    );
    let next = 0;
    return images.map((image, i) => {
      const start = next;
      next += image.references.length;
      return { prediction: predictions[i] as string, references: references.slice(start, next) };
    });
  }

  /** Of each image with a caption, in order. */
  imageValues(name: "CIDEr" | "ROUGE_L"): Float64Array | readonly number[] {
    const { imageCider, imageRougeL } = this.computed();
    return name === "CIDEr" ? imageCider : imageRougeL;
  }

  value(name: CaptionMetricName): MetricValue | Promise<MetricValue> {
    const n = this.size;
    if (n === 0) return { value: null, n };
    if (name === "METEOR" || name === "SPICE") {
      if (this.context.scoring === "vlmevalkit") return { value: null, n, note: "VLMEvalKit has no such metric" };
      return (name === "METEOR" ? meteor : spice)(n, () => this.tokenizedImages());
    }
    const scores = this.computed();
    if (name === "ROUGE_L") return meanOver(scores.imageRougeL, rangeOf.ROUGE_L);
    if (name === "CIDEr") {
      if (scores.cider === undefined) return { value: null, n, note: "no reference has a word" };
      if (n < 2) return { value: null, n, note: "CIDEr needs two images: of one, every word's weight is 0" };
      return { ...meanOver(scores.imageCider, rangeOf.CIDEr), value: scores.cider };
    }
    return this.bleuValue(scores, Number(name.slice(-1)) - 1);
  }

  /** Over the images, of the metrics that are means of what each image has; undefined of others, and when there is no value. */
  sumOf(name: CaptionMetricName): number | undefined {
    if (name === "ROUGE_L") return this.scores && this.size * this.scores.rougeL;
    return name === "CIDEr" && this.size > 1 && this.scores?.cider !== undefined
      ? this.size * this.scores.cider
      : undefined;
  }

  /** The four orders are drawn together: one bootstrap. */
  private bleuValue({ bleu: corpus, imageBleu }: CaptionScores, order: number): MetricValue {
    const value = corpus[order] as number;
    const n = imageBleu.length / bleuNumbers;
    if (this.context.valueOnly) return { value, n };
    this.bleuSpread ??= bootstrapBleu(imageBleu, this.context.seed);
    const spread = this.bleuSpread[order];
    if (spread === undefined) return { value, n };
    return { value, n, stderr: spread.stderr, interval: spread.interval, method: "bootstrap" };
  }
}

function bootstrapBleu(numbers: Float64Array, seed: number): readonly (BootstrapResult | undefined)[] {
  const images = numbers.length / bleuNumbers;
  return bootstrapEach(images, (drawn) => bleu(sumBleu(numbers, drawn)), [seed], { iterations: resamples(images) });
}

/** Enough for two digits of the error, bounded in total work: 5,000 images are drawn 400 times, 40,000 images 100 times. */
function resamples(images: number): number {
  return Math.max(100, Math.min(1000, Math.round(2e6 / images)));
}

/** A mean over images, with the document frequencies held fixed. */
function meanOver(values: Float64Array, range: readonly [low: number, high: number]): MetricValue {
  const moments = new Moments();
  let sum = 0;
  for (const value of values) {
    moments.add(value);
    sum += value;
  }
  const { n, stderr } = moments;
  const value = sum / n;
  if (n < 2) return { value, n };
  const interval = tInterval(value, stderr, n - 1);
  return { value, n, ...within({ stderr, interval, method: "t" as const }, range) };
}
