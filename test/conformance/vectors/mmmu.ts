/** Vector files of the MMMU family. */

import type { Scoring } from "../../../src/core/score.js";
import { optionLetters, parseChoice } from "../../../src/text/mmmu-choice.js";
import { parseCmmmuChoice } from "../../../tasks/mmmu/cmmmu-choice.js";
import {
  extractNumbers,
  normalizeOpen,
  parseBlank,
  parseOpen,
  parseVerdicts,
} from "../../../tasks/mmmu/open-answer.js";
import { subjectOf } from "../../../tasks/mmmu/score.js";
import { parseJmmmuProChoice } from "../ported/jmmmu-pro-choice.js";
import { lmmsOpenCorrect } from "../ported/lmms-eval-0.7.2.js";
import { isChangedBefore, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import {
  cmmmuAggregate,
  mmmuAggregate,
  mmmuProAggregate,
  mmmuProComposite,
  mmmuProProcess,
} from "./mmmu-aggregates.js";

interface Choice {
  readonly response: string;
  readonly options: readonly string[];
}

/** The letter that the task's score reads; undefined where the reference draws one. */
function letterOf(task: string, response: string, options: readonly string[], scoring: Scoring): string | undefined {
  if (scoring === "lmms-eval" && isChangedBefore(response)) return parseChoice("lmms", response, options);
  const row = { id: "", answer: "A", options: JSON.stringify(options), question_type: "multiple-choice" };
  const { answer, drawn, remark } = taskScore(task, row, response, { scoring });
  return drawn || remark === "unparsable" ? undefined : answer;
}

const parseMc: VectorFile = {
  functions: {
    mmmu: ({ response, options }: Choice) => ({
      lmms: letterOf("mmmu", response, options, "lmms-eval"),
      official: letterOf("mmmu", response, options, "official"),
      official_pro: letterOf("mmmu_pro_standard", response, options, "official"),
    }),
    mmmu_variants: ({ response, options }: Choice) => ({
      jmmmu: parseChoice("jmmmu", response, options),
      videommmu:
        response === "" || response === "API Error"
          ? "API Error"
          : (parseChoice("videoMmmu", response, options) ?? "No Answer Found."),
      jmmmu_pro: jmmmuPro(response, options),
    }),
  },
};

function jmmmuPro(response: string, options: readonly string[]): string {
  const letter = parseJmmmuProChoice(response);
  return letter !== undefined && optionLetters(options.length).includes(letter) ? letter : "X";
}

const open: VectorFile = {
  functions: {
    normalize_str: ({ text }: { text: string }) => normalizeOpen(text),
    extract_numbers: ({ text }: { text: string }) => extractNumbers(text),
    parse_open_response: ({ response }: { response: string }) => parseOpen(response),
    eval_open: ({ gold, response }: { gold: string | readonly string[]; response: string }) => {
      // The first candidate is what its files keep; the verdicts are those of the commit before 0.7.3.
      const row = {
        id: "",
        answer: typeof gold === "string" ? gold : JSON.stringify(gold),
        options: "[]",
        question_type: "open",
      };
      const parsed_pred = taskScore("mmmu", row, response, { scoring: "lmms-eval" }).answer;
      return {
        official_correct: taskValue("mmmu", row, response) === 1,
        lmms: { parsed_pred, correct: lmmsOpenCorrect(parsed_pred, gold) },
      };
    },
  },
  compare: { unordered: [""] },
};

const cmmmu: VectorFile = {
  functions: {
    multi_choice: ({ response, options }: Choice) => {
      if (options.length > 4) return parseCmmmuChoice(response, options); // rows have four columns
      const columns = Object.fromEntries(["option1", "option2", "option3", "option4"].map((k, i) => [k, options[i]]));
      const { answer, drawn } = taskScore("cmmmu", { type: "选择", answer: "A", ...columns }, response);
      return drawn ? undefined : answer;
    },
    true_false: ({ response, answer }: { response: string; answer: string }) => {
      const parsed = parseVerdicts(response);
      const { value, drawn } = taskScore("cmmmu", { type: "判断", answer }, response);
      return { parsed, correct: drawn ? undefined : value === 1 };
    },
    fill_blank: ({ response, answer }: { response: string; answer: string }) => {
      const parsed = parseBlank(response, answer);
      return { parsed, correct: taskValue("cmmmu", { type: "填空", answer }, response) === 1 };
    },
    aggregate: cmmmuAggregate,
  },
  compare: { unordered: ["parsed"] },
};

export const mmmuVectors: Readonly<Record<string, VectorFile>> = {
  mmmu_parse_mc: parseMc,
  mmmu_open: open,
  mmmu_aggregate: {
    part: "accuracy by subject and domain, from the tasks' metric",
    functions: { extract_subset_name: ({ id }: { id: string }) => subjectOf(id), aggregate: mmmuAggregate },
  },
  mmmu_pro: {
    functions: {
      process_results: mmmuProProcess,
      composite_process_results: mmmuProComposite,
      aggregate: mmmuProAggregate,
    },
  },
  cmmmu,
};
