/**
 * MLVU (Zhou et al. 2024), multiple choice. Sources: JUNJIE99/MLVU `evaluation/choice_bench.py`; lmms-eval `mlvu/utils.py`; VLMEvalKit
 * `utils/mlvu.py`, whose judge for the rest we do not ask.
 */

import {
  chosen,
  guessedOr,
  meanOfGroups,
  type Output,
  optionLetters,
  robustChoice,
  type ScoreContext,
  type Scored,
} from "llava-eval";

/**
 * The character before the first ")", or the whole answer: the authors' prompt ends in "Best Option: (", so "A) text" continues it. "A."
 * is no letter there.
 */
export function letterBeforeBracket(text: string): string {
  const end = text.indexOf(")");
  return end < 0 ? text : text.slice(Math.max(0, end - 1), end);
}

export function mlvuScore({ answer }: { readonly answer: string }, { text }: Output, context: ScoreContext): Scored {
  if (context.scoring === "lmms-eval") {
    const { letter, guessed } = robustChoice(text, optionLetters(4));
    return guessedOr(guessed, chosen(letter, answer));
  }
  return chosen(letterBeforeBracket(text), answer);
}

const shares = (types: readonly string[]) => Object.fromEntries(types.map((type) => [type, 1 / types.length]));

/** M-Avg: the mean over task types. A type without a sample makes it undefined; lmms-eval takes 0 for it. */
const average = (types: readonly string[]) =>
  meanOfGroups("m_avg", {
    ...{ group: "task_type", weights: shares(types), perGroup: false },
    missing: (_, scoring) => (scoring === "lmms-eval" ? "zero" : "undefined"),
  });

export const devTypes = ["anomaly_reco", "count", "ego", "needle", "order", "plotQA", "topic_reasoning"] as const;
export const testTypes = [
  ...["anomaly_reco", "count", "ego", "needleQA", "order", "plotQA", "sportsQA", "topic_reasoning", "tutorialQA"],
] as const;

export const devAverage = average(devTypes);
export const testAverage = average(testTypes);
