/** Vector files of the multiple-choice parsers. */

import { exactMatch, looseMatch } from "../../../src/scorers/exact-match.js";
import { type Choices, inferText } from "../../../src/text/infer-choice.js";
import { letterBeforePeriod } from "../../../src/text/leading-letter.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import { lower, strip, upper } from "../../../src/text/python-strings.js";
import { robustChoice } from "../../../src/text/robust-choice.js";
import { leadingLetter } from "../../../tasks/blink/choice.js";
import { inferChoice, inferOption } from "../../../tasks/mmbench/infer-choice.js";
import {
  inferChoiceVlmEvalKit,
  inferOptionVlmEvalKit,
  inferTextVlmEvalKit,
} from "../../../tasks/mmt_bench/infer-choice.js";
import { realWorldQaCorrect } from "../../../tasks/realworldqa/score.js";
import { firstCharacter } from "../../../tasks/seedbench/score.js";
import { vstarLetter } from "../../../tasks/vstar_bench/letter.js";
import type { VectorFile } from "../vector-file.js";

const mcqExtract: VectorFile = {
  functions: {
    "": ({ response, choices }: { response: string; choices: string[] | null }) =>
      robustChoice(response, choices === null || choices.length === 0 ? optionLetters(8) : choices).letter,
  },
};

interface Answered {
  readonly prediction: string;
  readonly answer: string;
}
const one = (right: boolean): number => (right ? 1 : 0);
const sameText = (a: string, b: string): boolean => strip(lower(a)) === strip(lower(b));

const mcqTasks: VectorFile = {
  functions: {
    ai2d: ({ prediction, answer }: Answered) => {
      const filtered = letterBeforePeriod(prediction);
      return { filtered, exact_match: one(exactMatch(strip(filtered), answer, looseMatch)) };
    },
    mmstar: ({ prediction, answer }: Answered) =>
      one(robustChoice(prediction, optionLetters(4)).letter === upper(strip(answer))),
    realworldqa: ({ prediction, answer }: Answered) => one(realWorldQaCorrect(prediction, answer).correct),
    seedbench: ({ prediction, answer }: Answered) => {
      const pred = firstCharacter(prediction);
      return { pred, score: one(sameText(pred, answer)) };
    },
    vstar: ({ prediction, label }: { prediction: string; label: string }) => {
      const pred = vstarLetter(prediction);
      return { pred, score: one(pred === upper(strip(label))) };
    },
    blink: ({ prediction, answer }: Answered) => {
      const pred = leadingLetter(prediction);
      return { pred, is_correct: pred === strip(answer, "()") };
    },
    muirbench: ({ prediction, answer }: Answered) => {
      const filtered = letterBeforePeriod(prediction);
      return { filtered, score: one(sameText(filtered, answer)) };
    },
  },
};

interface Inferred {
  readonly answer: string;
  readonly choices: Choices;
}

const mmbenchInfer: VectorFile = {
  functions: {
    "": ({ answer, choices }: Inferred) => ({
      option: inferOption(answer) ?? false,
      text: inferText(answer, choices) ?? false,
      infer: inferChoice(answer, choices) ?? false,
    }),
  },
};

const mcqVlmEvalKit: VectorFile = {
  functions: {
    "": ({ answer, choices }: Inferred) => ({
      option: inferOptionVlmEvalKit(answer, choices) ?? false,
      text: inferTextVlmEvalKit(answer, choices) ?? false,
      infer: inferChoiceVlmEvalKit(answer, choices) ?? false,
    }),
  },
};

export const multipleChoiceVectors: Readonly<Record<string, VectorFile>> = {
  mcq_extract: mcqExtract,
  mcq_tasks: mcqTasks,
  mmbench_infer: mmbenchInfer,
  mcq_vlmevalkit: mcqVlmEvalKit,
};
