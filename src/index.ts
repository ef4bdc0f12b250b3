/** The authoring API: all that a task may import, and nothing else. */

export { SampleFailure, UserError } from "./core/errors.js";
export type { ImageRef } from "./core/image.js";
export type { Json } from "./core/json.js";
export type { Fold, FoldContext, Metric, MetricValue, Sample } from "./core/metric.js";
export { type Message, type Part, type Prompt, type PromptProfile, userPrompt } from "./core/prompt.js";
export type { GenerationOptions, Likelihood, Output } from "./core/runner.js";
export { Image, Nullable, type Static, Type } from "./core/schema.js";
export type { Label, Score, ScoreContext, Scored, Scorer, Scoring, Unscored } from "./core/score.js";
export { defineTask, type Judge, type JudgeQuestion, type Split, type Submission, type Task } from "./core/task.js";
export { circularAccuracy } from "./metrics/circular.js";
export { type MeanOptions, mean } from "./metrics/mean.js";
export { type MeanOfGroupsOptions, meanOfGroups } from "./metrics/mean-of-groups.js";
export { relativeScore } from "./metrics/relative-score.js";
export { bracketedOptions, LETTER_DIRECTLY, letteredOptions } from "./prompts/choices.js";
export * from "./prompts/judges.js";
export { imageColumns, imagesFirst, imagesInPlace, type TaggedRow } from "./prompts/tagged-images.js";
export { domainOf, mmmuProScore, mmmuScore, subjectOf } from "./scorers/mmmu.js";
export { reviewQuestion, reviewScore } from "./scorers/review.js";
export { byLetter, notJudged, rightOrWrong, unparsable } from "./scorers/scored.js";
export { optionLetters } from "./text/mmmu-choice.js";
export { parseStringList } from "./text/python-literal.js";
export { stripReasoning } from "./text/reasoning-tags.js";
