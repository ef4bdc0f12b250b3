/** We-Math (Qiao et al. 2024): the letter behind the last "Answer". Source: We-Math/We-Math `evaluation/four_dimensional_metrics.py`. */

import { firstCharacters, strip } from "llava-eval";

/** Without the word, the first character of the whole reply: "Based on ..." is a B. Capitals alone count. */
export function weMathLetter(text: string): string | undefined {
  const last = text.slice(text.lastIndexOf("Answer") + (text.includes("Answer") ? "Answer".length : 1));
  const [letter] = firstCharacters(strip(strip(last).replace(/[><:.]/g, "")), 1);
  return letter !== undefined && "ABCDEFGH".includes(letter) ? letter : undefined;
}
