/** The authoring API: all that a task may import, and nothing else. Each name serves two benchmarks, or an example of tasks/README.md. */

export { SampleFailure, UserError } from "./core/errors.js";
export type { ImageRef } from "./core/image.js";
export { withMarks } from "./core/image-marks.js";
export { jsonOf } from "./core/json.js";
export type { Metric, MetricValue, Sample } from "./core/metric.js";
export { type Part, type Prompt, type SubtitledVideo, userPrompt } from "./core/prompt.js";
export { isTextList, parseStringList } from "./core/python-literal.js";
export type { Output } from "./core/runner.js";
export { Image, ListText, Nullable, type Static, Video } from "./core/schema.js";
export { Type } from "./core/schema-type.js";
export type { Score, ScoreContext, Scored, Scoring } from "./core/score.js";
export { defineTask, type JudgeQuestion, type Split, type Task } from "./core/task.js";
export { captionMetrics } from "./metrics/caption-metrics.js";
export { circularAccuracy } from "./metrics/circular.js";
export { folded, sampleValue } from "./metrics/folded.js";
export { mean } from "./metrics/mean.js";
export { meanOfGroups } from "./metrics/mean-of-groups.js";
export { thoughts } from "./metrics/reasoning-form.js";
export { openBounds, shareRight } from "./metrics/share-right.js";
export { total } from "./metrics/total.js";
export { CAPTION_REQUEST } from "./prompts/captions.js";
export { bracketedOptions, LETTER_DIRECTLY, letteredOptions } from "./prompts/choices.js";
export { binaryJudge } from "./prompts/judge-grading.js";
export { OPTION_MATCHER } from "./prompts/judge-matching.js";
export { imagesAtMarks } from "./prompts/marked-images.js";
export { MODEL_PROFILES } from "./prompts/model-profiles.js";
export { WORD_OR_PHRASE } from "./prompts/short-answer.js";
export { imageColumns, type TaggedRow } from "./prompts/tagged-images.js";
export { anls } from "./scorers/anls.js";
export { boxScored } from "./scorers/box-score.js";
export { boxIn } from "./scorers/boxes.js";
export { captionScore } from "./scorers/caption.js";
export { looselyEqual } from "./scorers/exact-match.js";
export { lowestMeanLoss } from "./scorers/lowest-loss.js";
export { byLetter, chosen, guessedOr, notJudged, rightOrWrong } from "./scorers/scored.js";
export { vlmEvalKit } from "./scorers/vlmevalkit.js";
export { bootstrap } from "./statistics/bootstrap.js";
export { intervalOf } from "./statistics/intervals.js";
export { Moments } from "./statistics/moments.js";
export { rowDigest } from "./text/digest.js";
export { inferChoice } from "./text/infer-choice.js";
export { latexValue } from "./text/latex-value.js";
export { leadingLetter } from "./text/leading-letter.js";
export { levenshtein } from "./text/levenshtein.js";
export { optionLetters, parseChoice } from "./text/mmmu-choice.js";
export { removePunctuation } from "./text/punctuation.js";
export { parseFloatPython, parseIntPython, roundHalfEven } from "./text/python-numbers.js";
export { pythonRegex } from "./text/python-regex.js";
export {
  firstCharacters,
  length,
  lower,
  rstrip,
  splitWords,
  strip,
  upper,
} from "./text/python-strings.js";
export { python } from "./text/python-values.js";
export { hasCaption, hasText, isOptionLetter } from "./text/references.js";
export { robustChoice } from "./text/robust-choice.js";
export { wordNet } from "./text/wordnet.js";
