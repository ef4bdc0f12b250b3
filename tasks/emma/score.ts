/**
 * EMMA (Hao et al. 2025): the final answer of a reply, and when two answers are equal.
 * Sources: EMMA-Bench/EMMA `evaluation/utils.py`, `evaluate.py`; lmms-eval `emma/utils.py` has them, too.
 */

import { latexValue, lower, parseFloatPython, pythonRegex, roundHalfEven, strip } from "llava-eval";
import { numberOfWords } from "./number-words.js";

const LETTERS = [..."ABCDEFGH"];
const OPEN = "\\boxed{";

/** What stands in the last box that closes. */
function lastBoxed(text: string): string | undefined {
  let last: string | undefined;
  for (let at = text.indexOf(OPEN); at >= 0; ) {
    const start = at + OPEN.length;
    let end = start;
    for (let depth = 0; end < text.length && (depth > 0 || text[end] !== "}"); end++)
      depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    if (end < text.length) last = text.slice(start, end);
    at = text.indexOf(OPEN, end);
  }
  return last;
}

const inText = pythonRegex("\\\\text{(.*?)}", "g");
const cues = ["final answer is", "correct answer is", "answer should be", "answer is", "answer:"];

/** "" where there is none. */
export function emmaAnswer(reply: string): string {
  const text = strip(reply);
  const letter = LETTERS.find(
    (one) => text.toUpperCase() === one || text.startsWith(`${one}:`) || text.startsWith(`${one}.`),
  );
  if (letter !== undefined) return letter;
  if (parseFloatPython(text) !== undefined) return text;
  const boxed = lastBoxed(text);
  if (boxed !== undefined) return strip([...boxed.matchAll(inText)].at(-1)?.[1] ?? boxed);
  const small = lower(text);
  const cue = cues.find((one) => small.includes(one));
  if (cue === undefined) return "";
  // Up to the line's end or a period: of "2.50" the 2.
  return strip(small.slice(small.lastIndexOf(cue) + cue.length)).split(/[\n.]/, 1)[0] ?? "";
}

/** As text, as a number in words, or as values of two decimals; formulas with letters only as text. */
export function emmaEqual(answer: string, target: string): boolean {
  const [said, gold] = [strip(lower(answer)), strip(lower(target))];
  if (said === gold) return true;
  const number = numberOfWords(said);
  if (number !== undefined && String(number) === gold) return true;
  const [x, y] = [latexValue(said), latexValue(gold)];
  return x !== undefined && y !== undefined && roundHalfEven(x, 2) === roundHalfEven(y, 2);
}
