/** The few forms that sample scores have. */

import type { ScoreContext, Scored, Unscored } from "../core/score.js";

/** 1 or 0. */
export function rightOrWrong(correct: boolean, answer: string, targets: string | readonly string[]): Scored {
  return { status: "scored", value: correct ? 1 : 0, answer, targets: [targets].flat() };
}

/**
 * Right or wrong by option letter. Where the reference draws a letter because it finds none, one is drawn for the row from
 * the seed, and the sample is counted as `unparsable`.
 */
export function byLetter(
  letter: string | undefined,
  gold: string | readonly string[],
  letters: readonly string[],
  context: ScoreContext,
): Scored {
  if (letter !== undefined) return rightOrWrong([gold].flat().includes(letter), letter, gold);
  if (letters.length === 0) return unparsable(gold);
  const drawn = context.draw(letters);
  return guessedOr(true, rightOrWrong([gold].flat().includes(drawn), drawn, gold));
}

/** The score as it is, or counted as `unparsable`: its answer was drawn, or found by a rule of last resort. */
export function guessedOr(guessed: boolean, score: Scored): Scored {
  return guessed ? { ...score, remark: "unparsable" } : score;
}

/** Wrong, because no answer could be read: for rules that do not guess. */
function unparsable(targets: string | readonly string[]): Scored {
  return { ...rightOrWrong(false, "", targets), remark: "unparsable" };
}

/** The score needs a verdict and no judge was asked. */
export const notJudged: Unscored = {
  status: "unscored",
  reason: "judge",
  detail: "this answer needs a judge and none was asked: name one with --judge",
};

/** Right or wrong by a letter that was found; without one the answer is wrong and counted as `unparsable`. */
export function chosen(letter: string | undefined, gold: string | readonly string[]): Scored {
  return letter === undefined || letter === ""
    ? unparsable(gold)
    : rightOrWrong([gold].flat().includes(letter), letter, gold);
}
