/** MMStar (Chen et al. 2024). Sources: MMStar-Benchmark/MMStar `eval/vlmeval/evaluate/mmstar.py`; lmms-eval `mmstar/utils.py`. */

import type { Scoring } from "../core/score.js";
import { mmstarLetters } from "../text/leading-letter.js";
import { optionLetters } from "../text/mmmu-choice.js";
import { lower, strip, upper } from "../text/python-strings.js";
import { robustChoice } from "../text/robust-choice.js";

/** The authors look at the first characters; lmms-eval looks for a letter anywhere. */
export function mmstarCorrect(text: string, answer: string, scoring: Scoring): boolean {
  if (scoring === "lmms-eval") return robustChoice(text, optionLetters(4)) === upper(strip(answer));
  return mmstarLetters(text).includes(lower(strip(answer)).replaceAll("\n", " "));
}
