/** MathVerse (Zhang et al. 2024): the two questions to its judge, word for word, and when they are asked. */

import { binaryJudge, type JudgeQuestion, type Output, type Scoring, strip, userPrompt } from "llava-eval";

/** Nothing to extract, in the words of the examples and of judges. */
const nothing = /^[^\p{L}\p{N}]*(?:null|none|n\/?a|no answer|not provided|unknown)\b/iu;

/**
 * What was extracted stands in the response, for the most part: a judge that writes anything else has not extracted, and the service
 * before it ("Service temporarily unavailable") even less.
 */
export function extractionIn(reply: string, response: string): string | undefined {
  const extraction = strip(reply);
  // A value or a letter alone may be written another way: "42" for "forty-two".
  const isAlone = !/\s/.test(extraction) && (extraction.length <= 2 || /\p{Nd}/u.test(extraction));
  if (extraction !== "" && (isAlone || nothing.test(extraction))) return extraction;
  const parts = extraction.match(/\p{Script=Latin}+|\p{N}+|[^\p{Script=Latin}\p{N}\p{P}\p{S}\s]+/gu) ?? [];
  const words = new Set(response.match(/\p{Script=Latin}+|\p{N}+/gu));
  const isLatin = (part: string) => /^[\p{Script=Latin}\p{N}]/u.test(part);
  const found = parts.filter((part) => (isLatin(part) ? words.has(part) : response.includes(part)));
  return found.length * 2 > parts.length ? extraction : undefined;
}

export interface MathVerseQuestion {
  readonly question_for_eval: string;
  readonly answer: string;
}

/** MathVerse: its authors extract first and match then; lmms-eval asks once whether the response is right. */
export function mathVerseToJudge(
  row: MathVerseQuestion,
  output: Output,
  verdicts: readonly unknown[],
  scoring: Scoring,
): JudgeQuestion | undefined {
  const text = output.text;
  const { question_for_eval: question, answer } = row;
  if (scoring === "lmms-eval") {
    if (verdicts.length > 0) return undefined;
    return {
      prompt: userPrompt(binaryJudge.words(question, answer, text)),
      options: { temperature: 0 },
      parse: (reply) => binaryJudge.verdict(reply, scoring),
    };
  }
  const options = { temperature: 0, maxNewTokens: 512 };
  const [extraction, verdict] = verdicts;
  if (extraction === undefined) {
    return {
      prompt: userPrompt(mathVerseExtraction(text)),
      options,
      parse: (reply) => extractionIn(reply, text),
    };
  }
  if (verdict !== undefined) return undefined;
  const prompt = userPrompt(mathVerseMatching(question, answer, String(extraction)));
  return { prompt, options, parse: (reply) => binaryJudge.verdict(reply.replace("Judgement:", ""), scoring) };
}

export const mathVerseExamples =
  "I am providing you a response from a model to a math problem, termed 'Model Response'. You should extract the answer from the response as 'Extracted Answer'. Directly output the extracted answer with no explanation.\n\n1.\nModel response: 'Rounded to two decimal places, the perimeter of the sector is approximately:\n\n(-2, 1)'\nExtracted Answer: (-2, 1)\n\n2.\nModel response: 'at those points.\n\nTherefore, the correct option that represents the meaning of the intersection points of the graphs is:\n\nD. They give the solutions to the equation $f(t)=g(t)$.\",'\nExtracted Answer: D\n\n3.\nModel response: ' at 1 (there's a closed circle at y = 1), the range in interval notation is \\((-4, 1]\\).\n\nFinal values:\nDomain: \\((-3, 3]\\)\nRange: \\((-4, 1]\\)'\nExtracted Answer: Domain: \\((-3, 3]\\)\nRange: \\((-4, 1]\\)\n\n4.\nModel response: 'As it stands, I cannot provide the correct option letter because there isn't enough information to solve for 'y'.'\nExtracted Answer: null\n\n5.\nModel response: 'Given that AB = 17.6 meters, we can now substitute into the equation:\n\nd = 17.6 / cos(38°)\n\nTherefore, to one decimal place, the distance d between Ned and Bart is approximately 22.3 meters.'\nExtracted answer: 22.3\n\n6.\nModel response:  have all the coefficients for the quadratic function:\n\\( f(x) = ax^2 + bx + c \\)\n\\( f(x) = -1x^2 - 2x + 1 \\)\n\nTherefore, the equation for the graphed function \\( f \\) is:\n\\( f(x) = -x^2 - 2x + 1 \\)\"'\nExtracted answer: f(x) = -x^2 - 2x + 1\n\n7.";

/** Step 1 of MathVerse's own evaluation. */
export function mathVerseExtraction(response: string): string {
  return `${mathVerseExamples}\n\nModel response: '${response}'\nExtracted Answer: `;
}

export const mathVerseJudgements =
  "Below are two answers to a math question. Question is [Question], [Standard Answer] is the standard answer to the question, and [Model_answer] is the answer extracted from a model's output to this question.  Determine whether these two answers are consistent.\nPlease note that only when the [Model_answer] completely matches the [Standard Answer] means they are consistent. For non-multiple-choice questions, if the meaning is expressed in the same way, it is also considered consistent, for example, 0.5m and 50cm.\nIf they are consistent, Judement is 1; if they are different, Judement is 0.\n\n[Question]: Write the set of numbers represented on the number line in interval notation.\n[Standard Answer]: (-2,1]\n[Model_answer] : Extracted Answer: \\((-2, 1)\\)\nJudgement: 0\n\n[Question]: As shown in the figure, circle O has a radius 1.0, if angle BAC = 60.0, then the length of BC is ()\nChoices:\nA:2\nB:2√{3}\nC:√{3}\nD:2√{2}\n[Standard Answer]: C\n[Model_answer] : B:2√{3}\nJudgement: 0\n\n[Question]: Find the domain and range of the function f using interval notation.\n[Standard Answer]: domain: [-4, 0) and range: (-3, 1]\n[Model_answer] : Range: \\((-4, 1]\\)\nJudgement: 0\n\n[Question]: As shown in the figure, circle O has a radius 1.0, if angle BAC = 60.0, then the length of BC is ()\nChoices:\nA:2\nB:2√{3}\nC:√{3}\nD:2√{2}\n[Standard Answer]: C\n[Model_answer] : null\nJudgement: 0\n\n[Question]: Given the graph of the ellipse that intersects with x-axis at 9 and -9 and with y-axis at 3 and -3, determine its equation.A. \\frac{x^2}{81} + \\frac{y^2}{9} = 1 B. Can not determine.\n\n[Standard Answer]: A\n[Model_answer] : \\frac{x^2}{81} + \\frac{y^2}{9} = 1\nJudgement: 1\n\n";

/** Step 2: is the extraction the answer? The reply is 0 or 1. */
export function mathVerseMatching(question: string, answer: string, extraction: string): string {
  return `${mathVerseJudgements}[Question]: ${question}\n[Standard Answer]: ${answer}\n[Model_answer] : ${extraction}\nJudgement:`;
}
