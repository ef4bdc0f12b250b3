/** A task's own `score` on a raw text: what a run makes of it, without a run. */

import { loadTasks } from "../../src/api/tasks/catalogue.js";
import { defined } from "../../src/core/defined.js";
import type { Mask } from "../../src/core/image.js";
import type { Json } from "../../src/core/json.js";
import type { Metric } from "../../src/core/metric.js";
import type { Output } from "../../src/core/runner.js";
import type { Scored, Scoring } from "../../src/core/score.js";
import type { Task } from "../../src/core/task.js";
import { readingOf } from "../../src/text/visible-answer.js";

const tasks = new Map((await loadTasks()).map((task) => [task.name, task]));

let asked = new Set<string>();
let askedBy = new Set<string>();

/** Whose score `work` asks, and by which scoring (`ai2d official`): the tables of agreement say so of each row. */
export function watched<T>(work: () => T): {
  readonly result: T;
  readonly asked: readonly string[];
  readonly askedBy: readonly string[];
} {
  asked = new Set();
  askedBy = new Set();
  const result = work();
  return { result, asked: [...asked], askedBy: [...askedBy] };
}

/** The catalogue's task; its place in the tree is the catalogue's business. */
export function taskNamed(name: string): Task {
  const task = tasks.get(name);
  if (task === undefined) throw new Error(`no task "${name}"`);
  return task;
}

export interface ScoreRules {
  /** Default: official. */
  readonly scoring?: Scoring;
  readonly verdicts?: readonly Json[];
  /** Default: the first; `drawn` says that it was asked. */
  readonly draw?: <T>(from: readonly T[]) => T;
  /** Of the prompt's images. */
  readonly imageSizes?: readonly (readonly [number, number])[];
  readonly masks?: readonly Mask[];
}

export interface TaskScore extends Scored {
  /** A choice was drawn where the reference draws one. */
  readonly drawn: boolean;
}

/**
 * @param row the columns that the score reads
 * @throws RangeError when the task leaves the sample unscored
 */
export function taskScore(name: string, row: object, text: string, rules: ScoreRules = {}): TaskScore {
  const { scoring = "official", verdicts = [], draw = (from) => from[0] as (typeof from)[number] } = rules;
  const { imageSizes, masks } = rules;
  const visible = readingOf(scoring).visible(text);
  const output: Output = {
    text: visible,
    finish: "stop",
    usage: {},
    timing: { totalMs: 0, attempts: 0 },
    warnings: [],
  };
  let drawn = false;
  asked.add(name);
  askedBy.add(`${name} ${scoring}`);
  const score = taskNamed(name).score?.(row as Record<string, unknown>, output, {
    ...{ scoring, verdicts, turns: [output], ...defined({ imageSizes, masks }) },
    draw(from) {
      drawn = true;
      return draw(from);
    },
  });
  if (score?.status !== "scored") throw new RangeError(`${name} left it unscored: ${score?.detail}`);
  return { ...score, drawn };
}

/** 1 or 0 of a task whose value is one number. */
export function taskValue(name: string, row: object, text: string, rules: ScoreRules = {}): number {
  const { value } = taskScore(name, row, text, rules);
  if (typeof value !== "number") throw new Error(`${name} has several values`);
  return value;
}

/** The row's values of the task's groups. */
export function taskGroups(name: string, row: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(taskNamed(name).groups ?? {}).flatMap(([group, of]) => {
      const value = of(row as Record<string, unknown>);
      return value === undefined ? [] : [[group, value] as const];
    }),
  );
}

/** One of the task's metrics. */
export function taskMetric(name: string, metric: string): Metric {
  const found = taskNamed(name).metrics.find((one) => one.name === metric);
  if (found === undefined) throw new Error(`${name} has no metric "${metric}"`);
  return found;
}

/** Answers as VQAv2's rows have them. */
export function people(answers: readonly string[]): readonly { readonly answer: string }[] {
  return answers.map((answer) => ({ answer }));
}

/**
 * lmms-eval removes reasoning and outer white space before a task's function sees an answer, and so do we. A vector with either asks
 * that function alone; where it matters, so does the adapter.
 */
export function isChangedBefore(text: string): boolean {
  return readingOf("lmms-eval").visible(text) !== text;
}
