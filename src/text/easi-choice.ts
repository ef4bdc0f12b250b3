/** VLMEvalKit's matcher of its spatial benchmarks (EASI): `utils/spatial_bench/matching_func.py`, `can_match_option`. */

import { pythonRegex } from "./python-regex.js";
import { characters, splitLines, strip, upper } from "./python-strings.js";

const invisible = /\u200b|\u200c|\u200d|\ufeff/g;
const lastLines = 6;
const lastCharacters = 800;

const opening = pythonRegex("<\\s*answer\\b", "gi");
const closing = pythonRegex("<\\s*/\\s*answer\\s*>", "gi");
const firstInTag = pythonRegex("\\s*([A-J])", "iy");

const thoughtEnd = pythonRegex("</\\s*think\\s*>", "gi");
const thoughtStart = pythonRegex("<\\s*think\\s*>", "gi");

/** "Option A: ..." lists what there is; it answers nothing. */
const listedOption = pythonRegex("^[*_>\\-\\s]*(?:option|选项)\\s+[A-J]\\s*[:：]", "i");
const wholeLine = pythonRegex("^\\s*[*_`>（）\\[\\]【】\\(\\)]*\\s*([A-Fa-f])\\s*[*_`（）\\[\\]【】\\(\\)]*\\s*$");
const lineStart = pythonRegex("^\\s*([A-F])\\s*[\\.．:：\\)\\]】、-]\\s+", "i");
const inLine = pythonRegex(
  "(?<![A-Za-z])([A-F])(?=\\s*[*_`）\\]\\})]*(?:$|[\\s\\.,:;!?\\)\\]》」』，。；、：）】]))",
  "g",
);

const phrases =
  "final\\s*answer|the\\s*answer\\s*is|answer(?:\\s*is)?|correct\\s*answer|答案|最终答案|结论|所以|因此|我选(?:择)?|选择|选";

/**
 * The letter, by the first of these that has one: what `<answer>` begins with; what stands before a closing tag near the end; the last
 * lines, from the bottom, behind the thoughts and then anywhere; the first phrase such as "the answer is"; the only capital that stands
 * alone anywhere. `undefined` = wrong there.
 * @param letters which count; A to F
 */
export function easiChoice(answer: string, letters = "ABCDEF"): string | undefined {
  const text = strip(answer).replace(invisible, "");
  const tail = characters(text).slice(-lastCharacters).join("");
  return (
    taggedLetter(text) ??
    letterBefore("answer", tail, letters) ??
    letterBefore("think", tail, letters) ??
    fromLines(strip(behindThoughts(text))) ??
    fromLines(tail) ??
    afterPhrase(text, letters) ??
    onlyCapital(text, letters)
  );
}

/** Linear, unlike one pattern with the closing tag at its end: whichever tag closes last closes all before it. */
function taggedLetter(text: string): string | undefined {
  const end = [...text.matchAll(closing)].at(-1)?.index ?? -1;
  let bracket = -1;
  for (const { index, 0: tag } of end < 0 ? [] : text.matchAll(opening)) {
    if (bracket < index + tag.length) bracket = text.indexOf(">", index + tag.length);
    firstInTag.lastIndex = bracket + 1;
    const letter = bracket < 0 ? undefined : firstInTag.exec(text);
    if (letter && firstInTag.lastIndex <= end) return upper(letter[1] as string);
  }
  return undefined;
}

function letterBefore(tag: string, tail: string, letters: string): string | undefined {
  const pattern = `(?<![A-Za-z])[\\(\\[\\{（【]?\\s*([${letters}])\\s*[\\)\\]\\}）】]?\\s*</\\s*${tag}\\s*>`;
  const letter = pythonRegex(pattern, "i").exec(tail)?.[1];
  return letter && upper(letter);
}

function behindThoughts(text: string): string {
  for (const mark of [thoughtEnd, thoughtStart]) {
    const last = [...text.matchAll(mark)].at(-1);
    if (last !== undefined) return text.slice(last.index + last[0].length);
  }
  return text;
}

function fromLines(text: string): string | undefined {
  const lines = splitLines(text)
    .slice(-lastLines)
    .map((line) => strip(line));
  for (const line of lines.reverse()) {
    if (line === "" || listedOption.test(line)) continue;
    const letter = wholeLine.exec(line)?.[1] ?? lineStart.exec(line)?.[1];
    if (letter !== undefined) return upper(letter);
    const alone = new Set([...line.matchAll(inLine)].map(([, one]) => one as string));
    if (alone.size === 1) return [...alone][0];
  }
  return undefined;
}

function afterPhrase(text: string, letters: string): string | undefined {
  const before = `(?:${phrases})\\s*(?:[:：>＝=]\\s*)?(?:[\\(\\[\\{（【]\\s*)?`;
  const letter = pythonRegex(`${before}([${letters}])\\s*[\\)\\]\\}）】]?(?:\\b|[.)、。])`, "i").exec(text)?.[1];
  return letter && upper(letter);
}

function onlyCapital(text: string, letters: string): string | undefined {
  const lines = splitLines(text).filter((line) => !listedOption.test(line));
  const alone = new Set(lines.join("\n").match(new RegExp(`(?<![A-Za-z])[${letters}](?![A-Za-z])`, "g")));
  return alone.size === 1 ? [...alone][0] : undefined;
}
