import { anls, type Output, type Score } from "llava-eval";

/** DocVQA, InfographicVQA. */
export function anlsScore(references: readonly string[], output: Output): Score {
  const text = output.text;
  return { status: "scored", value: anls(references, text) ?? 0, answer: text, targets: references };
}
