/** Vector files of the short-answer benchmarks. */

import { anls } from "../../../src/scorers/anls.js";
import { exactMatch } from "../../../src/scorers/exact-match.js";
import { removePunctuation } from "../../../src/text/punctuation.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { pythonRegex } from "../../../src/text/python-regex.js";
import { strip } from "../../../src/text/python-strings.js";
import { relaxedCorrect } from "../../../tasks/chartqa/score.js";
import { pix2structAnls, stvqaAnls } from "../../../tasks/multidocvqa/score.js";
import type { PersonAnswer } from "../../../tasks/vqa/accuracy.js";
import { evalAiNormalize, processDigitArticle, vqav2Normalize, wordTokenize } from "../../../tasks/vqa/normalize.js";
import { people, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

const vqaNormalize: VectorFile = {
  part: "the VQA tasks' normalisation",
  functions: {
    "": ({ text }: { text: string }) => ({
      processed: evalAiNormalize(text),
      word_tokenize: wordTokenize(text),
      process_punctuation: removePunctuation(text, "EvalAI"),
      process_digit_article: processDigitArticle(text),
      vqav2: vqav2Normalize(text),
    }),
  },
};

interface People<Answer> {
  readonly answers: readonly Answer[] | null;
  readonly prediction: string;
}

const lmms = { scoring: "lmms-eval" } as const;

/** Without answers lmms-eval gives 0, and we no value. */
const evalAi = (task: string) => (input: People<string>) => {
  const { answers, prediction } = input;
  if (answers === null || answers.length === 0) return { exact_match: 0, answer: evalAiNormalize(strip(prediction)) };
  const { value, answer } = taskScore(task, { answers }, prediction, lmms);
  return { exact_match: value, answer };
};

const vqaAccuracy: VectorFile = {
  functions: {
    vqav2: ({ answers, prediction }: People<PersonAnswer>) => {
      if (answers === null) return { exact_match: 0, answer: strip(prediction) };
      const { value, answer } = taskScore("vqav2", { answers }, prediction, lmms);
      return { exact_match: value, answer };
    },
    textvqa: (input: People<string>) => (input.answers?.length === 0 ? undefined : evalAi("textvqa")(input)),
    okvqa: evalAi("okvqa"),
    vizwiz: evalAi("vizwiz_vqa"),
  },
};

/** Percent with 15 decimals, and with vqaEval.py's default of 2. */
function officialPercent({ answers, prediction }: People<string>) {
  const accuracy = taskValue("vqav2", { answers: people(answers ?? []) }, prediction);
  return { acc_percent: 100 * accuracy, acc_percent_round2: roundHalfEven(100 * accuracy, 2) };
}

interface OfficialQuestion extends People<string> {
  readonly question_type: string;
  readonly answer_type: string;
}

function officialDataset({ questions }: { questions: readonly OfficialQuestion[] }) {
  const scores = questions.map(({ answers, prediction }) =>
    taskValue("vqav2", { answers: people(answers ?? []) }, prediction),
  );
  const percentBy = (key: (question: OfficialQuestion) => string) => {
    const groups: Record<string, number[]> = {};
    questions.forEach((question, i) => {
      groups[key(question)] = [...(groups[key(question)] ?? []), scores[i] as number];
    });
    return Object.fromEntries(Object.entries(groups).map(([name, values]) => [name, 100 * mean(values)]));
  };
  const full = {
    overall: 100 * mean(scores),
    perQuestionType: percentBy((question) => question.question_type),
    perAnswerType: percentBy((question) => question.answer_type),
  };
  const rounded = (values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, roundHalfEven(value, 2)]));
  return {
    accuracy: {
      overall: roundHalfEven(full.overall, 2),
      perQuestionType: rounded(full.perQuestionType),
      perAnswerType: rounded(full.perAnswerType),
    },
    accuracy_15: full,
  };
}

const vqaOfficial: VectorFile = {
  functions: {
    normalize: ({ text }: { text: string }) => ({
      processPunctuation: removePunctuation(text, "VQA"),
      processDigitArticle: processDigitArticle(text),
    }),
    accuracy: officialPercent,
    dataset: officialDataset,
  },
  compare: { tolerance: { absolute: 1e-9 } },
};

const textvqaM4c: VectorFile = {
  functions: {
    textvqa: m4cTextvqa,
    textvqa_list: ({ list }: { list: readonly M4cInput[] }) => mean(list.map((item) => m4cTextvqa(item) ?? 0)),
    stvqa_accuracy: (input: M4cInput) => {
      const answer = evalAiNormalize(input.pred_answer);
      return input.gt_answers.some((target) => evalAiNormalize(target) === answer) ? 1 : 0;
    },
  },
};

interface M4cInput {
  readonly pred_answer: string;
  readonly gt_answers: readonly string[];
}

function m4cTextvqa({ pred_answer, gt_answers }: M4cInput): number | undefined {
  return gt_answers.length === 0 ? undefined : taskValue("textvqa", { answers: gt_answers }, pred_answer);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface References {
  readonly references: readonly string[];
  readonly prediction: string;
  readonly threshold?: number;
}

const anlsVectors: VectorFile = {
  functions: {
    "lmms.anls": ({ references, prediction, threshold }: References) => ({
      anls:
        threshold === undefined
          ? taskValue("docvqa", { answers: references }, prediction)
          : anls(references, prediction, threshold),
    }),
    "m4c.stvqa_anls": ({ references, prediction }: References) => stvqaAnls(references, prediction),
    "pix2struct.anls": ({ references, prediction }: References) => pix2structAnls(references, prediction),
  },
};

interface ChartqaInput {
  readonly doc: { readonly type: string; readonly answer: string };
  readonly prediction: string;
}

const relaxedAccuracy: VectorFile = {
  functions: {
    "lmms.relaxed_correctness": (input: { prediction: string; target: string; max_relative_change?: number }) =>
      input.max_relative_change === undefined
        ? taskValue("chartqa", { answer: input.target }, input.prediction) === 1
        : relaxedCorrect(input.prediction, input.target, input.max_relative_change),
    "lmms.chartqa_process_results": ({ doc, prediction }: ChartqaInput) => {
      const value = taskValue("chartqa", doc, prediction);
      const half = doc.type === "human_test" ? "relaxed_human_split" : "relaxed_augmented_split";
      return { relaxed_overall: value, [half]: value };
    },
  },
};

interface ExactMatchInput {
  readonly predictions: readonly string[];
  readonly references: readonly string[];
  readonly options: {
    readonly regexes_to_ignore?: readonly string[];
    readonly ignore_case?: boolean;
    readonly ignore_punctuation?: boolean;
    readonly ignore_numbers?: boolean;
  };
}

const exactMatchVectors: VectorFile = {
  functions: {
    gqa: ({ prediction, reference }: { prediction: string; reference: string }) =>
      taskValue("gqa", { answer: reference }, prediction, lmms),
    exact_match: ({ predictions, references, options }: ExactMatchInput) => {
      const rules = {
        ignoreCase: options.ignore_case === true,
        ignorePunctuation: options.ignore_punctuation === true,
        ignoreNumbers: options.ignore_numbers === true,
        remove: (options.regexes_to_ignore ?? []).map((source) => pythonRegex(source, "g")),
      };
      return mean(predictions.map((prediction, i) => (exactMatch(prediction, references[i] ?? "", rules) ? 1 : 0)));
    },
  },
};

export const shortAnswerVectors: Readonly<Record<string, VectorFile>> = {
  vqa_normalize: vqaNormalize,
  vqa_accuracy: vqaAccuracy,
  vqa_official: vqaOfficial,
  textvqa_m4c: textvqaM4c,
  anls: anlsVectors,
  relaxed_accuracy: relaxedAccuracy,
  exact_match: exactMatchVectors,
};
