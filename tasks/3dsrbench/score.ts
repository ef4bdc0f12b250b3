/** 3DSRBench (Ma et al. 2024). Source: lmms-eval `3dsrbench/utils.py`; the authors' repository was not at hand. */

import { pythonRegex, strip } from "llava-eval";

/** In this order, the first that occurs: "A cat ..." is A, by the first. Capitals alone count. */
const patterns = [
  ...["^([A-D])[\\.\\s\\)]", "^([A-D])$", "[Aa]nswer[:\\s]+([A-D])", "[Tt]he answer is[:\\s]+([A-D])"],
  ...["[Mm]y answer is[:\\s]+([A-D])", "\\(([A-D])\\)", "([A-D])\\.", "\\b([A-D])\\b"],
].map((pattern) => pythonRegex(pattern));

export function threeDsrLetter(text: string): string | undefined {
  const words = strip(text);
  for (const pattern of patterns) {
    const letter = pattern.exec(words)?.[1];
    if (letter !== undefined) return letter;
  }
  return undefined;
}

/** A question stands in several orders of its options ("-1") and on the image turned over ("-flip"): which of these go together. */
export const together = {
  flips: (id: string): string => id.replaceAll("-flip", ""),
  orders: (id: string): string => id.slice(0, id.includes("-flip") ? 13 : 8),
  all: (id: string): string => id.slice(0, 8),
};
