import { samplesCsv, samplesTable } from "../../board/samples/forms.js";
import { type SampleFilter, selectedSamples } from "../../board/samples/select.js";
import {
  type HowScored,
  type ShownSample,
  samplesJsonLines,
  samplesMarkdown,
} from "../../board/samples/shown-sample.js";
import { defined } from "../../core/defined.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import type { Result } from "../../core/result.js";
import type { Scoring } from "../../core/score.js";
import { isFallback, judgeUnder, type Task } from "../../core/task.js";
import { valueUnder } from "../../record/outcome.js";
import { openRun, type Run } from "../../record/read.js";
import { plan } from "../../run/plan.js";
import { scoreSample } from "../../run/score-sample.js";
import { readingOf } from "../../text/visible-answer.js";
import type { Chosen } from "../tasks/catalogue.js";
import { namedLabels, openRunDataset, tasksOfRun } from "./dataset.js";
import { writeFrames } from "./seen-clips.js";

export type { ShownSample };

export interface SamplesOptions extends Omit<SampleFilter, "worseThan"> {
  /** The folder of a run: only samples that it did better. */
  readonly worseThan?: string;
  /** Samples at most. Default: all. */
  readonly limit?: number;
  /** Read the rows again and show credit by reference and the other scoring. Default: unless the rows are the hub's. */
  readonly how?: boolean;
  /** Write the frames of clips that the samples showed to this folder. */
  readonly frames?: string;
  /** Ends decoders. */
  readonly signal?: AbortSignal;
  readonly onWarning: (message: string) => void;
}

export interface ChosenSamples {
  readonly samples: readonly ShownSample[];
  /** As many fit the filter. */
  readonly found: number;
  /** With `frames`: as many were written. */
  readonly framesWritten?: number;
}

/** @throws UserError  there is no such run; a task that it does not have */
export async function samplesOf(folder: string, options: SamplesOptions): Promise<ChosenSamples> {
  const { worseThan, limit = Number.POSITIVE_INFINITY, how, frames, signal, onWarning, ...rest } = options;
  const { labels, files } = await namedLabels(rest.tasks);
  const filter = { ...rest, ...defined({ tasks: labels }) };
  const run = await openRun(folder);
  const other = worseThan === undefined ? undefined : await openRun(worseThan);
  for (const task of filter.tasks ?? [])
    if (!run.labels.includes(task))
      throw new UserError(
        `the run has no task "${task}"`,
        "--tasks",
        `${didYouMean(task, run.labels)}it has ${run.labels.join(", ")}`,
      );
  const samples: ShownSample[] = [];
  let found = 0;
  for await (const sample of selectedSamples(run, { ...filter, ...(other ? { worseThan: other } : {}) }))
    if (found++ < limit) samples.push(sample);
  const shown = { samples: await explained(run, samples, { how, files, onWarning }), found };
  if (frames === undefined) return shown;
  const { written } = await writeFrames(run, samples, frames, {
    ...{ signal: signal ?? new AbortController().signal, files, onWarning },
  });
  return { ...shown, framesWritten: written };
}

/** As text. */
export const sampleForms = {
  table: samplesTable,
  md: samplesMarkdown,
  csv: samplesCsv,
  jsonl: samplesJsonLines,
};

interface HowOptions {
  readonly how: boolean | undefined;
  readonly files: readonly string[];
  onWarning(message: string): void;
}

/** How each was scored, as far as the rows are at hand. */
async function explained(run: Run, samples: readonly ShownSample[], options: HowOptions): Promise<ShownSample[]> {
  const hows = new Map<string, HowScored>();
  const wanted = new Map<string, Map<number, ShownSample[]>>();
  for (const sample of samples) {
    if (sample.outcome === "unscored") continue;
    const ofLabel = wanted.get(sample.label) ?? new Map<number, ShownSample[]>();
    // With repeats a row has several answers.
    wanted.set(sample.label, ofLabel.set(sample.index, [...(ofLabel.get(sample.index) ?? []), sample]));
  }
  const isNear = ({ dataset }: Result) => options.how ?? dataset.kind !== "hub";
  const near = [...wanted.keys()].filter((label) => {
    const result = run.results.get(label);
    return result !== undefined && isNear(result);
  });
  if (near.length === 0) return [...samples];
  try {
    const { known, problem } = await tasksOfRun(run, { named: options.files });
    if (problem && near.some((label) => !known.has(label))) throw problem;
    for (const chosen of [...known.values()].filter(({ label }) => near.includes(label))) {
      const result = run.results.get(chosen.label) as Result;
      await using dataset = await openRunDataset(run, chosen, options.onWarning);
      if (dataset.facts.digest !== result.dataset.digest) {
        options.onWarning(`the rows of ${chosen.label} have changed: how its samples were scored is not shown`);
        continue;
      }
      const ofLabel = wanted.get(chosen.label) as Map<number, ShownSample[]>;
      const selection = { offset: result.offset ?? 0, repeats: 1, ...defined({ limit: result.limit }) };
      let left = ofLabel.size;
      for await (const unit of plan(chosen.task, dataset, selection, new AbortController().signal)) {
        const samples = "row" in unit ? ofLabel.get(unit.index) : undefined;
        if (!samples || !("row" in unit)) continue;
        for (const sample of samples) hows.set(keyOf(sample), howScored(chosen, unit.row, sample, { run, result }));
        if (--left === 0) break;
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    options.onWarning(`how the samples were scored is not shown: ${error.message}; ${error.fix}`);
  }
  return samples.map((sample) => {
    const how = hows.get(keyOf(sample));
    return how === undefined ? sample : { ...sample, how };
  });
}

const keyOf = ({ label, index, repeat = 0 }: ShownSample) => `${label} ${index}/${repeat}`;

/** Whether a scoring's rules decide alone: it has no judge, or has one for what they cannot read and none was named. */
function rulesAlone(task: Task, scoring: Scoring, result: Result): boolean {
  const judge = judgeUnder(task, scoring);
  if (judge === undefined) return true;
  return isFallback(task, judge) && scoring === result.scoring && result.judge?.model === "none";
}

/** By the task's own code, on the row itself. What needs a judge, or more than the text, is left as the journal has it. */
function howScored(
  { task, split }: Chosen,
  row: Record<string, unknown>,
  { text, references }: ShownSample,
  { run, result }: { readonly run: Run; readonly result: Result },
): HowScored {
  if (text === undefined || split.answers === "secret" || task.next || task.choices || task.imageSizes || task.masks)
    return {};
  const { seed } = { seed: 0, ...(run.manifest.identity as { seed?: number }) };
  const scored = (answer: string, scoring: Scoring) => {
    if (!rulesAlone(task, scoring, result)) return undefined;
    const rules = {
      scoring,
      seed,
      reading: readingOf(scoring, scoring === result.scoring ? result.reasoningTags : undefined),
    };
    const turn = {
      text: answer,
      finish: "stop" as const,
      usage: {},
      timing: { totalMs: 0, attempts: 0 },
      warnings: [],
    };
    try {
      const { score } = scoreSample({ task, split, row, turns: [turn], verdicts: [], rules });
      return score.status === "scored" ? score : undefined;
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      return undefined;
    }
  };
  const main = result.metrics[0];
  const credits = [...new Set(references)].flatMap((reference) => {
    const credit = valueUnder(scored(reference, result.scoring), main?.of ?? main?.name ?? "");
    return credit === undefined ? [] : [{ reference, credit }];
  });
  const scoring = result.scoring === "official" ? "lmms-eval" : "official";
  const other = scored(text, scoring);
  return {
    ...(credits.length > 0 ? { credits } : {}),
    ...(other ? { other: { scoring, answer: other.answer, value: other.value } } : {}),
  };
}
