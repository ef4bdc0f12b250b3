/** lmms-eval's `*_results.json` as leaderboard entries. Form: lmms_eval/evaluator.py and loggers/evaluation_tracker.py, 0.7.2. */
import { basename, dirname } from "node:path";
import { UserError } from "../../core/errors.js";
import type { LeaderboardEntry, MetricResult } from "../../core/result.js";
import { check, Type } from "../../core/schema.js";
import { readJson } from "../read-file.js";

const Table = <T>(values: object) =>
  Type.Unsafe<Readonly<Record<string, T>>>({ type: "object", additionalProperties: values });

const LmmsEvalResults = Type.Object({
  results: Table<Readonly<Record<string, unknown>>>({ type: "object" }),
  "n-samples": Type.Optional(Table<{ original?: number; effective?: number }>({ type: "object" })),
  higher_is_better: Type.Optional(Table<Readonly<Record<string, boolean | null>>>({ type: "object" })),
  model_name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  model_source: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  date: Type.Optional(Type.Union([Type.String(), Type.Number()])),
});

/** @param taskName our name for theirs (an alias), or theirs */
export async function importLmmsEval(path: string, taskName: (theirs: string) => string): Promise<LeaderboardEntry[]> {
  const data = check(LmmsEvalResults, await readJson(path), path, "name a *_results.json that lmms-eval has written");
  const model = data.model_name || data.model_source || basename(dirname(path));
  const entries = Object.entries(data.results).flatMap(([task, values]): LeaderboardEntry[] => {
    const metrics = metricsOf(values, data.higher_is_better?.[task] ?? {});
    if (metrics.length === 0) return [];
    const { original = 0, effective = original } = data["n-samples"]?.[task] ?? {};
    const partial = effective < original;
    return [
      {
        ...{ model, task: taskName(task), version: 0, scoring: "lmms-eval", promptProfile: "lmms-eval" },
        dataset: { source: task },
        metrics: metrics.map((metric) => ({ ...metric, n: effective })),
        n: { total: effective, scored: effective },
        ...{ flags: partial ? ["partial"] : [], run: path, origin: "lmms-eval" },
      },
    ];
  });
  if (entries.length === 0)
    throw new UserError("no task of this file has a number", path, "name a file of a finished evaluation");
  return entries;
}

function metricsOf(
  values: Readonly<Record<string, unknown>>,
  higher: Readonly<Record<string, boolean | null>>,
): MetricResult[] {
  return Object.entries(values).flatMap(([key, value]): MetricResult[] => {
    // `exact_match,none`: metric and filter. Standard errors and stability figures have names of their own.
    const [name = "", filter = "none"] = key.split(",");
    if (
      !key.includes(",") ||
      typeof value !== "number" ||
      /_stderr|_(expected|consensus)_accuracy|_internal_variance|_consistency_rate/.test(name)
    )
      return [];
    const stderr = values[`${name}_stderr,${filter}`];
    const unit = unitOf(name, value);
    return [
      {
        name: filter === "none" ? name : `${name} (${filter})`,
        unit,
        direction: higher[name] === false ? "lower" : "higher",
        value,
        n: 0,
        // Not a number where they could not compute one: "N/A", "[]".
        ...(typeof stderr === "number"
          ? { stderr, interval: [value - 1.96 * stderr, value + 1.96 * stderr] as const }
          : {}),
      },
    ];
  });
}

/** They do not state units: GPT-judged scores are 0..100, MME's are points, captions ratios, the rest fractions. */
function unitOf(name: string, value: number): MetricResult["unit"] {
  if (/mme_.*_score/.test(name)) return "points";
  if (/CIDEr|Bleu|ROUGE|METEOR|SPICE/i.test(name)) return "ratio";
  if (/gpt_eval/.test(name)) return "percent";
  return value >= 0 && value <= 1 ? "fraction" : "points";
}
