import type { Dataset } from "../core/dataset.js";
import { SampleFailure } from "../core/errors.js";
import type { Result } from "../core/result.js";
import type { Score } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import type { SampleJournal } from "../record/journal.js";
import type { ScoredSample } from "../record/samples.js";
import { agreementOf } from "../statistics/agreement.js";
import { InFlight } from "./in-flight.js";
import type { JudgePanel } from "./judge.js";
import { masksOf, type ReadMask } from "./masks.js";
import { plan, type Selection } from "./plan.js";
import { outputsOf, type ScoreRules, scoreSample, visibleTurns } from "./score-sample.js";

export interface JudgeComparison {
  readonly task: Task;
  readonly split: Split;
  readonly dataset: Dataset;
  readonly selection: Selection;
  readonly samples: SampleJournal;
  readonly second: JudgePanel;
  readonly rules: ScoreRules;
  readonly readMask?: ReadMask | undefined;
  readonly signal: AbortSignal;
}

/**
 * Puts every answer that the first judge scored before a second one, and says how far the two agree. The result's own
 * numbers stay the first judge's; nothing is asked of the model.
 */
export async function compareJudges(comparison: JudgeComparison): Promise<NonNullable<Result["secondJudge"]>> {
  const { task, dataset, selection, samples, second, signal } = comparison;
  const pairs: [string, string][] = [];
  const judging = new InFlight(() => second.runner.concurrency);
  try {
    for await (const unit of plan(task, dataset, selection, signal)) {
      const record = "row" in unit ? await samples.read(unit.index, unit.repeat) : undefined;
      if (!("row" in unit) || record?.state !== "scored") continue;
      const { score } = record;
      await judging.start(async () => {
        const other = await judgeAgain(comparison, unit.row, record);
        if (other?.status === "scored") pairs.push([JSON.stringify(score.value), JSON.stringify(other.value)]);
      });
    }
  } finally {
    await judging.drained();
  }
  return { model: second.runner.name, failed: second.failed, ...agreementOf(pairs) };
}

async function judgeAgain(
  { task, split, second, rules, readMask, signal }: JudgeComparison,
  row: Record<string, unknown>,
  record: ScoredSample,
): Promise<Score | undefined> {
  const { index, id, repeat = 0 } = record;
  const turns = outputsOf(record);
  const last = visibleTurns(turns, rules).at(-1);
  if (!last) return undefined;
  try {
    const verdicts = await second.verdicts(task, { row, output: last, index, id, repeat }, rules, signal);
    const masks = await masksOf(task, row, readMask);
    return scoreSample({ task, split, row, turns, verdicts, rules, sizes: record.sizes, masks }).score;
  } catch (error) {
    // This judge has no opinion on this sample; the panel counted and journalled it.
    if (error instanceof SampleFailure) return undefined;
    throw error;
  }
}
