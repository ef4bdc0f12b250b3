/** Questions to a judge that end in one score, word for word. */

import { binaryVerdict } from "../text/judge-replies.js";

/** lmms-eval's 0/1 judge for answers that no rule can compare. */
export function binaryJudgement(question: string, answer: string, prediction: string): string {
  return `You are a strict evaluator assessing answer correctness. You must output 1 for fully correct answers and 0 for any other case.

# Input
Question:
\`\`\`
${question}
\`\`\`
Ground Truth Answer:
\`\`\`
${answer}
\`\`\`
Model Prediction:
\`\`\`
${prediction}
\`\`\`

# Evaluation Rules
- The model prediction may contain the reasoning process, you should spot the final answer from it.
- For multiple-choice questions: Score 1 if the predicted answer matches the ground truth answer, it can be directly in option letters or the content of the options.
- For open-ended questions:
  * Score 1 if the prediction matches the answer semantically, it can be in different format.
  * Score 0 for partially correct answers or answers with extra incorrect information, even if the reasoning process is correct.
- Ignore minor differences in formatting, capitalization, or spacing since the model may explain in a different way.
- Treat numerical answers as correct if they match within reasonable precision
- For questions requiring units, both value and unit must be correct

# Strict Output format
1 or 0`;
}

/** The words of the question, and the reading of its reply. */
export const binaryJudge = { words: binaryJudgement, verdict: binaryVerdict } as const;
