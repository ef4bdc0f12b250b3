/** Vector files of whole-split results: every value comes from the metric that runs use. */

import { circularAccuracy } from "../../../src/metrics/circular.js";
import { mean } from "../../../src/metrics/mean.js";
import { meanOfGroups } from "../../../src/metrics/mean-of-groups.js";
import type { Choices } from "../../../src/text/infer-choice.js";
import { inferChoice } from "../../../src/text/infer-choice.js";
import { formatFixed } from "../../../src/text/python-numbers.js";
import { lower, strip } from "../../../src/text/python-strings.js";
import { relativeScore } from "../../../tasks/llava_bench/relative-score.js";
import { staticLetter } from "../../../tasks/mmbench/score.js";
import { lmmsMmvetScore, mmvetCapabilities } from "../../../tasks/mmvet/score.js";
import { type FoldInput, foldValue } from "../fold.js";
import { PythonRandom } from "../ported/mersenne-twister.js";
import type { VectorFile } from "../vector-file.js";

type Results<T> = { readonly results: readonly T[] };

const accuracy = mean("accuracy");
const right = (value: boolean): FoldInput => ({ value: value ? 1 : 0 });
const same = (a: string, b: string): boolean => strip(lower(a)) === strip(lower(b));

/** A mean over nothing is 0 where the reference says so. */
const orZero = (value: number | null): number => value ?? 0;

const mcqAggregate: VectorFile = {
  part: "the tasks' metrics",
  functions: {
    mmstar: ({ results }: Results<{ l2_category: string; score: number }>) =>
      foldValue(
        meanOfGroups("average", { group: "l2_category" }),
        results.map(({ l2_category, score }) => ({ value: score, groups: { l2_category } })),
      ),
    seedbench: ({ results }: Results<{ pred: string; answer: string }>) =>
      foldValue(
        accuracy,
        results.map(({ pred, answer }) => right(same(pred, answer))),
      ),
    vstar: ({ results }: Results<{ score: number }>) =>
      orZero(
        foldValue(
          accuracy,
          results.map(({ score }) => ({ value: score })),
        ),
      ) * 100,
    blink: ({ results }: Results<{ is_correct: boolean }>) =>
      orZero(
        foldValue(
          accuracy,
          results.map(({ is_correct }) => right(is_correct)),
        ),
      ),
    muirbench: ({ results }: Results<{ pred: string; answer: string }>) =>
      foldValue(
        accuracy,
        results.map(({ pred, answer }) => right(same(pred, answer))),
      ),
  },
};

const relative = relativeScore("relative");
const llavaAggregate: VectorFile = {
  part: "the relative score",
  functions: {
    "": ({ scores }: { scores: readonly (readonly [number, number])[] }) => {
      const pairs = scores.filter((pair) => !pair.includes(-999));
      const value = foldValue(
        relative,
        pairs.map(([reference, model]) => ({ value: { reference, model } })),
      );
      return { wild: value, coco: value, wilder: value };
    },
  },
};

interface Graded {
  readonly capabilities: string;
  readonly score: number;
}
const combinations = [
  ...[
    "rec_gen_know",
    "rec",
    "spat_ocr",
    "spat_math_ocr",
    "rec_spat",
    "ocr",
    "math_ocr",
    "rec_know",
    "rec_spat_gen_ocr",
  ],
  ...[
    "rec_gen_ocr_know",
    "rec_spat_ocr",
    "rec_ocr",
    "know_spat_ocr",
    "rec_spat_know",
    "spat_gen_ocr",
    "rec_spat_math_ocr",
  ],
];

const mmvet: VectorFile = {
  part: "MM-Vet's metrics, and lmms-eval's re-asking",
  functions: {
    parse: ({ replies }: { replies: readonly string[] }) => {
      const { score, calls } = lmmsMmvetScore(replies);
      return score === undefined ? { $more_replies_needed: true, calls } : { score, calls };
    },
    aggregate: ({ results }: Results<Graded>) => {
      const percent = (of: readonly Graded[]) =>
        orZero(
          foldValue(
            accuracy,
            of.map(({ score }) => ({ value: score })),
          ),
        ) * 100;
      if (results.length === 0) return { overall: undefined };
      const logged: Record<string, string> = { "Overall Score": formatFixed(percent(results), 2) };
      for (const name of mmvetCapabilities)
        logged[name] = formatFixed(percent(results.filter(({ capabilities }) => capabilities.includes(name))), 2);
      // "rec" and "ocr" are capabilities and combinations: the log's second line stands.
      for (const name of combinations) {
        const wanted = [...name.split("_")].sort().join();
        const exactly = ({ capabilities }: Graded) => [...new Set(capabilities.split(","))].sort().join() === wanted;
        logged[name] = formatFixed(percent(results.filter(exactly)), 2);
      }
      return { overall: percent(results), logged };
    },
  },
};

interface Pass extends Readonly<Record<string, unknown>> {
  readonly index: number;
  readonly answer: string;
  readonly prediction: string;
  readonly category: string;
  readonly "L2-category"?: string;
}
/** The letter of a pass, `undefined` = the reference draws one. */
type Letter = (pass: Pass) => string;

/** lmms-eval looks at the passes in the order of their index and stops at the first wrong one: draws depend on it. */
function circular(results: readonly Pass[], undecided: Letter) {
  const hit = new Map<number, boolean>();
  const sorted = [...results].sort((a, b) => a.index - b.index);
  for (const { index } of sorted)
    if (index < 1e6)
      hit.set(
        index,
        everyPassRight(
          sorted.filter((pass) => pass.index % 1e6 === index),
          undecided,
        ),
      );
  const inputs = sorted.map((pass) => {
    const question = pass.index % 1e6;
    const data = { first: pass.index < 1e6 };
    return { value: hit.get(question) === true ? 1 : 0, data, cluster: String(question), pass };
  });
  const metric = circularAccuracy("circular_accuracy");
  const by = (key: "category" | "L2-category") => {
    const names = new Set(inputs.filter(({ data }) => data.first).flatMap(({ pass }) => pass[key] ?? []));
    const rateOf = (name: string) =>
      foldValue(
        metric,
        inputs.filter(({ pass }) => pass[key] === name),
        "lmms-eval",
      );
    return Object.fromEntries([...names].map((name) => [name, rateOf(name)]));
  };
  const overall = foldValue(metric, inputs, "lmms-eval");
  if (results.length === 0) return undefined;
  return {
    overall,
    category: by("category"),
    l2_category: by("L2-category"),
    score_percent: overall === null ? null : overall * 100,
  };
}

function everyPassRight(passes: readonly Pass[], undecided: Letter): boolean {
  const matched = passes.map((pass) => inferChoice(pass.prediction, choicesOf(pass), "mmbench"));
  if (passes.some((pass, i) => matched[i] !== undefined && matched[i] !== pass.answer)) return false;
  return passes.every((pass, i) => (matched[i] ?? undecided(pass)) === pass.answer);
}

// The reference keeps missing options as the text "nan", which is contained in "banana".
function choicesOf(pass: Pass): Choices {
  return Object.fromEntries(
    [..."ABCD"].filter((letter) => letter in pass).map((letter) => [letter, String(pass[letter])]),
  );
}

const mmbenchEval: VectorFile = {
  part: "MMBench's metric and rules",
  functions: {
    static: ({ results }: Results<Pass>) =>
      circular(results, (pass) => staticLetter(pass.prediction, choicesOf(pass)).letter),
    judge_not_needed: ({ results }: Results<Pass>) => circular(results, () => ""),
    judge_always_fails_seed_2680: ({ results }: Results<Pass>) => {
      const random = new PythonRandom(2680);
      return circular(results, () => "ABCDE"[random.randint(0, 4)] ?? "");
    },
  },
};

export const aggregateVectors: Readonly<Record<string, VectorFile>> = {
  mcq_aggregate: mcqAggregate,
  llava_aggregate: llavaAggregate,
  mmvet,
  mmbench_eval: mmbenchEval,
};
