/** BLINK (Fu et al. 2024). Source: zeyofu/BLINK_Benchmark `eval/test_benchmark.py` (`analyze_answer`). */

import { splitWords } from "llava-eval";

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
