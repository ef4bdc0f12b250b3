/** V*Bench in lmms-eval: the letter of an answer, and the options of a question. */

import { pythonRegex, strip, upper } from "llava-eval";

const vstarPatterns = [
  /^([A-D])/u,
  pythonRegex("(?:ANSWER|CHOICE|OPTION)(?:\\s+IS)?[\\s:]+([A-D])"),
  /\(([A-D])\)/u,
  pythonRegex("([A-D])\\s*[.)\\]]"),
  pythonRegex("(?:^|\\s)([A-D])(?:\\s|$)"),
];

/** V*Bench in lmms-eval, on the upper-cased answer: any word that starts with A to D at the front counts (`Blue` is B). */
export function vstarLetter(answer: string): string | undefined {
  const text = upper(strip(answer));
  for (const pattern of vstarPatterns) {
    const letter = pattern.exec(text)?.[1];
    if (letter !== undefined) return letter;
  }
  const letters = text.match(/[A-D]/g) ?? [];
  return letters.length === 1 ? letters[0] : undefined;
}

/** V*Bench's question without its options `(A) …`, and the first four of those; a text without options is the question. */
export function vstarQuestion(text: string): { readonly question: string; readonly options: readonly string[] } {
  const marks = [...text.matchAll(/\([A-D]\)/g)];
  const options = marks.flatMap((mark, i) => {
    const rest = text.slice(mark.index + mark[0].length, marks[i + 1]?.index);
    // The reference's pattern wants one character at least, a blank is enough, and lets no other bracket stand in an option.
    return rest === "" || /[()]/.test(rest) ? [] : [strip(rest)];
  });
  if (options.length === 0) return { question: text, options };
  return {
    question: strip(text.slice(0, text.indexOf("(A)") < 0 ? undefined : text.indexOf("(A)"))),
    options: options.slice(0, 4),
  };
}
