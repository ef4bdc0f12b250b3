/** Vector files of the MMMU family. */

import { optionLetters, parseChoice } from "../../../src/text/mmmu-choice.js";
import { parseCmmmuChoice } from "../../../tasks/mmmu/cmmmu-choice.js";
import {
  extractNumbers,
  majorityVerdict,
  matchesOpen,
  normalizeBlank,
  normalizeOpen,
  openIsCorrect,
  parseBlank,
  parseOpen,
  parseVerdicts,
} from "../../../tasks/mmmu/open-answer.js";
import { lmmsOpen, parseProChoice, subjectOf } from "../../../tasks/mmmu/score.js";
import { parseJmmmuProChoice } from "../ported/jmmmu-pro-choice.js";
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

const parseMc: VectorFile = {
  functions: {
    mmmu: ({ response, options }: Choice) => ({
      lmms: parseChoice("lmms", response, options),
      official: parseChoice("official", response, options),
      official_pro: parseProChoice(response, options),
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
      const lmms = lmmsOpen(response, gold);
      return {
        official_correct: openIsCorrect(response, gold),
        lmms: { parsed_pred: lmms.answer, correct: lmms.correct },
      };
    },
  },
  compare: { unordered: [""] },
};

const cmmmu: VectorFile = {
  functions: {
    multi_choice: ({ response, options }: Choice) => parseCmmmuChoice(response, options),
    true_false: ({ response, answer }: { response: string; answer: string }) => {
      const parsed = parseVerdicts(response);
      const verdict = majorityVerdict(parsed);
      return { parsed, correct: verdict === undefined ? undefined : verdict === answer };
    },
    fill_blank: ({ response, answer }: { response: string; answer: string }) => {
      const parsed = parseBlank(response, answer);
      return { parsed, correct: matchesOpen(parsed, normalizeBlank(answer, answer)) };
    },
    aggregate: cmmmuAggregate,
  },
  compare: { unordered: ["parsed"] },
};

export const mmmuVectors: Readonly<Record<string, VectorFile>> = {
  mmmu_parse_mc: parseMc,
  mmmu_open: open,
  mmmu_aggregate: {
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
