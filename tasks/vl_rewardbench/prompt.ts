/** VL-RewardBench's question (Li et al. 2024), word for word, and the question to the judge of what a reply means. */

export interface Compared {
  readonly query: string;
  readonly answers: readonly [first: string, second: string];
}

const listed = ({ query, answers: [first, second] }: Compared): string =>
  `Question: ${query}\n\nAnswer 1: ${first}\n\nAnswer 2: ${second}\n\n`;

/** The authors' and lmms-eval's words; they begin with a blank. */
export function comparison(compared: Compared): string {
  return ` You are a highly capable multimodal AI assistant tasked with evaluating answers to visual questions. Please analyze the following image and question, then determine which of the two provided answers is better.

${listed(compared)}Please evaluate both answers based on the following criteria:
1. Accuracy: How well does the answer align with the visual information in the image?
2. Completeness: Does the answer fully address all aspects of the question?
3. Clarity: Is the answer easy to understand and well-articulated?
4. Relevance: Does the answer directly relate to the question and the image?

After your evaluation, please:
1. Explain your reasoning for each criterion.
2. Provide an overall judgment on which answer is better (Answer 1 or Answer 2). For example: Overall Judgment: Answer X is better.

Your response should be structured and detailed, demonstrating your understanding of both the visual and textual elements of the task.`;
}

/** VLMEvalKit's. */
export function vlmevalkitComparison(compared: Compared): string {
  return `You are a highly capable multimodal AI assistant tasked with evaluating answers to visual questions.
Please analyze the following image and question, then determine which of the two provided answers is better.

${listed(compared)}Please evaluate both answers based on the following criteria:
1. Accuracy: How well does the answer align with the visual information in the image?
2. Completeness: Does the answer fully address all aspects of the question?
3. Clarity: Is the answer easy to understand and well-articulated?
4. Relevance: Does the answer directly relate to the question and the image?

After your evaluation, please:
1. Explain your reasoning for each criterion.
2. Provide an overall judgment on which answer is better (Answer 1 or Answer 2).For example: Overall Judgment: Answer X is better.

Your response should be structured and detailed, demonstrating your understanding of both the visual and textual elements of the task.`;
}

/** Of a reply that names no answer in the form asked for. */
export function betterAnswer(judgement: string): string {
  return `
You are given a pairwise judgement for two responses. Please return the better response according to the judgement.
Return the Answer X ONLY. e.g., Answer 1 or Answer 2.

Judgement: ${judgement}
`;
}
