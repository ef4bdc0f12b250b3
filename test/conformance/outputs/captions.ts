/** Real captions and their tokens. */

import { Type } from "../../../src/core/schema.js";
import { bleu, bleuNumbers } from "../../../src/metrics/bleu.js";
import { rawCaptionScores } from "../../../src/metrics/caption-scores.js";
import { ptbLines } from "../../../src/text/ptb-tokenize.js";
import type { Benchmark } from "../benchmark-folder.js";
import { taskScore } from "../task-score.js";

interface CaptionRow {
  readonly response: string;
  readonly references: readonly string[];
}

const captions: Benchmark = {
  row: Type.Object({ response: Type.String(), references: Type.Array(Type.String()) }),
  evaluate: (rows: readonly CaptionRow[]) => {
    const images = rows.map(({ references, response }) => {
      const { answer, targets = [] } = taskScore("coco2014_cap", { answer: references }, response);
      return { references: targets, prediction: answer };
    });
    const scores = rawCaptionScores(images);
    return {
      metrics: named(scores.bleu, scores.rougeL, scores.cider),
      official: images.map((_, i) =>
        named(bleu(scores.imageBleu, bleuNumbers * i), scores.imageRougeL[i], scores.imageCider[i]),
      ),
    };
  },
};

function named(bleus: readonly number[], rougeL: number | undefined, cider: number | undefined) {
  const byOrder = Object.fromEntries(bleus.map((value, k) => [`Bleu_${k + 1}`, value]));
  return { ...byOrder, ROUGE_L: rougeL, CIDEr: cider };
}

interface TokenRow {
  readonly text: string;
  readonly tokens: readonly string[];
}

const ptbTokenizer: Benchmark = {
  part: "the caption metrics' tokenizer",
  row: Type.Object({ text: Type.String(), tokens: Type.Array(Type.String()) }),
  evaluate: (rows: readonly TokenRow[]) => {
    // Each caption stood on a line of its own: "\r" at its end is part of the line break.
    const equal = rows.map(({ text, tokens }) => {
      const ours = ptbLines(text.replace(/\r$/, ""), "").flat();
      return ours.length === tokens.length && ours.every((token, i) => token === tokens[i]);
    });
    return { metrics: { exact_match: equal.filter(Boolean).length / rows.length } };
  },
};

export const captionBenchmarks: Readonly<Record<string, Benchmark>> = {
  coco_caption: captions,
  caption_small: captions,
  ptb_tokenizer: ptbTokenizer,
};
