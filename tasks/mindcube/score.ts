/** MindCube (Yin et al. 2025): the authors' extractor, which lmms-eval's `mindcube/utils.py` has word for word. */

import { pythonRegex } from "llava-eval";

const lettered = /([A-E])\./g;
const tagged = /<Answer>(.*?)(?:<|\n?$)/s;

const inTag = [
  pythonRegex("[Mm]y answer is ([A-E])", "g"),
  pythonRegex("[Tt]he answer is ([A-E])", "g"),
  pythonRegex("\\b([A-E])\\b", "g"),
];

const anywhere = [
  pythonRegex("(?:^|\\n)(?:Answer: )?([A-E])(?:\\.|$|\\s)", "g"),
  pythonRegex('[\\*\\"]([A-E])[\\*\\"]', "g"),
  pythonRegex("\\bAnswer:?\\s*([A-E])\\b", "g"),
  pythonRegex("[Mm]y answer is ([A-E])", "g"),
  pythonRegex("answer is ([A-E])", "g"),
];
const alone = pythonRegex("\\b([A-E])\\b");

/**
 * The last letter before a period anywhere ("vitamin D." wins over all that follows); else by the forms, within `<Answer>` first; else the
 * first letter that stands alone, from the last line upwards.
 */
export function mindCubeLetter(text: string): string | undefined {
  const last = (part: string, forms: readonly RegExp[]): string | undefined => {
    for (const form of forms) {
      const letter = [...part.matchAll(form)].at(-1)?.[1];
      if (letter !== undefined) return letter;
    }
    return undefined;
  };
  const lines = text.split("\n").reverse();
  return (
    last(text, [lettered]) ??
    last(tagged.exec(text)?.[1] ?? "", inTag) ??
    last(text, anywhere) ??
    lines.map((line) => alone.exec(line)?.[1]).find((letter) => letter !== undefined)
  );
}

/** `around` also holds the questions made later. */
export function mindCubeSetting(id: string): string {
  const first = id.split("_")[0] ?? "";
  if (first === "aroundnew") return "around";
  return ["among", "around", "rotation"].includes(first) ? first : "other";
}
