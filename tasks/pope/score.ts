/** POPE (Li et al. 2023): what an answer says, by the authors' script and by lmms-eval. */

import {
  guessedOr,
  inferChoice,
  lower,
  type Output,
  rightOrWrong,
  type ScoreContext,
  type Scored,
  strip,
} from "llava-eval";

/** The reference as it is compared: "yes" or "no" when the row is sound. */
export const yesNoTruth = (answer: string): string => lower(strip(answer)).replaceAll(".", "");

/**
 * POPE's evaluate.py (the same code in LLaVA): the first sentence says no if one of its words is "No", "no" or "not";
 * everything else is a yes, an empty text too.
 */
export function popeAnswer(text: string): "yes" | "no" {
  const point = text.indexOf(".");
  const sentence = (point < 0 ? text : text.slice(0, point)).replaceAll(",", "");
  const words = sentence.split(" ");
  return words.includes("No") || words.includes("not") || words.includes("no") ? "no" : "yes";
}

/** One of the words "yes" and "no" stands in the text, in any case. */
export function saysYesOrNo(text: string): boolean {
  return /(?<![\p{L}\p{N}])(?:yes|no)(?![\p{L}\p{N}])/iu.test(text);
}

/** POPE in lmms-eval: the whole text must be "yes" or "no" but for case and outer space; otherwise it is no answer. */
export function lmmsPopeAnswer(text: string): string {
  return lower(strip(text));
}

/** Where the official rule takes any text for a yes, one that says neither yes nor no is counted as `unparsable`. */
export function popeScore(truth: string, output: Output, { scoring, verdicts }: ScoreContext): Scored {
  const gold = yesNoTruth(truth);
  const text = output.text;
  if (scoring === "vlmevalkit") {
    const found = inferChoice(text, {}, "yes-no") ?? verdicts.at(-1);
    const said = typeof found === "string" ? found : "unknown";
    return guessedOr(said === "unknown", { ...rightOrWrong(said === gold, said, gold), data: { said, truth: gold } });
  }
  const said = scoring === "official" ? popeAnswer(text) : lmmsPopeAnswer(text);
  const isAnswer = scoring === "official" ? said === "no" || saysYesOrNo(text) : said === "yes" || said === "no";
  return guessedOr(!isAnswer, { ...rightOrWrong(said === gold, said, gold), data: { said, truth: gold } });
}
