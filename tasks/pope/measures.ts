/** POPE's five measures of yes/no answers, from counts over samples. */

/** How often each pair of answer and truth occurs. */
export interface YesNoCounts {
  /** Said yes, is yes. */
  tp: number;
  /** Said yes, is no. */
  fp: number;
  /** Said no, is no. */
  tn: number;
  /** Said no, is yes. */
  fn: number;
  /** Said neither, is yes / is no (lmms-eval's strict parser only). */
  otherYes: number;
  otherNo: number;
}

export const noYesNoCounts = (): YesNoCounts => ({ tp: 0, fp: 0, tn: 0, fn: 0, otherYes: 0, otherNo: 0 });

/** @param predicted "yes", "no" or anything else */
export function countYesNo(counts: YesNoCounts, predicted: string, truth: string): void {
  const isYes = truth === "yes";
  if (predicted === "yes") counts[isYes ? "tp" : "fp"]++;
  else if (predicted === "no") counts[isYes ? "fn" : "tn"]++;
  else counts[isYes ? "otherYes" : "otherNo"]++;
}

export interface YesNoMeasures {
  /** NaN without samples; so are the others where their denominator is 0. */
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Share of yes among the answers. */
  readonly yesRatio: number;
  /** Share of yes among the truths: what lmms-eval reports as the yes ratio. */
  readonly truthYesRatio: number;
}

/** Answers that are neither count as wrong, and in no other measure. */
export function yesNoMeasures(counts: YesNoCounts): YesNoMeasures {
  const { tp, fp, tn, fn, otherYes, otherNo } = counts;
  const n = tp + fp + tn + fn + otherYes + otherNo;
  const precision = tp / (tp + fp);
  const recall = tp / (tp + fn);
  return {
    accuracy: (tp + tn) / n,
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall),
    yesRatio: (tp + fp) / n,
    truthYesRatio: (tp + fn + otherYes) / n,
  };
}
