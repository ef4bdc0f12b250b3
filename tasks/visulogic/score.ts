/** VisuLogic (Xu et al. 2025). Sources: VisuLogic-Benchmark/VisuLogic-Eval `evaluation/eval_model.py`; lmms-eval `visulogic/utils.py`. */

import { firstCharacters, length, lower, pythonRegex, strip, upper } from "llava-eval";

const letters = ["A", "B", "C", "D"];
const isLetter = (text: string): boolean => letters.includes(text);

/**
 * The letter that the authors' rules find; `undefined` = their judge is asked. A bare "B" is in a box for them.
 * @param options.unboxed VLMEvalKit takes a text without a box for one: "B" with blanks around it is a letter there
 */
export function visuLogicLetter(text: string, { unboxed }: { unboxed?: "text" } = {}): string | undefined {
  const boxed = strip(boxedContent(text) ?? (unboxed === "text" ? text : "N"));
  return isLetter(boxed) ? boxed : spokenLetter(text);
}

/** What stands in the last outer `\boxed{}` without LaTeX marks; the whole text if that is no letter by its length or words. */
function boxedContent(text: string): string | undefined {
  if (length(text) < 3) return text;
  const open: number[] = [];
  let content: string | undefined;
  for (const match of text.matchAll(/\\boxed\{|[^\\]\}/gu)) {
    if (match[0].endsWith("\\boxed{")) open.push(match.index + match[0].length);
    else {
      const start = open.pop();
      if (start !== undefined && open.length === 0) content = text.slice(start, match.index + match[0].length - 1);
    }
  }
  if (content === undefined || content === "") return content;
  for (const mark of ["\\text{", "\\rm{", "\\mathbf{", "$", "}"]) content = content.replaceAll(mark, "");
  return lower(content).includes("letter") || content.includes("or") || length(content) > 2 ? text : content;
}

/** Each cuts the text further: the order matters. */
const phrases = [
  ...["answer:", "the final answer is:", "the answer is option:", "the answer is:", "the correct answer is option:"],
  ...[
    "the correct answer is:",
    "the answer should be:",
    "the final answer is",
    "the answer is option",
    "the answer is",
  ],
  ...["the correct answer is option", "the correct answer is", "the answer should be"],
];

function spokenLetter(text: string): string | undefined {
  const said = text.replaceAll("<|endoftext|>", "");
  for (const letter of letters) {
    if (said.endsWith(` ${letter}.`) || said.endsWith(` (${letter}).`)) return letter;
    if ([`${letter}\n`, `(${letter})\n`, `(${letter}) ${letter}\n`].some((start) => said.startsWith(start)))
      return letter;
  }
  let rest = lower(said);
  for (const phrase of phrases) {
    const at = rest.lastIndexOf(phrase);
    if (at < 0) continue;
    rest =
      strip(rest.slice(at + phrase.length))
        .split("\n")[0]
        ?.split(".")[0] ?? "";
    if (isLetter(upper(rest))) return upper(rest);
  }
  return isLetter(said) ? said : undefined;
}

const forms = [
  "<answer>\\s*\\(?([A-D])\\)?\\s*</answer>",
  "\\\\boxed\\{\\s*([A-D])\\s*\\}",
  "answer\\s*(?:is|:|-)\\s*\\(?([A-D])\\)?\\b",
  "option\\s*([A-D])\\b",
  "\\(([A-D])\\)",
].map((source) => pythonRegex(source, "gi"));

/** lmms-eval's: the last match of the first form that occurs, else the first letter of at most three characters; `""` without any. */
export function lmmsVisuLogicLetter(text: string): string {
  const answer = strip(text);
  for (const form of forms) {
    const letter = [...answer.matchAll(form)].at(-1)?.[1];
    if (letter !== undefined) return upper(letter);
  }
  const first = firstCharacters(upper(answer), 1);
  return length(answer) <= 3 && isLetter(first) ? first : "";
}
