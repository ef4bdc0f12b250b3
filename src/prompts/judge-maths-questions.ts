/** What MathVista's and MathVerse's judges are asked about an answer. */

import type { Json } from "../core/json.js";
import { userPrompt } from "../core/prompt.js";
import type { Output } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import type { JudgeQuestion } from "../core/task.js";
import { binaryDigit, strictBinary } from "../text/judge-replies.js";
import { extractWithoutJudge, type MathVistaProblem, normalizeExtraction } from "../text/math-vista-answer.js";
import { strip } from "../text/python-strings.js";
import { binaryJudgement } from "./judge-grading.js";
import { mathVerseExtraction, mathVerseMatching, mathVistaExtraction } from "./judge-maths.js";

const words = (reply: string): string | undefined => strip(reply) || undefined;

/** MathVista: extract the answer from a response that is not the answer itself. */
export function mathVistaToJudge(
  row: MathVistaProblem & { readonly query: string },
  output: Output,
  scoring: Scoring,
): JudgeQuestion | undefined {
  const text = strip(output.text);
  if (extractWithoutJudge(text, row) !== undefined) return undefined;
  const prompt = userPrompt(mathVistaExtraction(row.query, text));
  // An extraction that is no answer of the kind asked for (`**4.5**`, "4.5 cm") is the judge's failure, not the model's.
  const parse = (reply: string) => {
    const extraction = words(reply);
    return extraction !== undefined && (scoring === "lmms-eval" || isExtraction(extraction, row))
      ? extraction
      : undefined;
  };
  return { prompt, options: { temperature: 0, maxNewTokens: 256 }, parse, attempts: 5 };
}

function isExtraction(extraction: string, row: MathVistaProblem): boolean {
  try {
    return normalizeExtraction(extraction, row, "official") !== null;
  } catch (error) {
    // The row has no options, or an answer of an unknown type: no extraction helps, and the score says so.
    if (!(error instanceof RangeError)) throw error;
    return true;
  }
}

export interface MathVerseQuestion {
  readonly question_for_eval: string;
  readonly answer: string;
}

/** MathVerse: its authors extract first and match then; lmms-eval asks once whether the response is right. */
export function mathVerseToJudge(
  row: MathVerseQuestion,
  output: Output,
  verdicts: readonly Json[],
  scoring: Scoring,
): JudgeQuestion | undefined {
  const text = strip(output.text);
  const { question_for_eval: question, answer } = row;
  if (scoring === "lmms-eval") {
    if (verdicts.length > 0) return undefined;
    return {
      prompt: userPrompt(binaryJudgement(question, answer, text)),
      options: { temperature: 0 },
      parse: binaryDigit,
    };
  }
  const options = { temperature: 0, maxNewTokens: 512 };
  const [extraction, verdict] = verdicts;
  if (extraction === undefined) return { prompt: userPrompt(mathVerseExtraction(text)), options, parse: words };
  if (verdict !== undefined) return undefined;
  const prompt = userPrompt(mathVerseMatching(question, answer, String(extraction)));
  return { prompt, options, parse: (reply) => strictBinary(reply.replace("Judgement:", "")) };
}
