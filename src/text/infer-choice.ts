/**
 * How MMBench (Liu et al. 2023) and what came after match an answer to an option before they ask a judge: `can_infer` of VLMEvalKit's
 * `matching_util.py`, of an older one that lmms-eval's HR-Bench keeps, and of lmms-eval's `mmbench_evals.py`, which has diverged.
 */

import { easiChoice } from "./easi-choice.js";
import { isPrefixRule, type PrefixRule, prefixedLetter } from "./prefixed-letter.js";
import { removePunctuation } from "./punctuation.js";
import { length, lower, splitWords, strip } from "./python-strings.js";

export type Choices = Readonly<Record<string, string>>;
/** `yes-no` is VLMEvalKit's for those words, `easi` its for its spatial benchmarks, which looks for letters alone, as those of video benchmarks do; `verdict` reads a judge's reply. */
type Rule = "mmbench" | "hrbench" | "vlmevalkit" | "easi" | "verdict" | "yes-no" | PrefixRule;

/** The letter, else the option's text; `undefined` = not decided ("ask the judge"), `"Z"` = the model refused. */
export function inferChoice(answer: string, choices: Choices, rule: Rule): string | undefined {
  if (isPrefixRule(rule)) return prefixedLetter(answer, rule);
  switch (rule) {
    case "mmbench":
      return inferOption(answer) ?? inferText(answer, choices);
    case "hrbench":
      return inferOlderOption(answer, choices) ?? inferText(answer, choices);
    case "easi":
      return easiChoice(answer);
    case "yes-no":
      return inferYesOrNo(answer);
    case "verdict":
      return verdictOption(answer, choices);
    case "vlmevalkit":
      return inferOptionVlmEvalKit(answer, choices) ?? inferTextVlmEvalKit(answer, choices);
  }
}

/** VLMEvalKit's `YOrN_Extraction`: which of the two words stands in the answer, if one alone does. */
function inferYesOrNo(answer: string): "yes" | "no" | undefined {
  const words = new Set(splitWords(removePunctuation(lower(answer), "VLMEvalKit")));
  if (words.has("yes") === words.has("no")) return undefined;
  return words.has("yes") ? "yes" : "no";
}

/** "The answer is", "Answer:", "I think it is". */
const preamble =
  /^(?:(?:i (?:think|believe) )?(?:it|this|that) is |(?:the )?(?:correct |best |matching )?(?:answer|option|choice|output) ?(?:is|:)? ?:? ?)(?:option )?/i;
/** What stands around a verdict beside an option's text. */
const mostWords = 64;

/**
 * A judge's verdict in the form that it was asked for: a letter, alone or with its option's text ("B", "(B)", "**B. red**", "The answer is
 * B."), or an option's text alone, in the first line. Prose in which a letter or an option's text stands is none: it may be an outage ("A
 * timeout occurred"; "red" in "0 credits left"). Z, and E where it is no option, mean that none fits.
 */
function verdictOption(reply: string, choices: Choices): string | undefined {
  const [first = ""] = strip(reply).split("\n", 1);
  const longest = Math.max(0, ...Object.values(choices).map((option) => option.length));
  if (first.length > longest + mostWords) return undefined;
  const bare = (text: string) => lower(text.replace(/^[\s"'`*([]+/, "").replace(/[\s"'`*)\].]+$/, ""));
  const line = first
    .replace(/\s+/g, " ")
    .replace(/^[*"'`]+/, "")
    .replace(preamble, "");
  const [, letter = "", rest = ""] = /^["'`*([]*([A-Z])(?![\p{L}\p{N}])["'`*)\].:,]*(.*)$/u.exec(line) ?? [];
  const option = choices[letter];
  const isLetter = option !== undefined || letter === "Z" || letter === "E";
  if (isLetter && (bare(rest) === "" || bare(rest) === bare(option ?? ""))) return letter;
  const named = Object.keys(choices).filter((one) => bare(choices[one] ?? "") === bare(line));
  // In a sentence no other option's text may stand, as in the references' rule: "3" stands in "I think it is 13".
  return named.length === 1 && (line === first || inferText(first, choices) === named[0]) ? named[0] : undefined;
}

/** What VLMEvalKit writes for an answer that never came. */
const apiFailure = "Failed to obtain answer via API";

const refusals = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  "Cannot determine the answer",
];

/** The only option whose text occurs in the answer, ignoring case. */
export function inferText(answer: string, choices: Choices): string | undefined {
  const text = lower(answer);
  const found = Object.keys(choices).filter((letter) => text.includes(lower(choices[letter] ?? "")));
  return found.length === 1 ? found[0] : undefined;
}

const surroundings: readonly (readonly [string, string])[] = [
  ["", "."],
  ["", ","],
  ["", ":"],
  ["", ")"],
  ["", ")."],
  ["(", ")"],
  ["(", ")."],
  [":", ""],
  [":", ","],
  [":", "."],
  [":", ")"],
  [":", ")."],
];

/** MMBench's: a letter that stands alone (A to E are tried, however many options there are). */
export function inferOption(answer: string): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  const words = splitWords(answer);
  const present = new Set(words);
  const only = (prefix: string, suffix: string): string | undefined => {
    const found = [..."ABCDE"].filter((letter) => present.has(prefix + letter + suffix));
    return found.length === 1 ? found[0] : undefined;
  };
  const alone = only("", "");
  // "A cat sits there": with more than three words a lone A may be the article.
  if (alone !== undefined && !(alone === "A" && words.length > 3)) return alone;
  for (const [prefix, suffix] of surroundings) {
    const letter = only(prefix, suffix);
    if (letter !== undefined) return letter;
  }
  return undefined;
}

/** Words without their marks, and the options' letters among them. */
function lettersIn(answer: string, choices: Choices): { readonly words: string[]; readonly found: string[] } {
  const words = splitWords(answer.replace(/[.()[\],:;!*#{}]/g, " "));
  return { words, found: Object.keys(choices).filter((letter) => words.includes(letter)) };
}

/** HR-Bench's: the only option's letter, wherever it stands. */
function inferOlderOption(answer: string, choices: Choices): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  if (refusals.some((refusal) => answer.includes(refusal))) return "Z";
  const { words, found } = lettersIn(answer, choices);
  if (found.length === 0) return words.includes("Z") ? "Z" : undefined;
  return found.length === 1 ? found[0] : undefined;
}

// The reference's pattern has two optional repetitions of `*`; bounded white space keeps it linear, as `\s+` is
// anchored by the words around it.
const verboseAnswer = /answer\s+is\s+\**([ABCD])/iu;

/** VLMEvalKit's: the only option's letter among the last five words, else what follows "answer is". */
export function inferOptionVlmEvalKit(answer: string, choices: Choices): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  if (refusals.some((refusal) => answer.includes(refusal))) return "Z";
  const { words, found } = lettersIn(answer, choices);
  if (found.length === 1) {
    const letter = found[0] as string;
    if (words.indexOf(letter) > words.length - 5) return letter;
  } else if (found.length === 0 && words.includes("Z")) return "Z";
  const named = verboseAnswer.exec(answer)?.[1]?.toUpperCase();
  return named !== undefined && named in choices ? named : undefined;
}

/** VLMEvalKit's rule for the text: an answer longer than twice all options together is not searched. */
export function inferTextVlmEvalKit(answer: string, choices: Choices): string | undefined {
  const size = Object.values(choices).reduce((sum, option) => sum + length(option), 0);
  return length(lower(answer)) > 2 * size ? undefined : inferText(answer, choices);
}
