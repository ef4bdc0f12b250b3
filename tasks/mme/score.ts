/** MME (Fu et al. 2023): what an answer says, by the authors' script and by lmms-eval. */

import {
  firstCharacters,
  guessedOr,
  inferChoice,
  lower,
  type Output,
  rightOrWrong,
  type ScoreContext,
  type Scored,
  type Scoring,
  strip,
} from "llava-eval";

/** The reference as it is compared: "yes" or "no" when the row is sound. */
export const yesNoTruth = (answer: string): string => lower(strip(answer)).replaceAll(".", "");

export function mmeAnswerScore(truth: string, output: Output, { scoring, verdicts }: ScoreContext): Scored {
  const gold = yesNoTruth(truth);
  const said =
    scoring === "vlmevalkit"
      ? (inferChoice(output.text, {}, "yes-no") ?? verdicts.at(-1))
      : mmeSaid(output.text, scoring);
  const answer = typeof said === "string" ? said : "other";
  return guessedOr(answer === "other", rightOrWrong(answer === gold, answer, gold));
}

const mmeSaid = (text: string, scoring: Scoring): YesNoOther =>
  scoring === "official" ? mmeAnswer(text) : lmmsMmeAnswer(text);

export type YesNo = "yes" | "no";

export type YesNoOther = YesNo | "other";

/** MME's calculation.py: "yes"/"no", or the first of them within four characters. */
export function mmeAnswer(text: string): YesNoOther {
  return yesNoPrefix(lower(text));
}

/** MME in lmms-eval: as above after strip and without any period; a single letter y or n counts. */
export function lmmsMmeAnswer(text: string): YesNoOther {
  const answer = strip(lower(text)).replaceAll(".", "");
  if (answer === "y") return "yes";
  if (answer === "n") return "no";
  return yesNoPrefix(answer);
}

function yesNoPrefix(answer: string): YesNoOther {
  const prefix = firstCharacters(answer, 4);
  if (prefix.includes("yes")) return "yes";
  return prefix.includes("no") ? "no" : "other";
}
