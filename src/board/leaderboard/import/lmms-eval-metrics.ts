/**
 * What lmms-eval's metrics are: our name, the unit, and which leads. Its files state no units, and one metric's name has several
 * (`gpt_eval_score` is a fraction in MathVerse and a percentage in MMBench), so the key is (task, metric).
 * Source: the tasks' aggregation functions in EvolvingLMMs-Lab/lmms-eval at 75571cfe and, for names of 2024, at 66c7d29a.
 */
import type { MetricResult } from "../../../core/metric-result.js";

export interface MetricForm {
  /** Ours where the task has the same metric, else theirs. */
  readonly name: string;
  readonly unit: MetricResult["unit"];
  /** Where a value can lie: one outside is no value, an interval is cut to it. */
  readonly range: readonly [number, number];
  /**
   * `_stderr_clt` and `_stderr_clustered` are errors of the mean of the samples' scores (0..1). What they must be multiplied by to
   * be this metric's; absent where the metric is no such mean (F1, CIDEr, MME's sums).
   */
  readonly perSample?: number;
  /** Smaller leads. */
  readonly rank: number;
  /** The task is known to have it: a cell without a number is this metric without a value, not something else. */
  readonly known: boolean;
}

type Kind = Omit<MetricForm, "name" | "rank" | "known">;

const fraction: Kind = { unit: "fraction", range: [0, 1] };
const fractionMean: Kind = { ...fraction, perSample: 1 };
const percent: Kind = { unit: "percent", range: [0, 100] };
const percentMean: Kind = { ...percent, perSample: 100 };
/** Against a reference answer: above 100 when the model is better. */
const relative: Kind = { unit: "percent", range: [0, Number.POSITIVE_INFINITY] };
const ratio: Kind = { unit: "ratio", range: [0, Number.POSITIVE_INFINITY] };
const points = (most: number): Kind => ({ unit: "points", range: [0, most] });
/** Neither their files nor this table say what it is: the number as it stands. */
const plain: Kind = { unit: "ratio", range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] };

interface Rule {
  /** Their metric; `*` stands for any text, which takes its place in `name`. */
  readonly metric: string;
  readonly name?: string;
  readonly kind: Kind;
}

const rule = (metric: string, kind: Kind, name?: string): Rule => ({ metric, kind, ...(name ? { name } : {}) });

const captions = ["CIDEr", "Bleu_4", "Bleu_3", "Bleu_2", "Bleu_1", "METEOR", "ROUGE_L", "SPICE"].map((name) =>
  rule(`*_${name}`, ratio, name),
);
const boxes = (main: string) =>
  [main, "IoU", "ACC@0.1", "ACC@0.3", "ACC@0.5", "ACC@0.7", "ACC@0.9", "Center_ACC"].map((name) =>
    rule(`*_${name}`, fraction, name),
  );
const exactMatch = [rule("exact_match", fractionMean, "accuracy")];
const anls = [rule("anls", fractionMean)];
const mmmu = [rule("mmmu_acc", fractionMean, "accuracy")];
const seed = [
  rule("seed_all", fractionMean, "accuracy"),
  rule("seed_*", fraction),
  rule("acc", fractionMean, "accuracy"),
];
const review = (name: string) => [
  rule(`gpt_eval_${name}_all`, relative, "relative_score"),
  rule(`gpt_eval_${name}_*`, relative),
];

/** By task, or by the beginning of its name up to a `_`, `-` or `+`: `pope` is also `pope_adv`. The first that fits counts. */
const tasks: Readonly<Record<string, readonly Rule[]>> = {
  ai2d: exactMatch,
  blink: [rule("blink_acc", fractionMean, "accuracy")],
  chartqa: [
    rule("relaxed_overall", fractionMean),
    rule("relaxed_human_split", fractionMean),
    rule("relaxed_augmented_split", fractionMean),
  ],
  cmmmu: [rule("cmmmu_acc", fraction, "accuracy")],
  coco2014_cap: captions,
  coco2017_cap: captions,
  dc100_en: [rule("llm_as_judge_eval", points(Number.POSITIVE_INFINITY), "rating")],
  dc200_cn: [rule("llm_as_judge_eval", points(Number.POSITIVE_INFINITY), "rating")],
  docvqa: anls,
  ferret: review("ferret"),
  flickr30k: captions,
  gqa: exactMatch,
  hallusion_bench_image: [rule("aAcc", percent), rule("fAcc", percent), rule("qAcc", percent)],
  iconqa: anls,
  infovqa: anls,
  live_bench: [rule("gpt4_eval_score", percent, "score")],
  llava_in_the_wild: review("llava"),
  llava_wilder: review("llava"),
  mathverse: [rule("gpt_eval_score", fractionMean, "accuracy"), rule("llm_as_judge_eval", fractionMean, "accuracy")],
  mathvision_reason: [rule("llm_as_judge_eval", fractionMean, "accuracy")],
  mathvision: [rule("mathvision_standard_eval", percent, "accuracy")],
  mathvista: [rule("llm_as_judge_eval", percent, "accuracy"), rule("gpt_eval_score", percent, "accuracy")],
  mmbench: [rule("gpt_eval_score", percent, "circular_accuracy")],
  mme: [rule("mme_perception_score", points(2000)), rule("mme_cognition_score", points(800))],
  mmmu,
  mmstar: [rule("average", fraction), rule("*", fraction)],
  mmt: [rule("accuracy", percent)],
  mmvet: [rule("gpt_eval_score", percentMean, "score")],
  muirbench: [rule("muirbench_score_overall", fractionMean, "accuracy")],
  multidocvqa: [rule("anls", fraction), rule("accuracy", fraction)],
  nocaps: captions,
  ocrbench: [rule("ocrbench_accuracy", fraction)],
  ok_vqa: exactMatch,
  pope: [
    rule("pope_f1_score", fraction, "f1"),
    rule("pope_accuracy", fractionMean, "accuracy"),
    rule("pope_precision", fraction, "precision"),
    rule("pope_recall", fraction, "recall"),
    // Theirs is the share of yes among the references, ours among the answers.
    rule("pope_yes_ratio", fraction),
  ],
  realworldqa: exactMatch,
  refcoco_grounding: boxes("ACC@0.5"),
  refcoco_plus_grounding: boxes("ACC@0.5"),
  refcocog_grounding: boxes("ACC@0.5"),
  refcoco_bbox_rec: boxes("ACC@0.5"),
  "refcoco+_bbox_rec": boxes("ACC@0.5"),
  refcocog_bbox_rec: boxes("ACC@0.5"),
  refcoco: captions,
  refcocog: captions,
  scienceqa: exactMatch,
  screenspot_rec: boxes("Center_ACC"),
  screenspot_reg: captions,
  seedbench: seed,
  seedbench_2: seed,
  textcaps: captions,
  textvqa: exactMatch,
  vizwiz_vqa: exactMatch,
  vqav2: exactMatch,
  vstar_bench: [
    rule("vstar_overall_acc", percentMean, "accuracy"),
    rule("vstar_direct_attributes_acc", percentMean),
    rule("vstar_relative_position_acc", percentMean),
  ],
  vstar_bench_direct_attributes: [rule("vstar_direct_attributes_acc", percentMean, "accuracy")],
  vstar_bench_relative_position: [rule("vstar_relative_position_acc", percentMean, "accuracy")],
  websrc: [rule("websrc_squad_f1", fraction)],
};

/**
 * lm-eval's own registered metrics that are means of values in 0..1 (lm_eval/api/metrics.py), for any task of either harness; and what every
 * form with thoughts is scored by.
 */
const registered: readonly Rule[] = ["acc", "acc_norm", "exact_match", "acc_score", "format_score"].map((name) =>
  rule(name, fractionMean),
);

export function metricForm(task: string, metric: string): MetricForm {
  const rules = rulesOf(task);
  for (const [rank, { metric: pattern, name = pattern, kind }] of [...rules, ...registered].entries()) {
    const [before = "", after] = pattern.split("*");
    const fits =
      after === undefined
        ? metric === pattern
        : metric.length >= before.length + after.length && metric.startsWith(before) && metric.endsWith(after);
    if (fits) return { ...kind, name: name.includes("*") ? metric : name, rank, known: true };
  }
  return { ...plain, name: metric, rank: rules.length + registered.length, known: false };
}

/** The longest of the table's names that is the task's, or its beginning. */
function rulesOf(task: string): readonly Rule[] {
  for (
    let end = task.length;
    end > 0;
    end = Math.max(...["_", "-", "+"].map((mark) => task.lastIndexOf(mark, end - 1)))
  ) {
    const name = task.slice(0, end);
    if (Object.hasOwn(tasks, name)) return tasks[name] ?? [];
  }
  return [];
}
