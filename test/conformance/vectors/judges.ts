/** Vector files of what judges write. */

import { binaryDigit } from "../../../src/text/judge-replies.js";
import { stripReasoning, type TagPair } from "../../../src/text/reasoning-tags.js";
import { embeddedJson } from "../../../tasks/live_bench/embedded-json.js";
import { looseScorePair, type ScorePair, strictScorePair } from "../../../tasks/llava_bench/score-pair.js";
import {
  binaryYes,
  boxedOrLastNumber,
  firstScore,
  normalizedScore,
  stripSpecialTokens,
  verifierVerdict,
} from "../ported/judge-replies.js";
import type { VectorFile } from "../vector-file.js";

const failed: ScorePair = [-1, -1];

function verdict(pair: ScorePair = failed) {
  const [first, second] = pair;
  return { scores: pair, score: second > 0 ? second / 10 : 0, is_correct: second > first };
}

const judgePairs: VectorFile = {
  part: "readers of judges' reviews",
  functions: {
    "": ({ review }: { review: string }) => ({
      llava_in_the_wild: verdict(looseScorePair(review)),
      llava_bench_coco: verdict(strictScorePair(review, "review")),
      llava_wilder: strictScorePair(review, "line") ?? failed,
      response_parser: looseScorePair(review) ?? failed,
      original_llava: strictScorePair(review) ?? failed,
    }),
  },
};

const judgeScalar: VectorFile = {
  part: "readers of judges' verdicts; half of them lmms-eval's own, which runs do not use",
  functions: {
    scalar: ({ text }: { text: string }) => ({
      binary_01: binaryDigit(text),
      binary_10: binaryDigit(text),
      binary_yesno: binaryYes(text),
      verifier_binary: verifierVerdict(text),
      score: firstScore(text),
      score_0_10: firstScore(text, [0, 10]),
      score_1_5: firstScore(text, [1, 5]),
      verifier_score: normalizedScore(text, [0, 10]),
      json: embeddedJson(text) ?? {},
    }),
    extractors: ({ text }: { text: string }) => ({ strip: stripSpecialTokens(text), number: boxedOrLastNumber(text) }),
    strip_reasoning_tags: ({ text, tag_pairs }: { text: string; tag_pairs: readonly TagPair[] }) =>
      stripReasoning(text, tag_pairs),
  },
};

export const judgeVectors: Readonly<Record<string, VectorFile>> = {
  judge_pairs: judgePairs,
  judge_scalar: judgeScalar,
};
