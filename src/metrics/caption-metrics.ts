/** The caption metrics of a task: BLEU-1..4, ROUGE-L, CIDEr-D, and METEOR and SPICE where the user has their jars. */

import type { Fold, FoldContext, Metric, MetricValue, Sample } from "../core/metric.js";
import { type BootstrapResult, bootstrapEach } from "../statistics/bootstrap.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { tokenizeCaptions } from "../text/ptb-tokenize.js";
import { bleu } from "./bleu.js";
import { type CaptionScores, captionScores, type ImageScores, sumBleu, type TokenizedImage } from "./caption-scores.js";
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
      return open.fold(name);
    },
  }));
}

/** One set of samples, and the folds that look at it. */
class Corpus {
  private readonly members = new Set<string>();
  private readonly captions: string[] = [];
  private readonly references: (readonly string[])[] = [];
  private unscored = 0;
  private begun = false;
  private bleuSpread: readonly (BootstrapResult | undefined)[] | undefined;
  private result: { images: readonly TokenizedImage[]; scores: CaptionScores } | undefined;

  constructor(private readonly context: FoldContext) {}

  /** A fold of this name can still join: nothing was added yet. */
  accepts(name: string): boolean {
    return !this.begun && !this.members.has(name);
  }

  fold(name: CaptionMetricName): Fold {
    const leads = this.members.size === 0;
    this.members.add(name);
    return {
      add: (sample) => {
        if (leads) this.add(sample);
      },
      finish: () => this.value(name),
    };
  }

  private add({ score }: Sample): void {
    this.begun = true;
    if (score.status === "unscored") this.unscored++;
    else {
      this.captions.push(score.answer);
      this.references.push(score.targets ?? []);
    }
  }

  private computed() {
    if (this.result === undefined) {
      // lmms-eval's and pycocoevalcap's line breaks inside a caption shift the captions after it: a known defect.
      const options = { keepLineBreaks: this.context.scoring === "lmms-eval" };
      const references = tokenizeCaptions(this.references.flat(), options);
      const predictions = tokenizeCaptions(this.captions, options);
      let next = 0;
      const images = predictions.map((prediction, i) => {
        const start = next;
        next += this.references[i]?.length ?? 0;
        return { prediction, references: references.slice(start, next) };
      });
      this.result = { images, scores: captionScores(images) };
    }
    return this.result;
  }

  private value(name: CaptionMetricName): MetricValue | Promise<MetricValue> {
    const n = this.captions.length;
    if (n === 0) return { value: null, n, note: "no sample was scored" };
    const { images, scores } = this.computed();
    if (name === "METEOR") return meteor(images);
    if (name === "SPICE") return spice(images);
    const note = this.unscored > 0 ? { note: `${this.unscored} samples without a caption are left out` } : {};
    if (name === "ROUGE_L") return { ...meanOver(scores.images, (image) => image.rougeL), ...note };
    if (name === "CIDEr") {
      if (scores.cider === undefined) return { value: null, n, note: "no reference has a word" };
      return { ...meanOver(scores.images, (image) => image.cider), value: scores.cider, ...note };
    }
    const order = Number(name.slice(-1)) - 1;
    return { ...this.bleuValue(scores, order), ...note };
  }

  /** The four orders are drawn together: one bootstrap. */
  private bleuValue({ bleu: corpus, images }: CaptionScores, order: number): MetricValue {
    const value = corpus[order] as number;
    this.bleuSpread ??= bootstrapBleu(images, this.context.seed);
    const spread = this.bleuSpread[order];
    if (spread === undefined) return { value, n: images.length };
    return { value, n: images.length, stderr: spread.stderr, interval: spread.interval, method: "bootstrap" };
  }
}

function bootstrapBleu(images: readonly ImageScores[], seed: number): readonly (BootstrapResult | undefined)[] {
  const counts = images.map((image) => image.bleu);
  return bootstrapEach(images.length, (drawn) => bleu(sumBleu(counts, drawn)), [seed], resamples(images.length));
}

/** Enough for two digits of the error, bounded in total work: 5,000 images are drawn 400 times, 40,000 images 100 times. */
function resamples(images: number): number {
  return Math.max(100, Math.min(1000, Math.round(2e6 / images)));
}

/** A mean over images, with the document frequencies held fixed. */
function meanOver(images: readonly ImageScores[], of: (image: ImageScores) => number): MetricValue {
  const moments = new Moments();
  let sum = 0;
  for (const image of images) {
    const value = of(image);
    moments.add(value);
    sum += value;
  }
  return { value: sum / images.length, n: images.length, ...intervalOf(moments) };
}
