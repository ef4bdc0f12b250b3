import type { Dataset } from "../core/dataset.js";
import { SampleFailure } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { JudgeRecord, SampleRecord } from "../core/result.js";
import type { Split, Task } from "../core/task.js";
import { Journal } from "./journal.js";
import { plan, type Selection } from "./plan.js";
import type { SampleJournal } from "./samples.js";
import { outputsOf, type ScoreRules, scoreSample } from "./score-sample.js";

/** Scores every journalled answer again, with the verdicts that its judge gave; asks nobody. Returns how many scores changed. */
export async function rescore(
  task: Task,
  split: Split,
  dataset: Dataset,
  selection: Selection,
  samples: SampleJournal,
  judgeFile: string,
  rules: ScoreRules,
  signal: AbortSignal,
): Promise<{ readonly total: number; readonly changed: number }> {
  const verdicts = await readVerdicts(judgeFile, task.judge !== undefined);
  let total = 0;
  let changed = 0;
  for await (const unit of plan(task, dataset, selection, signal)) {
    total++;
    const record = "row" in unit ? await samples.read(unit.index, unit.repeat) : undefined;
    if (!("row" in unit) || record?.text === undefined) continue;
    const again = scoreAgain(task, split, unit.row, record, verdicts(unit.index, unit.repeat), rules);
    if (JSON.stringify(again) === JSON.stringify(record)) continue;
    changed++;
    await samples.append(again);
  }
  await samples.sync();
  return { total, changed };
}

function scoreAgain(
  task: Task,
  split: Split,
  row: Record<string, unknown>,
  record: SampleRecord,
  verdicts: readonly Json[],
  rules: ScoreRules,
): SampleRecord {
  const outputs = outputsOf(record);
  const last = outputs.at(-1);
  // A judge that was never heard leaves the sample as it is.
  if (last && task.judge?.ask(row, last, verdicts, rules.scoring)) return record;
  try {
    return { ...record, ...scoreSample(task, split, row, outputs, verdicts, rules, record.sizes) };
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return { ...record, score: { status: "unscored", reason: error.reason, detail: error.detail } };
  }
}

async function readVerdicts(
  file: string,
  exists: boolean,
): Promise<(index: number, repeat: number) => readonly Json[]> {
  const found = new Map<string, Json[]>();
  if (exists) {
    const journal = await Journal.open<JudgeRecord>(file, ({ index, repeat = 0, step, verdict }) => {
      if (verdict === undefined) return;
      const key = `${index}/${repeat}`;
      const steps = found.get(key) ?? [];
      steps[step] = verdict;
      found.set(key, steps);
    });
    await journal.close();
  }
  return (index, repeat) => found.get(`${index}/${repeat}`) ?? [];
}
