import { seedOf } from "../core/digest.js";
import type { Json } from "../core/json.js";
import type { Output } from "../core/runner.js";
import type { Score, Scoring } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import type { AnsweredSample, SampleRecord, ScoredSample } from "../record/samples.js";

/** How samples are scored; the same for the whole run. */
export interface ScoreRules {
  readonly scoring: Scoring;
  readonly seed: number;
}

/** What scoring makes of an answer. */
export interface SampleOutcome {
  readonly score: Score;
  /** Secret answers: the entry for the evaluation server. */
  readonly submission?: Json;
}

/** The answer with its score, in the state that follows from it. */
export function withOutcome(record: AnsweredSample | ScoredSample, { score, submission }: SampleOutcome): SampleRecord {
  const { state: _state, score: _score, submission: _submission, ...answer } = { submission: undefined, ...record };
  if (score.status === "unscored") return { ...answer, state: "answered", score };
  return { ...answer, state: "scored", ...(submission === undefined ? {} : { submission }), score };
}

/** Scores one answer: a pure function of the row, the outputs, the judge's verdicts and the rules. */
export function scoreSample(
  task: Task,
  split: Split,
  row: Record<string, unknown>,
  turns: readonly Output[],
  verdicts: readonly Json[],
  rules: ScoreRules,
  sizes: SampleRecord["sizes"] = [],
): SampleOutcome {
  const output = turns.at(-1) as Output;
  const id = task.id(row);
  let draws = 0;
  const score: Score = task.score?.(row, output, {
    scoring: rules.scoring,
    verdicts,
    turns,
    imageSizes: sizes,
    draw: (from) => from[seedOf(rules.seed, task.name, id, "draw", draws++) % from.length] as (typeof from)[number],
  }) ?? { status: "scored", value: {}, answer: output.text.trim() };
  if (split.labelled || score.status === "unscored") return { score: withLabel(score, output) };
  // Without public answers there is no value: only the processed answer, for the evaluation server.
  const submission = task.submission?.entry(row, score.answer, output);
  const { status, answer, label } = score;
  return {
    score: withLabel({ status, value: {}, answer, ...(label ? { label } : {}) }, output),
    ...(submission === undefined ? {} : { submission }),
  };
}

/** `empty` and `truncated` are facts of the output; a scorer's own label goes first. */
function withLabel(score: Score, output: Output): Score {
  if (score.status !== "scored" || score.label || output.likelihoods) return score;
  // An empty answer that was cut says more about the budget than about the model.
  if (output.finish === "length") return { ...score, label: "truncated" };
  if (output.text.trim() === "") return { ...score, label: "empty" };
  return score;
}

/** An output as the journal remembers it, for scoring again without a model. */
export function outputsOf(record: AnsweredSample | ScoredSample): readonly Output[] {
  const texts = record.turns ?? [record.text];
  return texts.map((text, i) => ({
    text,
    finish: (i === texts.length - 1 && record.finish) || "stop",
    usage: {},
    timing: { totalMs: 0, attempts: 0 },
    warnings: [],
    ...(record.reasoning === undefined || i < texts.length - 1 ? {} : { reasoning: record.reasoning }),
    ...(record.likelihoods && i === texts.length - 1 ? { likelihoods: record.likelihoods } : {}),
  }));
}
