/**
 * Rules that read the option letter at the front of an answer. Each benchmark has its own and they disagree on nearly
 * everything but "A" and "A."; the sentences say what each does with the rest.
 */

import { firstCharacters, lower, PYTHON_SPACE, strip, upper } from "./python-strings.js";

const letterPeriod = new RegExp(`^[${PYTHON_SPACE}]*([A-Z])\\.`);

/** AI2D, MuirBench in lmms-eval: a leading `X.` becomes `X`; everything else stays as it is. */
export function letterBeforePeriod(answer: string): string {
  return letterPeriod.exec(answer)?.[1] ?? answer;
}

/** SEED-Bench in lmms-eval: the first character, whatever it is ("The answer is A" gives `T`). */
export function firstCharacter(answer: string): string {
  return firstCharacters(strip(answer), 1);
}

// Python's IGNORECASE also lets four letters outside ASCII match `[A-Z]`.
const blinkLetter = new RegExp(`^[(${PYTHON_SPACE}]*([A-Za-zİıſK])`);

/** BLINK in lmms-eval: the first letter after brackets and blanks ("the answer" gives `T`); `""` if another sign is first. */
export function leadingLetter(answer: string): string {
  return upper(blinkLetter.exec(strip(answer))?.[1] ?? "");
}

/** MMStar's own script: the first character, or the one after `(`, `option ` or `the answer is `; lower case. */
export function mmstarLetters(answer: string): readonly string[] {
  const text = lower(strip(answer)).replaceAll("\n", " ");
  if (text === "") return [];
  const letters = [firstCharacters(text, 1)];
  for (const start of ["(", "option ", "the answer is "])
    if (text.startsWith(start)) letters.push(firstCharacters(text.slice(start.length), 1));
  return letters;
}

const space = `[${PYTHON_SPACE}]`;
const vstarPatterns = [
  /^([A-D])/u,
  new RegExp(`(?:ANSWER|CHOICE|OPTION)(?:${space}+IS)?[${PYTHON_SPACE}:]+([A-D])`, "u"),
  /\(([A-D])\)/u,
  new RegExp(`([A-D])${space}*[.)\\]]`, "u"),
  new RegExp(`(?:^|${space})([A-D])(?:${space}|$)`, "u"),
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
    // The reference's pattern lets no other bracket stand in an option, and then finds none.
    const option = strip(rest);
    return option === "" || /[()]/.test(rest) ? [] : [option];
  });
  if (options.length === 0) return { question: text, options };
  return {
    question: strip(text.slice(0, text.indexOf("(A)") < 0 ? undefined : text.indexOf("(A)"))),
    options: options.slice(0, 4),
  };
}
