/**
 * METEOR through the user's own jar against pycocoevalcap 1.2's, which starts the same jar: 150 captions of tylin/coco-caption's published run
 * (BSD-2-Clause, captions CC BY 4.0), and 105 of ours with synonyms, stems, paraphrases, repeated words, other scripts and its own separator.
 * The jar and its 61 MB table of paraphrases are not in this repository: the package on PyPI states no licence for them.
 */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { captionMetrics } from "../../src/metrics/caption-metrics.js";
import { meteorVariable } from "../../src/metrics/jar-metrics.js";
import { readLines } from "../conformance/lines.js";

interface Corpus {
  readonly id: string;
  readonly input: {
    readonly images: readonly { readonly prediction: string; readonly references: readonly string[] }[];
  };
  readonly expected: { readonly corpus: number };
}

const corpora = readLines(fileURLToPath(new URL("meteor.jsonl.gz", import.meta.url))) as unknown as Corpus[];
const jar = process.env[meteorVariable];

async function meteorOf({ input }: Corpus) {
  const [metric] = captionMetrics({ names: ["METEOR"] });
  const fold = metric?.start({ seed: 0, scoring: "official" });
  for (const [index, { prediction, references }] of input.images.entries()) {
    const score = { status: "scored", value: 0, answer: prediction, targets: references } as const;
    fold?.add({ index, id: String(index), cluster: String(index), groups: {}, score });
  }
  return fold?.finish();
}

describe.skipIf(!jar)(`METEOR is pycocoevalcap's${jar ? "" : ` (skipped: ${meteorVariable} names no jar)`}`, () => {
  for (const corpus of corpora) {
    test(`of ${corpus.id}, to the last digit`, async () => {
      expect(await meteorOf(corpus)).toMatchObject({ value: corpus.expected.corpus, n: corpus.input.images.length });
    }, 120_000);
  }
});

test.skipIf(jar)("without a jar there is no METEOR, and the result says what is missing", async () => {
  expect(await meteorOf(corpora[0] as Corpus)).toEqual({
    value: null,
    n: 150,
    note: `not computed: set ${meteorVariable} to the path of meteor-1.5.jar (needs Java)`,
  });
});
