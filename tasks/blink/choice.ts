/** BLINK (Fu et al. 2024). Sources: zeyofu/BLINK_Benchmark `eval/test_benchmark.py` (`analyze_answer`), lmms-eval `blink/utils.py`. */

import { length, pythonRegex, splitWords, strip } from "llava-eval";

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

/**
 * lmms-eval's letter since 0.7.3: a short first line that is one, else the last that is said to be the answer, else the last in brackets, else
 * the one at the front. Only letters of the row's options count; undefined without one.
 */
export function blinkLetter(answer: string, letters: readonly string[]): string | undefined {
  const text = strip(answer);
  const one = `([${letters.join("")}])`;
  const firstLine = strip(text.split("\n", 1)[0] ?? "");
  const alone = length(firstLine) <= 4 ? pythonRegex(`^\\(?${one}\\)?[.\\s:,)]*$`, "i").exec(firstLine) : null;
  const last = (pattern: string, flags: string) => [...text.matchAll(pythonRegex(pattern, flags))].at(-1);
  const found =
    alone ??
    last(`answers?(?:\\s+is)?\\s*(?:[:-]\\s*)?\\(?${one}(?![A-Za-z])`, "gi") ??
    last(`\\(${one}\\)`, "g") ??
    pythonRegex(`^[(\\s]*${one}`, "i").exec(text);
  return found?.[1]?.toUpperCase();
}
