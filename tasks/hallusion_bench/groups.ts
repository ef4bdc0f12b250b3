/** HallusionBench's group accuracies: per question, per question asked of several figures, per figure. */

/** Which question, about which figure of which set of images. */
export interface HallusionQuestion {
  readonly category: string;
  readonly subcategory: string;
  readonly set: string;
  readonly figure: string;
  readonly question: string;
}

export interface HallusionAnswer extends HallusionQuestion {
  readonly correct: boolean;
}

/** `correct` is undefined for an unscored answer. */
export interface MaybeAnswer extends HallusionQuestion {
  readonly correct: boolean | undefined;
}

export interface GroupCounts {
  readonly total: number;
  /** Every answer of the group is right. */
  readonly right: number;
  /** None is. */
  readonly wrong: number;
  /** Mean over groups of the share that is right; NaN without groups. */
  readonly share: number;
}

const setKey = (a: HallusionQuestion) => [a.category, a.subcategory, a.set].join("_");
const keys = {
  answer: (a: HallusionQuestion) => [setKey(a), a.figure, a.question].join("_"),
  question: (a: HallusionQuestion) => [setKey(a), a.question].join("_"),
  figure: (a: HallusionQuestion) => [setKey(a), a.figure].join("_"),
};

/** Which answers must be right together. */
export type HallusionLevel = keyof typeof keys;

interface Group {
  readonly set: string;
  n: number;
  right: number;
  unscored: number;
}

function groupsOf(answers: readonly MaybeAnswer[], level: HallusionLevel, countMissing: boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const answer of answers) {
    if (level === "figure" && !countMissing && !hasFigure(answer)) continue;
    const name = keys[level](answer);
    const group = groups.get(name) ?? { set: setKey(answer), n: 0, right: 0, unscored: 0 };
    groups.set(name, group);
    group.n++;
    if (answer.correct) group.right++;
    if (answer.correct === undefined) group.unscored++;
  }
  return [...groups.values()];
}

/** Whether all answers of each group are right; groups of one set of images are not independent of each other. */
export function groupOutcomes(
  answers: readonly MaybeAnswer[],
  level: HallusionLevel,
  countMissing = false,
): { readonly cluster: string; readonly outcome: "right" | "wrong" | "open" }[] {
  return groupsOf(answers, level, countMissing).map(({ set, n, right, unscored }) => ({
    cluster: set,
    outcome: n === right ? "right" : n > right + unscored ? "wrong" : "open",
  }));
}

function countGroups(answers: readonly HallusionAnswer[], level: HallusionLevel, countMissing = false): GroupCounts {
  const all = groupsOf(answers, level, countMissing);
  return {
    total: all.length,
    right: all.filter(({ n, right }) => n === right).length,
    wrong: all.filter(({ right }) => right === 0).length,
    share: all.reduce((sum, { n, right }) => sum + right / n, 0) / all.length,
  };
}

/** aAcc: single questions. RangeError when one question stands twice. */
export function byAnswer(answers: readonly HallusionAnswer[]): GroupCounts {
  const counts = countGroups(answers, "answer");
  if (counts.total !== answers.length) throw new RangeError("a question stands twice");
  return counts;
}

/** qAcc: one question over all figures it is asked of. */
export function byQuestion(answers: readonly HallusionAnswer[]): GroupCounts {
  return countGroups(answers, "question");
}

/**
 * fAcc: all questions about one figure; the missing figure of "visual supplement" is none.
 *
 * @param countMissing lmms-eval's rule without a judge counts it like any other
 */
export function byFigure(answers: readonly HallusionAnswer[], countMissing = false): GroupCounts {
  return countGroups(answers, "figure", countMissing);
}

export function hasFigure({ category, figure }: HallusionQuestion): boolean {
  return !(category === "VS" && figure === "0");
}

export interface DiagnosedAnswer extends HallusionAnswer {
  /** "0" no image, "1" the original, "2" an edited one. */
  readonly visualInput: string;
  readonly verdict: "0" | "1" | "2";
}

/** What went wrong in single answers: language hallucination, visual illusion, or either. */
export function failureKinds(answers: readonly DiagnosedAnswer[]): { LH: number; VI: number; Mix: number } {
  const kinds = { LH: 0, VI: 0, Mix: 0 };
  for (const { category, figure, visualInput, verdict } of answers) {
    const blind = category === "VD" ? figure === "0" : visualInput === "0";
    if (verdict === "1") continue;
    if (category === "VD" && blind) kinds.VI++;
    else if (blind) kinds.LH += verdict === "0" ? 1 : 0;
    else kinds[verdict === "0" ? "Mix" : "VI"]++;
  }
  return kinds;
}

/** How far answers lean to yes, from which ones are right. */
export interface YesBias {
  /** Share of yes among the answers minus share among the truths. */
  readonly difference: number;
  /** Share of "should be no" among the wrong answers; NaN without wrong ones. */
  readonly falsePositives: number;
}

/** @param truth whether yes is right */
export function yesBias(answers: readonly { readonly truth: boolean; readonly correct: boolean }[]): YesBias {
  const n = answers.length;
  const saidYes = answers.filter(({ truth, correct }) => truth === correct).length;
  const isYes = answers.filter(({ truth }) => truth).length;
  const wrong = answers.filter(({ correct }) => !correct);
  return {
    difference: saidYes / n - isYes / n,
    falsePositives: wrong.filter(({ truth }) => !truth).length / wrong.length,
  };
}
