/** VLMs are Biased (Vo et al. 2025). Sources: lmms-eval `vlms_are_biased/utils.py`, VLMEvalKit; they agree. */

import { lower, strip } from "llava-eval";

/** Whether an answer is the truth, and whether it is what people expect who do not look. */
export function truthAndBias(
  text: string,
  truth: string,
  bias: string,
): { readonly right: boolean; readonly biased: boolean } {
  const [said, wanted, expected] = [plain(text), plain(truth), plain(bias)];
  const exact = { right: said === wanted, biased: said === expected };
  if (exact.right || exact.biased) return exact;
  // All digits of a text count as one number there: "1, 2, 3" is 123.
  const number = digits(said);
  return { right: number !== "" && number === digits(wanted), biased: number !== "" && number === digits(expected) };
}

const plain = (text: string): string => strip(strip(lower(strip(text)), "{}"));

/** As Python's `isdigit` has it: superscripts, subscripts and numbers in circles too. */
const digits = (text: string): string =>
  (
    text.match(
      /[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792]/gu,
    ) ?? []
  ).join("");
