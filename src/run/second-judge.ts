import type { Dataset } from "../core/dataset.js";
import { SampleFailure } from "../core/errors.js";
import type { Result, SampleRecord } from "../core/result.js";
import type { Score } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import { agreementOf } from "../statistics/agreement.js";
import { InFlight } from "./in-flight.js";
import type { JudgePanel } from "./judge.js";
import { plan, type Selection } from "./plan.js";
import type { SampleJournal } from "./samples.js";
import { outputsOf, type ScoreRules, scoreSample } from "./score-sample.js";

/**
 * Puts every answer that the first judge scored before a second one, and says how far the two agree. The result's own
 * numbers stay the first judge's; nothing is asked of the model.
 */
export async function compareJudges(
  task: Task,
  split: Split,
  dataset: Dataset,
  selection: Selection,
  samples: SampleJournal,
  second: JudgePanel,
  rules: ScoreRules,
  signal: AbortSignal,
): Promise<NonNullable<Result["secondJudge"]>> {
  const pairs: [string, string][] = [];
  const judging = new InFlight(() => second.runner.concurrency);
  try {
    for await (const unit of plan(task, dataset, selection, signal)) {
      const record = "row" in unit ? await samples.read(unit.index, unit.repeat) : undefined;
      if (!("row" in unit) || record?.score?.status !== "scored") continue;
      const { score } = record;
      await judging.start(async () => {
        const other = await judgeAgain(task, split, unit.row, record, second, rules, signal);
        if (other?.status === "scored") pairs.push([JSON.stringify(score.value), JSON.stringify(other.value)]);
      });
    }
  } finally {
    await judging.drained();
  }
  return { model: second.runner.name, failed: second.failed, ...agreementOf(pairs) };
}

async function judgeAgain(
  task: Task,
  split: Split,
  row: Record<string, unknown>,
  record: SampleRecord,
  second: JudgePanel,
  rules: ScoreRules,
  signal: AbortSignal,
): Promise<Score | undefined> {
  const { index, id, repeat = 0 } = record;
  const turns = outputsOf(record);
  const last = turns.at(-1);
  if (!last) return undefined;
  try {
    const verdicts = await second.verdicts(task, row, { index, id, repeat }, last, rules, signal);
    return scoreSample(task, split, row, turns, verdicts, rules).score;
  } catch (error) {
    // This judge has no opinion on this sample; the panel counted and journalled it.
    if (error instanceof SampleFailure) return undefined;
    throw error;
  }
}
