/** Answers after reasoning aloud, scored as lmms-eval's `*_reasoning` tasks do: accuracy, and a reward for the form. */

import type { Score } from "../core/score.js";
import { letterInWords } from "../text/letter-in-words.js";
import { length, strip } from "../text/python-strings.js";
import { formatScore, reasonedAnswer } from "../text/reasoned-answer.js";
import { hasText } from "../text/references.js";
import { sameVerifiedValue, verifiedValues } from "../text/verified-value.js";

/** By letter where the reference holds one, else if one holds nine tenths of the other. */
export function equalAnswers(said: string, gold: string): boolean {
  const letter = letterInWords(gold);
  if (letter !== undefined) return letterInWords(said) === letter;
  const holds = (whole: string, part: string) => whole.includes(part) && length(part) >= 0.9 * length(whole);
  return holds(gold, said) || holds(said, gold) || strip(said) === strip(gold);
}

const withoutPeriod = (text: string): string => strip(text.endsWith(".") ? text.slice(0, -1) : text);

/** A gold of periods alone would be equal to an empty reply. */
export const hasGold = (reference: string): boolean => hasText(withoutPeriod(reference));

export function reasonedScores(text: string, reference: string) {
  const answer = withoutPeriod(strip(reasonedAnswer(text)));
  const gold = withoutPeriod(reference);
  const accuracy = equalAnswers(answer, gold) || sameVerifiedValue(gold, answer) ? 1 : 0;
  return { accuracy, format: formatScore(text), answer, gold };
}

/** Formulas that have no value here: the solver that lmms-eval asks may see them equal. */
const isUndecided = (said: string, gold: string): boolean =>
  [said, gold].some((text) => /[\\{}=]/.test(text) && verifiedValues(text).length === 0);

export function reasonedScore(text: string, reference: string): Score {
  const { accuracy, format, answer, gold } = reasonedScores(strip(text), reference);
  const score = {
    status: "scored",
    value: { acc_score: accuracy, format_score: format },
    answer,
    targets: [reference],
  } as const;
  return answer === "" || (accuracy === 0 && isUndecided(answer, gold)) ? { ...score, remark: "unparsable" } : score;
}
