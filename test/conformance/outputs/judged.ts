/** Real judgements: what judges wrote about outputs, and the scores made of it. */

import { Type } from "../../../src/core/schema.js";
import { mean } from "../../../src/metrics/mean.js";
import { mean as average, populationDeviation } from "../../../src/statistics/descriptive.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { relativeScore } from "../../../tasks/llava_bench/relative-score.js";
import { strictScorePair } from "../../../tasks/llava_bench/score-pair.js";
import { correctnessScore } from "../../../tasks/mmvet/score.js";
import type { Benchmark } from "../benchmark-folder.js";
import { foldValue } from "../fold.js";
import { taskScore } from "../task-score.js";

interface Graded {
  readonly judge_output: readonly string[];
  /** As the authors parsed it; 0 where no reply was a score. */
  readonly judge_score?: readonly number[];
}

const mmvet: Benchmark = {
  row: Type.Object({ judge_output: Type.Array(Type.String(), { minItems: 1 }) }),
  evaluate: (rows: readonly Graded[]) => {
    const metric = mean("score");
    const runs = (rows[0]?.judge_output ?? []).map((_, run) => {
      const scores = rows.map(({ judge_output, judge_score }) => {
        const verdict = correctnessScore(judge_output[run] ?? "") ?? judge_score?.[run] ?? 0;
        const { value } = taskScore("mmvet", { answer: "", capability: "rec" }, "", { verdicts: [verdict] });
        return (value as { score: number }).score;
      });
      return (
        (foldValue(
          metric,
          scores.map((value) => ({ value })),
        ) ?? Number.NaN) * 100
      );
    });
    return {
      metrics: {
        total: roundHalfEven(average(runs), 1),
        total_unrounded: average(runs),
        std: roundHalfEven(populationDeviation(runs), 1),
        runs: runs.map((run) => roundHalfEven(run, 1)),
        runs_unrounded: runs,
      },
    };
  },
};

interface Reviewed {
  readonly category: string;
  readonly judge_output: string;
}

const llavaBench: Benchmark = {
  row: Type.Object({ category: Type.String(), judge_output: Type.String() }),
  evaluate: (rows: readonly Reviewed[]) => {
    const metric = relativeScore("relative");
    const summary = (of: readonly Reviewed[]) => {
      const pairs = of.map(({ judge_output }) => strictScorePair(judge_output) ?? ([-1, -1] as const));
      const tenfold = (side: 0 | 1) =>
        roundHalfEven(roundHalfEven(average(pairs.map((pair) => pair[side])), 3) * 10, 1);
      const values = pairs.map((pair) => taskScore("llava_in_the_wild", {}, "", { verdicts: [pair] }));
      return { relative: foldValue(metric, values), reference: tenfold(0), model: tenfold(1) };
    };
    const categories = [...new Set(rows.map(({ category }) => category))];
    const each = categories.map((name) => [name, summary(rows.filter(({ category }) => category === name))] as const);
    return { metrics: { all: summary(rows), ...Object.fromEntries(each) } };
  },
};

export const judgedBenchmarks: Readonly<Record<string, Benchmark>> = { mmvet, llava_bench: llavaBench };
