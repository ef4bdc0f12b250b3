/** The questions that benchmarks put to a judge, word for word: a judge's score depends on them. */

import { type ImageRef, type Prompt, userPrompt } from "llava-eval";

/** LLaVA's reviewer is introduced by this system message. */
export const REVIEWER = "You are a helpful and precise assistant for checking the quality of the answer.";

const twoScores =
  "Please first output a single line containing only two values indicating the scores for Assistant 1 and 2, respectively. The two scores are separated by a space.\nIn the subsequent line, please provide a comprehensive explanation of your evaluation, avoiding any potential bias and ensuring that the order in which the responses were presented does not affect your judgment.";

/** LLaVA-Bench (in the wild): the same for conversations, details and complex reasoning. */
export const LLAVA_BENCH_RULE = `We would like to request your feedback on the performance of two AI assistants in response to the user question displayed above. The user asks the question on observing an image. For your reference, the visual content in the image is represented with a few sentences describing the image. \nPlease rate the helpfulness, relevance, accuracy, level of details of their responses. Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall performance.\n${twoScores}`;

/** LLaVA-Bench Wilder: the judge sees the image and takes the reference for perfect. */
export const WILDER_RULE = `We would like to request your feedback on the performance of two AI assistants in response to the user question displayed above. The user asks the question on observing an image shown to you. \nPlease rate the helpfulness, relevance, accuracy, level of details of their responses. Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall performance. Assume assistant 1 always receive a score of 10 and is the correct answer.\n${twoScores}`;

/** K-LLaVA-W's reviewer. */
export const KOREAN_REVIEWER = "당신은 답변의 품질을 확인하는 유용하고 정확한 어시스턴트입니다.";

/** K-LLaVA-W: the same for every category. */
export const KOREAN_RULE = `두 인공지능 어시스턴트의 성능을 [질문]에 대한 응답에 기반하여 평가하세요. 해당 [질문]은 특정 이미지를 보고 생성되었습니다. \`유용성\`, \`관련성\`, \`정확성\`, \`세부 수준\`, \`한국어 생성능력\`을 기준으로 응답을 평가하세요. 각각의 어시스턴트에게 1에서 10까지의 전반적인 점수를 부여하며, 높은 점수일수록 더 나은 전반적인 성능을 나타냅니다.

# 단계

1. 제공된 이미지 [설명]을 검토하세요.
2. 각 어시스턴트의 응답을 다음 기준으로 분석하세요:
   - \`유용성\`: 응답이 사용자의 질문을 얼마나 잘 해결하는가?
   - \`관련성\`: 응답이 사용자의 질문에 얼마나 적절한가?
   - \`정확성\`: 응답에서 제공한 정보가 얼마나 정확한가?
   - \`세부 수준\`: 응답이 과하지 않게 충분히 자세한가?
   - \`한국어 생성능력\`: 생성된 한국어 문장이 자연스럽고 문법적으로 올바른가?
3. 분석에 기반하여 각 어시스턴트에게 1에서 10까지의 점수를 부여하세요.
4. 두 점수를 공백으로 구분하여 한 줄로 제공하세요.
5. 점수에 대한 이유를 강조하면서 포괄적인 평가를 제공하고, 편견을 피하며 응답의 순서가 판단에 영향을 미치지 않도록 하세요.

# 출력 형식

- 첫 번째 줄: \`어시스턴트1_점수 어시스턴트2_점수\` (예: \`8 9\`)
- 두 번째 줄: \`유용성\`, \`관련성\`, \`정확성\`, \`세부 수준\`, \`한국어 생성능력\` 기준으로 점수를 설명하는 자세한 문단을 제공합니다.

# 주의사항

- 평가 시 잠재적 편견을 방지하여 객관성을 확보하세요.
- 분석과 설명에서 일관성과 명확성을 유지하세요.`;

/** VLMEvalKit's copy: no empty line after a heading. */
export const VLMEVALKIT_KOREAN_RULE = KOREAN_RULE.replace(/^(# .*)\n\n/gm, "$1\n");

export interface Review {
  readonly context?: string;
  readonly question: string;
  /** Assistant 1. */
  readonly reference: string;
  /** Assistant 2: the model. */
  readonly answer: string;
  readonly rule: string;
}

/** LLaVA's pairwise review. */
export function reviewText({ context, question, reference, answer, rule }: Review): string {
  const assistant = (number: number, text: string) =>
    `[Assistant ${number}]\n${text}\n\n[End of Assistant ${number}]\n\n`;
  const described = context === undefined ? "" : `[Context]\n${context}\n\n`;
  return `${described}[Question]\n${question}\n\n${assistant(1, reference)}${assistant(2, answer)}[System]\n${rule}\n\n`;
}

/** K-LLaVA-W's, in Korean. */
export function koreanReviewText({ context = "", question, reference, answer, rule }: Review): string {
  const assistant = (number: number, text: string) =>
    `[어시스턴트 ${number}]\n${text}\n\n[어시스턴트 ${number} 끝]\n\n`;
  return `[설명]\n${context}\n\n[질문]\n${question}\n\n${assistant(1, reference)}${assistant(2, answer)}[System]\n${rule}\n\n`;
}

/** A user message after a system message. */
export function withSystem(system: string, ...parts: readonly (string | ImageRef)[]): Prompt {
  const { messages } = userPrompt(...parts);
  return { messages: [{ role: "system", parts: [{ type: "text", text: system }] }, ...messages] };
}
