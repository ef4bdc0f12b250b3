/** Scores of free short answers: what the tasks call, official and lmms-eval's rule side by side. */

import type { Output } from "../core/runner.js";
import type { Score, ScoreContext, Unscored } from "../core/score.js";
import { lower, removePunctuation, strip } from "../text/python-strings.js";
import { anls, multiPageAnls } from "./anls.js";
import { exactMatch, gqaAnswer, gqaCorrect, looseMatch } from "./exact-match.js";
import { relaxedCorrect } from "./relaxed-accuracy.js";
import { rightOrWrong } from "./scored.js";
import {
  evalAiVqaAccuracy,
  lmmsVqav2Accuracy,
  officialVqaAccuracy,
  type PersonAnswer,
  type VqaResult,
} from "./vqa-accuracy.js";

const noPeople: Unscored = { status: "unscored", reason: "data", detail: "the row has no answers to compare with" };

function vqaScore({ accuracy, answer }: VqaResult, people: readonly string[]): Score {
  return accuracy === undefined ? noPeople : { status: "scored", value: accuracy, answer, targets: people };
}

/** VQAv2: agreement with ten people. */
export function vqav2Score(people: readonly PersonAnswer[], output: Output, { scoring }: ScoreContext): Score {
  const text = strip(output.text);
  const answers = people.map(({ answer }) => answer);
  return vqaScore(
    scoring === "official" ? officialVqaAccuracy(text, answers) : lmmsVqav2Accuracy(text, people),
    answers,
  );
}

/** OK-VQA and VizWiz: the VQA script; lmms-eval has the EvalAI processor. */
export function vqaPeopleScore(people: readonly string[], output: Output, { scoring }: ScoreContext): Score {
  const text = strip(output.text);
  return vqaScore(scoring === "official" ? officialVqaAccuracy(text, people) : evalAiVqaAccuracy(text, people), people);
}

/** TextVQA: the EvalAI processor on both sides, in M4C's script and in lmms-eval. */
export function textvqaScore(people: readonly string[], output: Output): Score {
  return vqaScore(evalAiVqaAccuracy(strip(output.text), people), people);
}

/** DocVQA, InfographicVQA. */
export function anlsScore(references: readonly string[], output: Output): Score {
  const text = strip(output.text);
  return { status: "scored", value: anls(references, text) ?? 0, answer: text, targets: references };
}

/** MP-DocVQA: equality and ANLS of the stripped, lower-cased texts. */
export function multiPageScore(references: readonly string[], output: Output): Score {
  const text = strip(output.text);
  const answer = lower(text);
  const equal = answer !== "none" && references.some((reference) => lower(reference).trim() === answer);
  return {
    status: "scored",
    value: { accuracy: equal ? 1 : 0, anls: multiPageAnls(references, text) },
    answer: text,
    targets: references,
  };
}

/** ChartQA: numbers within 5 %. */
export function relaxedScore(target: string, output: Output): Score {
  const text = strip(output.text);
  return rightOrWrong(relaxedCorrect(text, target), text, target);
}

/** GQA: equality after trailing periods and case; lmms-eval also ignores all punctuation. */
export function gqaScore(target: string, output: Output, { scoring }: ScoreContext): Score {
  const text = strip(output.text);
  if (scoring === "official") return rightOrWrong(gqaCorrect(text, target), gqaAnswer(text), target);
  return rightOrWrong(exactMatch(text, target, looseMatch), removePunctuation(lower(text)), target);
}
