/** The authoring API: all that a task may import, and nothing else. */

export { SampleFailure, UserError } from "./core/errors.js";
export type { ImageRef } from "./core/image.js";
export { withMarks } from "./core/image-marks.js";
export type { Json } from "./core/json.js";
export type { Fold, FoldContext, Metric, MetricValue, Sample } from "./core/metric.js";
export { type Message, type Part, type Prompt, type PromptProfile, userPrompt } from "./core/prompt.js";
export { parseStringList } from "./core/python-literal.js";
export type { GenerationOptions, Likelihood, Output } from "./core/runner.js";
export { Image, ListText, Nullable, type Static, Type } from "./core/schema.js";
export type { Remark, Score, ScoreContext, Scored, Scorer, Scoring, Unscored } from "./core/score.js";
export { defineTask, type Judge, type JudgeQuestion, type Split, type Submission, type Task } from "./core/task.js";
export { type CaptionOptions, captionMetrics } from "./metrics/caption-metrics.js";
export { circularAccuracy } from "./metrics/circular.js";
export { folded, sampleValue, type Tally } from "./metrics/folded.js";
export { hallusionId, hallusionMetric } from "./metrics/hallusion-metrics.js";
export { type MeanOptions, mean } from "./metrics/mean.js";
export { type MeanOfGroupsOptions, meanOfGroups } from "./metrics/mean-of-groups.js";
export { relativeScore } from "./metrics/relative-score.js";
export { total } from "./metrics/total.js";
export { mmeMetric, mmeScore, yesNoMetric } from "./metrics/yes-no-metrics.js";
export { CAPTION_REQUEST, REGION_REQUEST } from "./prompts/captions.js";
export { bracketedOptions, LETTER_DIRECTLY, letteredOptions } from "./prompts/choices.js";
export { ferretRule } from "./prompts/ferret.js";
export { hallusionQuestion } from "./prompts/hallusion-bench.js";
export { binaryJudgement, liveBenchRating, mmvetTable } from "./prompts/judge-grading.js";
export { blinkMatching, mmbenchMatching } from "./prompts/judge-matching.js";
export { mathVerseExtraction, mathVerseMatching, mathVistaExtraction } from "./prompts/judge-maths.js";
export { mathVerseToJudge, mathVistaToJudge } from "./prompts/judge-maths-questions.js";
export { LLAVA_BENCH_RULE, REVIEWER, type Review, reviewText, WILDER_RULE, withSystem } from "./prompts/judges.js";
export { imagesAtMarks } from "./prompts/marked-images.js";
export { type MathVistaForm, mathVistaPrompt } from "./prompts/mathvista.js";
export { mmbenchPrompt, mmbenchQuestionToJudge } from "./prompts/mmbench.js";
export { mmmuBareQuestion, mmmuPrompt } from "./prompts/mmmu.js";
export { reviewQuestion, reviewScale, scorePair } from "./prompts/review.js";
export { lastLine, UNANSWERABLE, WORD_OR_PHRASE } from "./prompts/short-answer.js";
export { imageColumns, imagesFirst, imagesInPlace, type TaggedRow } from "./prompts/tagged-images.js";
export { blinkChoice } from "./scorers/blink.js";
export { boxScore, cornersOf, fractionsOf, jsonBoxScore, screenBoxScore } from "./scorers/box-score.js";
export type { Box } from "./scorers/boxes.js";
export { captionScore } from "./scorers/caption.js";
export { cmmmuScore } from "./scorers/cmmmu.js";
export { exactMatch, looseMatch } from "./scorers/exact-match.js";
export {
  type HallusionVerdict,
  hallusionAnswered,
  hallusionContainsYes,
  hallusionCorrect,
  hallusionVerdict,
} from "./scorers/hallusion-bench.js";
export { iconQaGold, iconQaScore } from "./scorers/icon-qa.js";
export { mathVerseScore, mathVistaScore } from "./scorers/judged-maths.js";
export { highestLikelihood, lowestMeanLoss } from "./scorers/likelihood.js";
export { mathVisionCorrect } from "./scorers/math-vision.js";
export { mmbenchHasReference, mmbenchJudgedScore, mmbenchStaticScore } from "./scorers/mmbench.js";
export { mmbenchSubmission } from "./scorers/mmbench-submission.js";
export { cmmmuDomains, domainOf, mmmuHasReference, mmmuProScore, mmmuScore, subjectOf } from "./scorers/mmmu.js";
export { mmstarScore } from "./scorers/mmstar.js";
export { correctnessScore, mmvetCapabilities } from "./scorers/mmvet.js";
export { ocrbenchHit } from "./scorers/ocrbench.js";
export { realWorldQaScore } from "./scorers/realworldqa.js";
export { reviewScore } from "./scorers/review.js";
export { scienceQaScore } from "./scorers/science-qa-score.js";
export { byLetter, chosen, notJudged, rightOrWrong, unparsable } from "./scorers/scored.js";
export {
  anlsScore,
  gqaScore,
  multiPageScore,
  relaxedScore,
  textvqaScore,
  vqaPeopleScore,
  vqav2Score,
} from "./scorers/short-answer.js";
export { squadF1, squadNormalize, tokenSetF1 } from "./scorers/token-f1.js";
export { mmeAnswerScore, popeScore, yesNoTruth } from "./scorers/yes-no-score.js";
export { bootstrap } from "./statistics/bootstrap.js";
export { intervalOf } from "./statistics/intervals.js";
export { Moments } from "./statistics/moments.js";
export { rowDigest } from "./text/digest.js";
export { type Choices, inferChoice, inferChoiceVlmEvalKit } from "./text/infer-choice.js";
export { binaryDigit, embeddedJson, strictBinary, strictScorePair } from "./text/judge-replies.js";
export {
  firstCharacter,
  leadingLetter,
  letterBeforePeriod,
  vstarLetter,
  vstarQuestion,
} from "./text/leading-letter.js";
export { extractMathVisionAnswer } from "./text/math-vision-answer.js";
export { mmbenchQuestion } from "./text/mmbench-row.js";
export { optionLetters, parseChoice } from "./text/mmmu-choice.js";
export { formatFixed } from "./text/python-numbers.js";
export { capitalize, strip } from "./text/python-strings.js";
export { taggedAnswer } from "./text/reasoning-tags.js";
export { hasText, isOptionLetter } from "./text/references.js";
export { robustChoice } from "./text/robust-choice.js";
export { evalAiNormalize } from "./text/vqa-normalize.js";
