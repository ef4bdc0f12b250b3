/** MMBench's question to its judge, word for word. */

import { OPTION_MATCHER } from "llava-eval";

const mmbenchExamples =
  "Example 1: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: a cute teddy bear\nYour output: A\nExample 2: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: Spider\nYour output: E\nExample 3: \n";

/** MMBench's. @param options lines `A. cat\n`, each with its break */
export function mmbenchMatching(question: string, options: string, prediction: string): string {
  const rule =
    "If the meaning of all options are significantly different from the answer, output E. Your should output a single uppercase character in A, B, C, D (if they are valid options), and E. \n";
  const asked = `Question: ${question}?\nOptions: There are several options: \n${options}\nAnswer: ${prediction}\nYour output: `;
  return OPTION_MATCHER + rule + mmbenchExamples + asked;
}
