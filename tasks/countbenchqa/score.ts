/** CountBenchQA in lmms-eval: `countbenchqa/utils.py`, and `countbench/utils.py` on the same rows, which reads number words. */

import { lower, strip } from "llava-eval";

const words = [
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
  ...["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"],
];

/** "Two " is `2`, "none" is `0`; anything else stays as it is, in lower case. */
export function countInDigits(text: string): string {
  const answer = lower(strip(text));
  if (answer === "none") return "0";
  const number = words.indexOf(answer);
  return number < 0 ? answer : String(number);
}
