/** CRPE (Wang et al. 2024). Sources: OpenGVLab/all-seeing `all-seeing-v2/llava/eval/eval_crpe.py`; lmms-eval `crpe_relation/utils.py`. */

import { firstCharacters, length, lower, pythonRegex, strip } from "llava-eval";

const option = pythonRegex("\\b([A-Z])\\.\\s+([^\\n]*)", "g");
const marks = pythonRegex("[^\\w\\s]", "g");

/**
 * lmms-eval's filter: without thoughts, tags and punctuation; the letter of the option whose text occurs first, else all that is left
 * ("The answer is B" stays a sentence, and is wrong).
 */
export function crpeFiltered(text: string, question: string): string {
  let rest = text;
  for (const name of ["think", "thought"]) rest = strip(withoutBlocks(rest, `<${name}>`, `</${name}>`));
  const start = rest.indexOf("<answer>");
  const end = rest.indexOf("</answer>", start);
  if (start >= 0 && end >= 0) rest = rest.slice(start + "<answer>".length, end);
  const cleaned = strip(strip(rest).replace(marks, ""));
  const letters = new Map<string, string>();
  for (const [, letter = "", words = ""] of question.matchAll(option)) letters.set(strip(words), letter);
  const found = [...letters.keys()].map((words) => ({ words, at: cleaned.indexOf(words) })).filter(({ at }) => at >= 0);
  const first = found.reduce<(typeof found)[number] | undefined>(
    (best, one) => (best === undefined || one.at < best.at ? one : best),
    undefined,
  );
  return first === undefined ? cleaned : (letters.get(first.words) ?? cleaned);
}

/**
 * VLMEvalKit's: the first character of a reply that begins with A to D, or is one character; else the gold text from its fifth on is in the
 * reply. A gold of one letter has none there, so every other reply is right. An empty reply raises there, and is wrong here.
 */
export function crpeContains(text: string, gold: string): boolean {
  const [first] = characters(text);
  if (first === undefined) return false;
  if (length(text) === 1 || "ABCD".includes(first)) return first === firstCharacters(gold, 1);
  return lower(text).includes(lower(characters(gold).slice(4).join("")));
}

const characters = (text: string): string[] => Array.from(text);

/** Without what stands from an opening mark to the next closing one, both included. */
function withoutBlocks(text: string, open: string, close: string): string {
  let kept = "";
  for (let at = 0; ; ) {
    const start = text.indexOf(open, at);
    const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
    if (end < 0) return kept + text.slice(at);
    kept += text.slice(at, start);
    at = end + close.length;
  }
}
