/** Vector files of the mathematics benchmarks. */

import {
  extractWithoutJudge,
  type MathVistaProblem,
  mathVistaEqual,
  normalizeExtraction,
} from "../../text/math-vista-answer.js";
import { strip } from "../../text/python-strings.js";
import type { VectorFile } from "../vector-file.js";

const needsJudge = { $judge: true };

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Extraction extends MathVistaProblem {
  readonly extraction: unknown;
}
interface Response extends MathVistaProblem {
  readonly response: string;
  readonly quick_extract: boolean;
}
interface Doc {
  readonly doc: MathVistaProblem & { answer: unknown };
  readonly prediction: string;
}

const mathvista: VectorFile = {
  functions: {
    normalize_extracted_answer: (input: Extraction) => {
      const empty =
        input.question_type === "multi_choice" &&
        typeof input.extraction === "string" &&
        strip(input.extraction) === "";
      return {
        lmms: attempt(() => normalizeExtraction(input.extraction, input, "lmms-eval")),
        official: attempt(() => normalizeExtraction(input.extraction, input, "official")),
        official_ignore_empty: empty ? null : attempt(() => normalizeExtraction(input.extraction, input, "official")),
      };
    },
    extract_answer: (input: Response) => extractWithoutJudge(input.response, input, input.quick_extract) ?? needsJudge,
    safe_equal: ({ prediction, answer }: { prediction: unknown; answer: unknown }) => ({
      lmms: mathVistaEqual(prediction, answer, "lmms-eval"),
      official: mathVistaEqual(prediction, answer, "official"),
    }),
    process_results: ({ doc, prediction }: Doc) => {
      const extraction = extractWithoutJudge(strip(prediction), doc);
      if (extraction === undefined) return needsJudge;
      const normalized = normalizeExtraction(extraction, doc, "lmms-eval");
      return { extraction, prediction: normalized, true_false: mathVistaEqual(normalized, doc.answer, "lmms-eval") };
    },
  },
};

const mathverse: VectorFile = {
  functions: {
    score_answer_quick_match: (input: { answer: string; model_response: string }) =>
      input.model_response === input.answer,
    verify_extraction: ({ extraction }: { extraction: string }) => strip(extraction) !== "",
  },
};

export const mathVectors: Readonly<Record<string, VectorFile>> = { mathvista, mathverse };
