/** Vector files of the multiple-choice parsers. */

import { exactMatch, looseMatch } from "../../../src/scorers/exact-match.js";
import {
  type Choices,
  inferChoice,
  inferOption,
  inferOptionVlmEvalKit,
  inferText,
  inferTextVlmEvalKit,
} from "../../../src/text/infer-choice.js";
import { leadingLetter } from "../../../src/text/leading-letter.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import { strip } from "../../../src/text/python-strings.js";
import { robustChoice } from "../../../src/text/robust-choice.js";
import { firstCharacter } from "../../../tasks/seedbench/score.js";
import { vstarLetter } from "../../../tasks/vstar_bench/letter.js";
import { isChangedBefore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

const mcqExtract: VectorFile = {
  part: "lmms-eval's search for a letter, which MMStar and others use",
  functions: {
    "": ({ response, choices }: { response: string; choices: string[] | null }) =>
      robustChoice(response, choices === null || choices.length === 0 ? optionLetters(8) : choices).letter,
  },
};

interface Answered {
  readonly prediction: string;
  readonly answer: string;
}
const lmms = { scoring: "lmms-eval" } as const;
const one = (right: boolean): number => (right ? 1 : 0);

const mcqTasks: VectorFile = {
  functions: {
    ai2d: ({ prediction, answer }: Answered) => {
      const filtered = leadingLetter(prediction, "period");
      const position = optionLetters(26).indexOf(answer);
      if (position < 0 || isChangedBefore(prediction))
        return { filtered, exact_match: one(exactMatch(strip(filtered), answer, looseMatch)) };
      const row = { answer: String(position), options: Array(26).fill("") };
      return { filtered, exact_match: taskValue("ai2d", row, prediction, lmms) };
    },
    mmstar: ({ prediction, answer }: Answered) => taskValue("mmstar", { answer }, prediction, lmms),
    realworldqa: ({ prediction, answer }: Answered) => taskValue("realworldqa", { answer }, prediction, lmms),
    seedbench: ({ prediction, answer }: Answered) => {
      const pred = firstCharacter(prediction);
      return { pred, score: taskValue("seedbench", { answer }, prediction, lmms) };
    },
    vstar: ({ prediction, label }: { prediction: string; label: string }) => {
      const pred = vstarLetter(prediction);
      return { pred, score: taskValue("vstar_bench", { label }, prediction, lmms) };
    },
    // Before lmms-eval 0.7.3; CV-Bench and EmbSpatial read so still. The rule of today is in the vectors of peers/runs.
    blink: ({ prediction, answer }: Answered) => {
      const pred = leadingLetter(prediction);
      return { pred, is_correct: pred === strip(answer, "()") };
    },
    muirbench: ({ prediction, answer }: Answered) => {
      const filtered = leadingLetter(prediction, "period");
      return { filtered, score: taskValue("muirbench", { answer, options: [] }, prediction, lmms) };
    },
  },
};

interface Inferred {
  readonly answer: string;
  readonly choices: Choices;
}

const mmbenchInfer: VectorFile = {
  part: "MMBench's rules, as lmms-eval has them",
  functions: {
    "": ({ answer, choices }: Inferred) => ({
      option: inferOption(answer) ?? false,
      text: inferText(answer, choices) ?? false,
      infer: inferChoice(answer, choices, "mmbench") ?? false,
    }),
  },
};

const mcqVlmEvalKit: VectorFile = {
  part: "MMBench's rules, as VLMEvalKit has them; no task of ours uses these",
  functions: {
    "": ({ answer, choices }: Inferred) => ({
      option: inferOptionVlmEvalKit(answer, choices) ?? false,
      text: inferTextVlmEvalKit(answer, choices) ?? false,
      infer: inferChoice(answer, choices, "vlmevalkit") ?? false,
    }),
  },
};

export const multipleChoiceVectors: Readonly<Record<string, VectorFile>> = {
  mcq_extract: mcqExtract,
  mcq_tasks: mcqTasks,
  mmbench_infer: mmbenchInfer,
  mcq_vlmevalkit: mcqVlmEvalKit,
};
