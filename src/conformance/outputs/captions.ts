/** Real captions and their tokens. */

import { Type } from "../../core/schema.js";
import { bleu } from "../../metrics/bleu.js";
import { captionScores } from "../../metrics/caption-scores.js";
import { ptbLines, tokenizeCaptions } from "../../text/ptb-tokenize.js";
import type { Benchmark } from "../benchmark-folder.js";

interface CaptionRow {
  readonly response: string;
  readonly references: readonly string[];
}

const captions: Benchmark = {
  row: Type.Object({ response: Type.String(), references: Type.Array(Type.String()) }),
  evaluate: (rows: readonly CaptionRow[]) => {
    const references = tokenizeCaptions(rows.flatMap((row) => row.references));
    const predictions = tokenizeCaptions(rows.map((row) => row.response));
    let next = 0;
    const images = rows.map((row, i) => {
      const start = next;
      next += row.references.length;
      return { references: references.slice(start, next), prediction: predictions[i] as string };
    });
    const scores = captionScores(images);
    return {
      metrics: named(scores.bleu, scores.rougeL, scores.cider),
      official: scores.images.map((image) => named(bleu(image.bleu), image.rougeL, image.cider)),
    };
  },
};

function named(bleus: readonly number[], rougeL: number, cider: number | undefined) {
  const byOrder = Object.fromEntries(bleus.map((value, k) => [`Bleu_${k + 1}`, value]));
  return { ...byOrder, ROUGE_L: rougeL, CIDEr: cider };
}

interface TokenRow {
  readonly text: string;
  readonly tokens: readonly string[];
}

const ptbTokenizer: Benchmark = {
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
