/** OmniSpatial (Jia et al. 2025). Sources: qizekun/OmniSpatial `api_eval.py`; lmms-eval `omni_spatial/utils.py`. */

import { firstCharacters, pythonRegex, strip, upper } from "llava-eval";

const answerLine = pythonRegex("Answer\\s*:\\s*([A-D])\\b", "gi");

/** The letter of the last "Answer: X", as it is written ("Answer: b" is wrong); `undefined` = the references take A. */
export function answerLineLetter(text: string): string | undefined {
  return [...text.matchAll(answerLine)].at(-1)?.[1];
}

/** The first character, whatever it is ("(B)" gives a bracket). */
export function firstLetter(text: string): string {
  return firstCharacters(upper(strip(text)), 1);
}

/** lmms-eval's `omni_spatial`: what follows the first closing thought tag, and of that what stands in `<answer>`. */
export function withoutThoughts(text: string): string {
  const rest = text.replace(/^.*?<\/think>/s, "").replace(/^.*?<\/thought>/s, "");
  const [, said] = rest.split(/<answer>(.*)/is);
  const end = said?.search(/<\/answer>/i) ?? -1;
  return strip(end < 0 ? rest : (said ?? "").slice(0, end));
}
