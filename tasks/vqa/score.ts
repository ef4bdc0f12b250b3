/** Scores of free short answers: what the tasks call, official and lmms-eval's rule side by side. */

import type { Output, Score, ScoreContext } from "llava-eval";
import {
  evalAiVqaAccuracy,
  lmmsVqav2Accuracy,
  officialVqaAccuracy,
  type PersonAnswer,
  type VqaResult,
  vlmEvalKitVqaAccuracy,
} from "./accuracy.js";

const noPeople: Score = { status: "unscored", reason: "data", detail: "the row has no answers to compare with" };

function vqaScore({ accuracy, answer }: VqaResult, people: readonly string[]): Score {
  return accuracy === undefined ? noPeople : { status: "scored", value: accuracy, answer, targets: people };
}

/** VQAv2: agreement with ten people. */
export function vqav2Score(people: readonly PersonAnswer[], output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  const answers = people.map(({ answer }) => answer);
  return vqaScore(
    scoring === "official" ? officialVqaAccuracy(text, answers) : lmmsVqav2Accuracy(text, people),
    answers,
  );
}

/** OK-VQA and VizWiz: the VQA script; lmms-eval has the EvalAI processor. */
export function vqaPeopleScore(people: readonly string[], output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  if (scoring === "vlmevalkit") return vqaScore(vlmEvalKitVqaAccuracy(text, people), people);
  return vqaScore(scoring === "official" ? officialVqaAccuracy(text, people) : evalAiVqaAccuracy(text, people), people);
}

/** TextVQA: the EvalAI processor on both sides, in M4C's script and in lmms-eval. */
export function textvqaScore(people: readonly string[], output: Output, { scoring }: ScoreContext): Score {
  if (scoring === "vlmevalkit") return vqaScore(vlmEvalKitVqaAccuracy(output.text, people), people);
  return vqaScore(evalAiVqaAccuracy(output.text, people), people);
}
