/** A video benchmark's own `score` on a raw text. */

import type { Json } from "../../../src/core/json.js";
import type { Output } from "../../../src/core/runner.js";
import type { Score, ScoreContext, Scored, Scoring } from "../../../src/core/score.js";
import { isChangedBefore, taskScore } from "../task-score.js";

type Scores<Row> = (row: Row, output: Output, context: ScoreContext) => Score;

export interface Rules {
  /** Default: official. */
  readonly scoring?: Scoring;
  readonly verdicts?: readonly Json[];
}

export interface Asked extends Scored {
  /** A choice was drawn where the reference draws one. */
  readonly drawn: boolean;
}

/**
 * Through the task, as a run asks it. lmms-eval takes white space and thoughts off before a task sees an answer; a vector with either is
 * for the function alone.
 * @throws RangeError when the sample is left unscored
 */
export function asked<Row extends object>(
  [name, score]: readonly [task: string, score: Scores<Row>],
  row: Row,
  text: string,
  rules: Rules = {},
): Asked {
  const { scoring = "official", verdicts = [] } = rules;
  if (scoring !== "lmms-eval" || !isChangedBefore(text)) return taskScore(name, row, text, rules);
  const output: Output = {
    ...{ text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] },
  };
  let drawn = false;
  const draw = <T>(from: readonly T[]): T => {
    drawn = true;
    return from[0] as T;
  };
  const said = score(row, output, { scoring, verdicts, turns: [output], draw });
  if (said.status !== "scored") throw new RangeError(`left unscored: ${said.detail}`);
  return { ...said, drawn };
}

/** The value of a benchmark whose score is one number, or has the name `accuracy`. */
export function scoreOf({ value }: Scored): number {
  return typeof value === "number" ? value : (value.accuracy ?? Number.NaN);
}
