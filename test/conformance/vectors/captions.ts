/** Vector files of the caption metrics and their tokenizer. */

import { bleu, bleuNumbers } from "../../../src/metrics/bleu.js";
import { captionScores, type TokenizedImage } from "../../../src/metrics/caption-scores.js";
import { captionOf, ptbLines, tokenizeCaptions } from "../../../src/text/ptb-tokenize.js";
import type { VectorFile } from "../vector-file.js";

const ptbTokenize: VectorFile = {
  part: "the caption metrics' tokenizer",
  functions: {
    "": ({ text }: { text: string }) => {
      const lines = ptbLines(text);
      const before = ptbLines(text, "zebra crossing");
      const answer = { lines, caption: captionOf(lines[0] ?? []) };
      const differs = JSON.stringify(lines) !== JSON.stringify(before);
      return differs
        ? { ...answer, lines_before_newline: before, caption_before_newline: captionOf(before[0] ?? []) }
        : answer;
    },
  },
};

const ptbBatch: VectorFile = {
  part: "the caption metrics' tokenizer",
  functions: {
    "": ({ captions }: { captions: readonly string[] }) => {
      const tokenized = tokenizeCaptions(captions, { keepLineBreaks: true });
      return Object.fromEntries(tokenized.map((caption, i) => [String(i), [caption]]));
    },
  },
};

interface CorpusInput {
  readonly references: Readonly<Record<string, readonly string[]>>;
  readonly predictions: Readonly<Record<string, string>>;
}

function scores(images: readonly TokenizedImage[]) {
  const { bleu: corpus, rougeL, cider, imageBleu, imageRougeL, imageCider } = captionScores(images);
  const bleus = images.map((_, i) => bleu(imageBleu, bleuNumbers * i));
  return {
    bleu: { corpus, per_image: corpus.map((_, k) => bleus.map((values) => values[k])) },
    rouge_l: { corpus: rougeL, per_image: [...imageRougeL] },
    cider: cider === undefined ? undefined : { corpus: cider, per_image: [...imageCider] },
  };
}

function imagesOf({ references, predictions }: CorpusInput): TokenizedImage[] {
  return Object.entries(references).map(([id, captions]) => ({
    references: captions,
    prediction: predictions[id] ?? "",
  }));
}

function fullPipeline({ references, predictions }: CorpusInput) {
  const ids = Object.keys(references);
  const all = tokenizeCaptions(
    ids.flatMap((id) => references[id] ?? []),
    { keepLineBreaks: true },
  );
  let next = 0;
  const tokenizedReferences = Object.fromEntries(
    ids.map((id) => {
      const count = references[id]?.length ?? 0;
      next += count;
      return [id, all.slice(next - count, next)];
    }),
  );
  const answers = tokenizeCaptions(
    ids.map((id) => predictions[id] ?? ""),
    { keepLineBreaks: true },
  );
  const tokenizedPredictions = Object.fromEntries(ids.map((id, i) => [id, answers[i] as string]));
  return {
    tokenized_references: tokenizedReferences,
    tokenized_predictions: tokenizedPredictions,
    ...scores(imagesOf({ references: tokenizedReferences, predictions: tokenizedPredictions })),
  };
}

const captionTolerance = { tolerance: { absolute: 1e-9, tiny: { below: 1e-6, relative: 1e-6 } } };

export const captionVectors: Readonly<Record<string, VectorFile>> = {
  ptb_tokenize: ptbTokenize,
  ptb_batch: ptbBatch,
  caption_corpora: {
    part: "the caption metrics, with their tokenizer",
    functions: { full: fullPipeline },
    compare: captionTolerance,
  },
  caption_metrics: {
    part: "the caption metrics",
    functions: { "": (input: CorpusInput) => scores(imagesOf(input)) },
    compare: captionTolerance,
  },
};
