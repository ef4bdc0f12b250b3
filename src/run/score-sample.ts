import { defined } from "../core/defined.js";
import { seedOf } from "../core/digest.js";
import { SampleFailure } from "../core/errors.js";
import type { Mask } from "../core/image.js";
import type { Json } from "../core/json.js";
import type { Output } from "../core/runner.js";
import { violationOf } from "../core/schema.js";
import type { Reading, Remark, Score, ScoreContext, Scoring } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import type { AnsweredSample, SampleRecord, ScoredSample } from "../record/samples.js";

/** How samples are scored; the same for the whole run. */
export interface ScoreRules {
  readonly scoring: Scoring;
  readonly seed: number;
  readonly reading: Reading;
}

/** Outputs as scorers and judges see them: what was said, without what was thought. */
export function visibleTurns(turns: readonly Output[], { reading }: Pick<ScoreRules, "reading">): readonly Output[] {
  return turns.map((output) => {
    const text = reading.visible(output.text);
    return text === output.text ? output : { ...output, text };
  });
}

type RecordedScore = NonNullable<SampleRecord["score"]>;

/** What scoring makes of an answer. */
export interface SampleOutcome {
  /** As the journal has it. */
  readonly score: RecordedScore;
  /** Secret answers: the entry for the evaluation server. */
  readonly submission?: Json;
}

/** The answer with its score, in the state that follows from it. */
export function withOutcome(record: AnsweredSample | ScoredSample, { score, submission }: SampleOutcome): SampleRecord {
  const { state: _state, score: _score, submission: _submission, ...answer } = { submission: undefined, ...record };
  if (score.status === "unscored") return { ...answer, state: "answered", score };
  return { ...answer, state: "scored", ...defined({ submission }), score };
}

/** Why a row cannot be scored, or handed in, whatever is answered; undefined when it can. */
export function referenceFailure(task: Task, split: Split, row: Record<string, unknown>): SampleFailure | undefined {
  if (split.answers === "secret") return entryFailure(task, row);
  if (!task.hasReference) return undefined;
  try {
    return task.hasReference(row) ? undefined : new SampleFailure("data", noReference);
  } catch (error) {
    // A cell that cannot be read, on which the reference depends.
    if (error instanceof SampleFailure) return error;
    throw error;
  }
}

/** Answers as different as can be: what is wrong with the entries of all of them is the row's fault. */
const someAnswers = ["", "A", "1"];

/** Before anybody is asked: one such row would leave the whole run without a submission. */
function entryFailure({ submission }: Task, row: Record<string, unknown>): SampleFailure | undefined {
  if (!submission) return undefined;
  const found = someAnswers.map((answer) => violationOf(submission.schema, submission.entry(row, answer)));
  const [first] = found;
  if (!first || found.some((one) => one?.pointer !== first.pointer || one.found !== first.found)) return undefined;
  const { pointer, expected, found: value } = first;
  return new SampleFailure("data", `the submission cannot hold this row: ${pointer} ${expected} (found ${value})`);
}

const noReference = "the row has no reference that an answer could equal";

/** A row with all that its score may depend on. */
export interface AnsweredRow {
  readonly task: Task;
  readonly split: Split;
  readonly row: Record<string, unknown>;
  /** Every round's output, as it was given. */
  readonly turns: readonly Output[];
  /** The judge's; none without a judge. */
  readonly verdicts: readonly Json[];
  readonly rules: ScoreRules;
  /** Of the last prompt's images, for tasks that ask for them. */
  readonly sizes?: SampleRecord["sizes"] | undefined;
  /** Of the row, for tasks that have them. */
  readonly masks?: readonly Mask[] | undefined;
}

/** Scores one answer: a pure function of the row, the outputs, the judge's verdicts and the rules. */
export function scoreSample(sample: AnsweredRow): SampleOutcome {
  const { task, split, row, verdicts, rules, sizes = [], masks } = sample;
  const turns = visibleTurns(sample.turns, rules);
  const output = turns.at(-1) as Output;
  const id = task.id(row);
  let draws = 0;
  const context: ScoreContext = {
    scoring: rules.scoring,
    verdicts,
    turns,
    imageSizes: sizes,
    ...defined({ masks }),
    draw: (from) => from[seedOf(rules.seed, task.name, id, "draw", draws++) % from.length] as (typeof from)[number],
  };
  if (split.answers === "secret") {
    // No value: only the processed answer, for the evaluation server.
    const found = task.answer?.(row, output, context) ?? output.text.trim();
    const { answer, remark } = typeof found === "string" ? { answer: found } : found;
    const submission = task.submission?.entry(row, answer);
    return {
      score: recorded({ status: "scored", value: {}, answer, ...defined({ remark }) }, output),
      ...defined({ submission }),
    };
  }
  const unusable = referenceFailure(task, split, row);
  if (unusable) return { score: { status: "unscored", reason: unusable.reason, detail: unusable.detail } };
  const score = task.score?.(row, output, context) ?? { status: "scored", value: {}, answer: output.text.trim() };
  return { score: recorded(score, output) };
}

/** The score as the journal has it. `empty` and `truncated` are facts of the output. */
function recorded(score: Score, output: Output): RecordedScore {
  if (score.status === "unscored") return score;
  const { status, value, answer, remark: own, targets, data } = score;
  const remark = remarkOf(own, output);
  return {
    ...{ status, value, answer },
    ...defined({ targets, data, remark }),
  };
}

function remarkOf(own: Remark | undefined, { text, finish, likelihoods }: Output): Remark | undefined {
  if (likelihoods) return own;
  const isEmpty = text.trim() === "";
  // An empty answer that was cut says more about the budget than about the model, whatever its task read in it.
  if (finish === "length") return isEmpty ? "truncated" : (own ?? "truncated");
  return isEmpty ? "empty" : own;
}

/** The journal's score as tasks give it; a sample whose judge was never reached has an answer and no score. */
export function scoreOf({ score }: SampleRecord): Score {
  return score ?? { status: "unscored", reason: "judge", detail: "not judged" };
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
