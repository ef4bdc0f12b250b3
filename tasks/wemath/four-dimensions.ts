/** We-Math's four dimensions: what the steps of a problem and the problem itself say together. Source: as in score.ts. */

import { folded, type Metric, type MetricValue, type Sample, sampleValue } from "llava-eval";

export type Dimension = "mastery" | "rote" | "generalization" | "knowledge";

interface Problem {
  /** How many it has. */
  wanted: number;
  steps: number;
  right: number;
  whole?: boolean;
  open: boolean;
}

/** @param loose  one right step is enough for mastery */
function dimensionOf({ steps, right, whole }: Problem, loose: boolean): Dimension {
  if (whole) return (loose ? right > 0 : right === steps) ? "mastery" : "rote";
  return right === steps ? "generalization" : "knowledge";
}

/** The problems all of whose answers are here and have a score, by what is made of their dimensions. */
function ofProblems(
  name: string,
  loose: boolean,
  value: (share: (one: Dimension) => number) => number | null,
  of?: string,
): Metric {
  return {
    ...(of === undefined ? {} : { of }),
    ...{ name, unit: "fraction", direction: "higher", range: [0, 1], perGroup: false },
    start(context) {
      const problems = new Map<string, Problem>();
      const problemOf = ({ cluster }: Sample): Problem => {
        const problem = problems.get(cluster) ?? { wanted: 0, steps: 0, right: 0, open: false };
        problems.set(cluster, problem);
        return problem;
      };
      const result = (): MetricValue => {
        const dimensions = [...problems.values()].flatMap((problem) =>
          problem.open || problem.whole === undefined || problem.steps < problem.wanted
            ? []
            : [dimensionOf(problem, loose)],
        );
        const n = dimensions.length;
        const share = (wanted: Dimension) => dimensions.filter((one) => one === wanted).length / n;
        return n === 0 ? { value: null, n } : { value: value(share), n };
      };
      return folded(
        {
          scored(sample) {
            const problem = problemOf(sample);
            const right = sampleValue(sample, of) === 1;
            const { whole = false, steps = 0 } = (sample.score.data ?? {}) as { whole?: boolean; steps?: number };
            problem.wanted = steps;
            if (whole) problem.whole = right;
            else {
              problem.steps++;
              if (right) problem.right++;
            }
          },
          unscored(sample) {
            problemOf(sample).open = true;
          },
          value: result,
        },
        context,
      );
    },
  };
}

/** 1 less what is missing: half of what is not generalised, all that is learned by rote or not known. */
export const weMathScore = (name: string, loose: boolean, of?: string): Metric =>
  ofProblems(name, loose, (share) => 1 - share("generalization") / 2 - share("rote") - share("knowledge"), of);

/** The share of problems in a dimension. */
export const dimensionShare = (name: string, dimension: Dimension, loose: boolean): Metric =>
  ofProblems(name, loose, (share) => share(dimension));

/** Of the problems that are solved, those whose steps are not. */
export const roteRate = (name: string, loose: boolean): Metric => ({
  ...ofProblems(name, loose, (share) => {
    const solved = share("mastery") + share("rote");
    return solved === 0 ? null : share("rote") / solved;
  }),
  direction: "lower",
});
