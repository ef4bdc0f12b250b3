/** "Circular-based Relation Probing Evaluation": four rows in a row ask one question with its options turned. */

import { type Metric, mean, meanOfGroups, type Sample } from "llava-eval";

const passes = 4;

/** Mean over the categories of the share of questions whose four passes are all right: the authors' number. */
export const circularByCategory = (name: string): Metric => overQuestions(meanOfGroups(name, { group: "category" }));

/** Share of the questions whose four passes are all right, whatever their category. */
export const circularOverall = (name: string): Metric => overQuestions(mean(name));

/**
 * Folds questions where `metric` would fold passes. As in the authors' script the passes are the four rows of a category that follow each
 * other in the file; with a rest the value is undefined, as there.
 */
function overQuestions(metric: Metric): Metric {
  return {
    ...metric,
    start(context) {
      const fold = metric.start(context);
      const waiting = new Map<string, Sample[]>();
      return {
        add(sample) {
          const category = sample.groups.category ?? "";
          const question = [...(waiting.get(category) ?? []), sample];
          waiting.set(category, question.length < passes ? question : []);
          if (question.length === passes) fold.add(merged(question));
        },
        finish() {
          const rest = [...waiting].find(([, { length }]) => length > 0);
          if (rest === undefined) return fold.finish();
          return { value: null, n: 0, note: `the rows of ${rest[0] || "no category"} are not in groups of four` };
        },
      };
    },
  };
}

/** One question: wrong if a pass is, else open if a pass has no score. */
function merged(question: readonly Sample[]): Sample {
  const decisive =
    question.find(({ score }) => score.status === "scored" && score.value === 0) ??
    question.find(({ score }) => score.status === "unscored") ??
    (question[0] as Sample);
  return { ...decisive, cluster: decisive.id };
}
