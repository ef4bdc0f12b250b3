/** BLINK (Fu et al. 2024). Source: zeyofu/BLINK_Benchmark `eval/test_benchmark.py` (`analyze_answer`). */

import { PYTHON_SPACE, splitWords, strip, upper } from "llava-eval";

/** The choice `(A)` that an answer is or names once; undefined = a judge has to match it. */
export function blinkChoice(text: string, letters: readonly string[]): string | undefined {
  if (/^[A-E]$/.test(text)) return `(${text})`;
  if (/^\([A-E]\)$/.test(text)) return text;
  const choices = letters.map((letter) => `(${letter})`);
  const named = (part: string): string[] => {
    const words = new Set(splitWords(part));
    return choices.filter((choice) => words.has(choice));
  };
  const anywhere = named(text);
  const atTheEnd = named(text.slice(text.lastIndexOf("\n\n") + 1));
  if (atTheEnd.length === 1) return atTheEnd[0];
  return anywhere.length === 1 ? anywhere[0] : undefined;
}

// Python's IGNORECASE also lets four letters outside ASCII match `[A-Z]`.
const blinkLetter = new RegExp(`^[(${PYTHON_SPACE}]*([A-Za-zİıſK])`);

/** BLINK in lmms-eval: the first letter after brackets and blanks ("the answer" gives `T`); `""` if another sign is first. */
export function leadingLetter(answer: string): string {
  return upper(blinkLetter.exec(strip(answer))?.[1] ?? "");
}
