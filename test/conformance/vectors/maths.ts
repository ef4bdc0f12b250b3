/** Vector files of the mathematics benchmarks. */

import { mean } from "../../../src/metrics/mean.js";
import { formatFixed, roundHalfEven } from "../../../src/text/python-numbers.js";
import { strip } from "../../../src/text/python-strings.js";
import {
  extractWithoutJudge,
  type MathVistaProblem,
  mathVistaEqual,
  normalizeExtraction,
} from "../../../tasks/mathvista/answer.js";
import { foldValue } from "../fold.js";
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

const accuracy = mean("accuracy");
const share = (values: readonly boolean[]): number | null =>
  foldValue(
    accuracy,
    values.map((value) => ({ value: value ? 1 : 0 })),
  );

const mathvista: VectorFile = {
  part: "MathVista's steps: extraction, normal form, equality",
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
    // lmms-eval prints percent with two decimals, and null where the accuracy is 0.
    aggregate: ({ results }: { results: readonly { true_false: boolean }[] }) => {
      const value = share(results.map(({ true_false }) => true_false));
      return value === null || value === 0 ? null : roundHalfEven(value * 100, 2);
    },
  },
};

interface VerseResult {
  readonly sample_index: string;
  readonly prediction: string;
  readonly answer: string | null;
  readonly problem_version: string;
  readonly metadata: { readonly subfield: string };
  readonly true_false?: boolean;
}
interface VerseInput {
  readonly results: readonly VerseResult[];
  readonly config: { readonly metadata: { readonly trunk_response?: number } };
}

/** lmms-eval's quick match: equal to the last words of the response, as many as the configuration keeps. */
function mathverseResults({ results, config }: VerseInput) {
  const kept = config.metadata.trunk_response ?? -1;
  const judged = results.map((result) => {
    const whole = strip(result.prediction);
    const prediction = kept > 0 ? whole.split(" ").slice(-kept).join(" ") : whole;
    return {
      ...result,
      prediction,
      right: result.true_false ?? (result.answer !== null && prediction === result.answer),
    };
  });
  const counts = (of: typeof judged) => ({ correct: of.filter(({ right }) => right).length, total: of.length });
  const percent = (of: typeof judged) => (share(of.map(({ right }) => right)) ?? Number.NaN) * 100;
  const by = (name: (result: VerseResult) => string) =>
    Object.fromEntries(
      [...new Set(judged.map(name))].map((value) => {
        const of = judged.filter((result) => name(result) === value);
        return [value, { accuracy: formatFixed(percent(of), 2), ...counts(of) }];
      }),
    );
  if (judged.length === 0) return undefined;
  return {
    scores: {
      average: { accuracy: roundHalfEven(percent(judged), 2), ...counts(judged) },
      problem_version: by(({ problem_version }) => problem_version),
      subfield: by(({ metadata }) => metadata.subfield),
    },
    per_sample: Object.fromEntries(
      judged.map(({ sample_index, prediction, right }) => [sample_index, [prediction, right]]),
    ),
  };
}

const mathverse: VectorFile = {
  part: "MathVerse's steps and metric",
  functions: {
    score_answer_quick_match: (input: { answer: string; model_response: string }) =>
      input.model_response === input.answer,
    eval_results: mathverseResults,
    aggregate: ({ results }: { results: readonly (number | boolean)[] }) =>
      foldValue(
        accuracy,
        results.map((value) => ({ value: Number(value) })),
      ),
    verify_extraction: ({ extraction }: { extraction: string }) => strip(extraction) !== "",
  },
};

export const mathVectors: Readonly<Record<string, VectorFile>> = { mathvista, mathverse };
