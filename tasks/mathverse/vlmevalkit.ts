/**
 * MathVerse as VLMEvalKit (e8e78f05) asks its judge: what is the answer in the response, and unless that is the reference word for word,
 * whether they are the same. Source: `dataset/utils/mathverse.py`.
 */

import { strip, type Task, userPrompt } from "llava-eval";
import { extractionIn, type MathVerseQuestion, mathVerseExamples, mathVerseJudgements } from "./judge.js";

type Judge = NonNullable<Task<MathVerseQuestion>["judge"]>;

/** The authors' examples with more blank lines, and the response in a seventh of their form. */
function extractionWords(response: string): string {
  const examples = mathVerseExamples.replace(/\n\n7\.$/, "").replaceAll(/\n\n(?=[1-6]\.\n)/g, "\n\n\n\n");
  return `\n${examples}\n\n\n7.\nModel response: '${response}'\nExtracted Answer: `;
}

/** Four of the authors' five examples; braces are doubled in them. */
function matchingWords(question: string, answer: string, extraction: string): string {
  const examples = mathVerseJudgements.split("\n\n").slice(0, 5).join("\n\n\n\n");
  const asked = `    [Question]: ${question}\n    [Standard Answer]: ${answer}\n    [Model_answer] : ${extraction}\n    Judgement:`;
  return `\n${examples.replaceAll(/\{(\d)\}/g, "{{$1}}")}\n\n\n\n${asked}`;
}

/** Then there is no second question. */
export const isReference = (extraction: unknown, answer: string): boolean =>
  typeof extraction === "string" && strip(extraction) === strip(answer);

const options = { temperature: 0 };
const attempts = 5;

const ask: Judge["ask"] = ({ question_for_eval: question, answer }, { text }, verdicts) => {
  const [extraction] = verdicts;
  if (typeof extraction !== "string") {
    const prompt = userPrompt(extractionWords(text));
    return { prompt, options, attempts, parse: (reply) => extractionIn(reply, text) };
  }
  if (isReference(extraction, answer) || verdicts.length > 1) return undefined;
  const isVerdict = (reply: string) => reply === "0" || reply === "1";
  return {
    ...{ prompt: userPrompt(matchingWords(question, answer, extraction)), options, attempts },
    parse: (reply) => (isVerdict(strip(reply)) ? Number(strip(reply)) : undefined),
  };
};

export const vlmEvalKitJudge: Judge = {
  model: "gpt-4o-mini",
  template: `${extractionWords("{response}")}\n\n${matchingWords("{question}", "{answer}", "{extraction}")}`,
  ask,
};
