/** Vector file of lmms-eval's variants of older benchmarks: translations, and MMMU with its images in one. */

import { parseChoice } from "../../../src/text/mmmu-choice.js";
import { relativeScore } from "../../../tasks/llava_bench/relative-score.js";
import { type ScorePair, strictScorePair } from "../../../tasks/llava_bench/score-pair.js";
import { openIsCorrect } from "../../../tasks/mmmu/open-answer.js";
import { firstCharacter } from "../../../tasks/seedbench/score.js";
import { foldValue } from "../fold.js";
import { isChangedBefore, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

interface Answered {
  readonly prediction: string;
  readonly answer: string;
}

const variants: VectorFile = {
  unsupported: {
    "mmmu_group_img.geometry": "its images cannot be joined in lmms-eval, and are not here",
    "mmmu_group_img.aggregate": "a mean that is rounded to three decimals",
  },
  functions: {
    "mmstar_ko.score": ({ prediction, answer }: Answered) => taskValue("mmstar_ko", { answer }, prediction),
    "seedbench_ko.process_results": ({ prediction, answer }: Answered) => {
      const pred = firstCharacter(prediction);
      if (isChangedBefore(prediction)) return { pred, correct: pred.toLowerCase() === answer.toLowerCase() ? 1 : 0 };
      return { pred, correct: taskScore("seedbench_ko", { answer }, prediction).value };
    },
    "mmmu_group_img.multiple_choice": ({ response, options }: { response: string; options: string[] }) =>
      parseChoice("lmms", response, options),
    "mmmu_group_img.open": ({ response, answer }: { response: string; answer: string }) =>
      openIsCorrect(response, answer) ? 1 : 0,
    "llava_in_the_wild_ko.parse_score": ({ review }: { review: string }) => strictScorePair(review, "line") ?? [-1, -1],
    // A review without scores stays in its mean as -1, -1; another category's is marked with -999.
    "llava_in_the_wild_ko.aggregate": ({ results }: { results: readonly { scores: ScorePair }[] }) =>
      foldValue(
        relativeScore("relative_score"),
        results
          .filter(({ scores }) => !scores.includes(-999))
          .map(({ scores }) => taskScore("llava_in_the_wild_ko", {}, "", { verdicts: [scores] })),
      ),
  },
};

export const catalogueVariantVectors: Readonly<Record<string, VectorFile>> = { "catalogue/variants": variants };
