/** Every conformance file we know, by its name: NAME of `npm run vectors -- NAME FILE`. */

import type { VectorFile } from "../vector-file.js";
import { aggregateVectors } from "./aggregates.js";
import { captionVectors } from "./captions.js";
import { catalogueAnswerVectors } from "./catalogue-answers.js";
import { charxiv } from "./catalogue-charxiv.js";
import { catalogueChoiceVectors } from "./catalogue-choices.js";
import { catalogueDocumentVectors } from "./catalogue-documents.js";
import { catalogueFormulaVectors } from "./catalogue-formulas.js";
import { catalogueGroupVectors } from "./catalogue-groups.js";
import { llavaInterleave } from "./catalogue-interleave.js";
import { catalogueJudgedVectors } from "./catalogue-judged.js";
import { catalogueLiteralVectors } from "./catalogue-literals.js";
import { catalogueMarkdownVectors } from "./catalogue-markdown.js";
import { pointMasks } from "./catalogue-masks.js";
import { catalogueMathsVectors } from "./catalogue-maths.js";
import { cataloguePageVectors } from "./catalogue-pages.js";
import { cataloguePairVectors } from "./catalogue-pairs.js";
import { cataloguePointVectors } from "./catalogue-points.js";
import { catalogueReasoningVectors } from "./catalogue-reasoning.js";
import { catalogueSpatialVectors } from "./catalogue-spatial.js";
import { catalogueThoughtVectors } from "./catalogue-thoughts.js";
import { catalogueVariantVectors } from "./catalogue-variants.js";
import { wemath } from "./catalogue-wemath.js";
import { filterVectors } from "./filters.js";
import { frameIndexVectors } from "./frame-indices.js";
import { frameVectors } from "./frames.js";
import { groundingVectors } from "./grounding.js";
import { inferenceVectors } from "./inference.js";
import { judgeVectors } from "./judges.js";
import { mathVectors } from "./maths.js";
import { mmmuVectors } from "./mmmu.js";
import { multipleChoiceVectors } from "./multiple-choice.js";
import { peerVectors } from "./peers.js";
import { promptVectors } from "./prompts.js";
import { shortAnswerVectors } from "./short-answers.js";
import { statisticsVectors } from "./statistics.js";
import { tokenizerVectors } from "./tokenizer.js";
import { videoChoiceVectors } from "./video-choices.js";
import { videoGroupVectors } from "./video-groups.js";
import { videoPromptVectors } from "./video-prompts.js";
import { vlmEvalKitAnswerVectors } from "./vlmevalkit-answers.js";
import { vlmEvalKitBoxVectors } from "./vlmevalkit-boxes.js";
import { vlmEvalKitChoiceVectors } from "./vlmevalkit-choices.js";
import { vlmEvalKitEmmaVectors } from "./vlmevalkit-emma.js";
import { vlmEvalKitJudgedVectors } from "./vlmevalkit-judged.js";
import { vlmEvalKitJudgesVectors } from "./vlmevalkit-judges.js";
import { vlmEvalKitPromptVectors } from "./vlmevalkit-prompts.js";
import { vlmEvalKitSpatialVectors } from "./vlmevalkit-spatial.js";
import { vlmEvalKitTableVectors } from "./vlmevalkit-tables.js";
import { yesNoVectors } from "./yes-no.js";

export const vectorFiles: Readonly<Record<string, VectorFile>> = {
  ...shortAnswerVectors,
  ...statisticsVectors,
  ...inferenceVectors,
  ...captionVectors,
  ...filterVectors,
  ...groundingVectors,
  ...yesNoVectors,
  ...multipleChoiceVectors,
  ...mmmuVectors,
  ...mathVectors,
  ...judgeVectors,
  ...aggregateVectors,
  ...catalogueChoiceVectors,
  ...catalogueAnswerVectors,
  ...catalogueReasoningVectors,
  ...catalogueSpatialVectors,
  ...catalogueGroupVectors,
  ...cataloguePairVectors,
  ...cataloguePointVectors,
  "catalogue/point_masks": pointMasks,
  ...catalogueJudgedVectors,
  ...catalogueDocumentVectors,
  ...catalogueMarkdownVectors,
  ...catalogueMathsVectors,
  ...catalogueFormulaVectors,
  ...cataloguePageVectors,
  ...catalogueThoughtVectors,
  ...catalogueVariantVectors,
  ...catalogueLiteralVectors,
  ...promptVectors,
  ...peerVectors,
  ...videoPromptVectors,
  "catalogue/charxiv": charxiv,
  "catalogue/wemath": wemath,
  "catalogue/llava_interleave": llavaInterleave,
  ...tokenizerVectors,
  ...frameIndexVectors,
  ...frameVectors,
  ...videoChoiceVectors,
  ...videoGroupVectors,
  ...vlmEvalKitChoiceVectors,
  ...vlmEvalKitSpatialVectors,
  ...vlmEvalKitEmmaVectors,
  ...vlmEvalKitJudgesVectors,
  ...vlmEvalKitAnswerVectors,
  ...vlmEvalKitJudgedVectors,
  ...vlmEvalKitBoxVectors,
  ...vlmEvalKitPromptVectors,
  ...vlmEvalKitTableVectors,
};
