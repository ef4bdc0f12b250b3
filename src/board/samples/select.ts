/** Samples of a run that somebody asks about: the wrong ones, those that another run did better, one that is disputed. */
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Remark } from "../../core/score.js";
import type { Label } from "../../record/keys.js";
import { Notes } from "../../record/notes.js";
import { outcomeOf, valueUnder } from "../../record/outcome.js";
import type { Run } from "../../record/read.js";
import { framesOf, type SampleRecord, textOf } from "../../record/samples.js";
import { joinSamples, RowKeys } from "../compare/join-samples.js";
import type { ShownSample } from "./shown-sample.js";

export interface SampleFilter {
  /** Only these labels. */
  readonly tasks?: readonly string[];
  readonly ids?: readonly string[];
  /** Only samples with the worst value that one can have. */
  readonly wrong: boolean;
  readonly unscored: boolean;
  readonly remark?: Remark;
  /** Only samples on which somebody noted something. */
  readonly noted?: boolean;
  /** Only samples that this run did better, by the main metric's value of the sample. */
  readonly worseThan?: Run;
}

/**
 * In the order of the run's tasks, and of rows within a task.
 * @throws UserError  the run that did better has other ids at the same rows
 */
export async function* selectedSamples(run: Run, filter: SampleFilter): AsyncGenerator<ShownSample> {
  const { tasks, ids, worseThan } = filter;
  const noted = await Notes.read(run.dir);
  for (const label of run.labels) {
    if (tasks !== undefined && !tasks.includes(label)) continue;
    const result = run.results.get(label);
    const main = result?.metrics[0];
    const better = worseThan && (await valuesOf(worseThan, label, main));
    const there = worseThan?.results.get(label);
    if (worseThan && there && result) await joinSamples({ run: worseThan, result: there }, { run, result });
    const keys = new RowKeys(label);
    for await (const record of result ? run.counted(result) : run.samples(label)) {
      const key = keys.of(record);
      if (ids !== undefined && !ids.includes(record.id)) continue;
      const sample = shown(record, label, main, result?.scoring);
      if (filter.wrong && sample.outcome !== "wrong") continue;
      if (filter.unscored && sample.outcome !== "unscored") continue;
      if (filter.remark !== undefined && sample.remark !== filter.remark) continue;
      const notes = noted.of(label, record);
      if (filter.noted && notes.length === 0) continue;
      const before = better?.get(key);
      if (better && !isWorse(mainValue(record, main), before?.value, main)) continue;
      yield { ...sample, ...(notes.length > 0 ? { notes } : {}), ...(before ? { before } : {}) };
    }
  }
}

const mainValue = ({ score }: SampleRecord, main: MetricResult | undefined) =>
  valueUnder(score, main?.of ?? main?.name ?? "");

/** Unscored is no value: it is neither better nor worse. */
function isWorse(mine: number | undefined, theirs: number | undefined, main: MetricResult | undefined): boolean {
  if (mine === undefined || theirs === undefined) return false;
  return main?.direction === "lower" ? mine > theirs : mine < theirs;
}

async function valuesOf(run: Run, label: Label, main: MetricResult | undefined) {
  const found = new Map<string, NonNullable<ShownSample["before"]>>();
  const keys = new RowKeys(label);
  const result = run.results.get(label);
  for await (const record of result ? run.counted(result) : run.samples(label)) {
    const { score } = record;
    const answer = score?.status === "scored" ? score.answer : undefined;
    found.set(keys.of(record), defined({ text: textOf(record), answer, value: mainValue(record, main) }));
  }
  return found;
}

function shown(
  record: SampleRecord,
  label: Label,
  main: MetricResult | undefined,
  scoring: string | undefined,
): ShownSample {
  const { id, index, repeat, prompt, images = [], groups, score } = record;
  const scored = score?.status === "scored" ? score : undefined;
  const frames = framesOf(record);
  return {
    ...{ label, id, index },
    ...defined({ repeat }),
    outcome: outcomeOf(score, main),
    ...defined({ text: textOf(record), answer: scored?.answer, value: scored?.value, references: scored?.targets }),
    ...defined({ prompt }),
    images,
    ...(frames.length > 0 ? { frames } : {}),
    ...(score?.status === "unscored" ? { reason: `${score.reason}: ${score.detail}` } : {}),
    ...(score === undefined ? { reason: "judge: not judged" } : {}),
    ...defined({ remark: scored?.remark, groups, scoring }),
  };
}
