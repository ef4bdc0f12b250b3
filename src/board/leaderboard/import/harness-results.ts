/**
 * Results files of lmms-eval and of lm-evaluation-harness, which it grew out of: one form. Source: lmms_eval/evaluator.py and
 * loggers/evaluation_tracker.py at 75571cfe (0.7), at 66c7d29a (0.1, 0.2: `model_configs`, no `n-samples`); lm_eval 0.3 and 0.4.13.
 */

import { basename, dirname } from "node:path";
import { defined } from "../../../core/defined.js";
import { UserError } from "../../../core/errors.js";
import type { MetricResult } from "../../../core/metric-result.js";
import { check, Type } from "../../../core/schema.js";
import type { LeaderboardEntry } from "../../../record/leaderboard-entry.js";
import { dateIn, isOurTime, isValue, noValue, numberOf, readForeignJson } from "./foreign-file.js";
import { metricForm } from "./lmms-eval-metrics.js";

/** Only what must have its form; the rest differs between versions and is looked at with care. */
const ResultsFile = Type.Object({
  results: Type.Unsafe<Readonly<Record<string, Readonly<Record<string, unknown>>>>>({
    type: "object",
    additionalProperties: { type: "object" },
  }),
});

type Values = Readonly<Record<string, unknown>>;
export type Harness = "lmms-eval" | "lm-eval";

const whatToName = "name a *_results.json that lmms-eval or lm-eval has written, or the folder with it";

/**
 * @param named  which of the two the user says it is; the file itself knows better where it says so
 * @param taskName  our name for theirs (an alias), or theirs
 * @param notes  what a reader should know is added here
 */
export async function importHarnessResults(
  path: string,
  named: Harness,
  taskName: (theirs: string) => string,
  notes: string[] = [],
): Promise<LeaderboardEntry[]> {
  const file = recordOf(await readForeignJson(path, whatToName));
  refuseOtherForms(file, path);
  const { results } = check(ResultsFile, file, path, whatToName);
  const harness = "lm_eval_version" in file ? "lm-eval" : "lmms_eval_version" in file ? "lmms-eval" : named;
  const model = modelOf(file, path);
  const finishedAt = dateOf(file.date) ?? dateOf(basename(path));
  const groups = new Set([...Object.keys(recordOf(file.groups)), ...groupsOf(file.group_subtasks)]);
  const entries = Object.entries(results).flatMap(([task, values]): LeaderboardEntry[] => {
    const metrics = metricsOf(task, values, recordOf(recordOf(file.higher_is_better)[task]));
    for (const { name, note, value } of metrics) if (value === null) notes.push(`${path}: ${task} ${name}: ${note}`);
    if (metrics.length === 0) {
      // The heading above the tasks of a group has no number of its own.
      if (!groups.has(task)) notes.push(`${path}: ${task} has no number (a submission, or not evaluated)`);
      return [];
    }
    const { scored, partial } = countsOf(file, task, values, (words) => notes.push(`${path}: ${task}: ${words}`));
    if (scored === 0) {
      notes.push(`${path}: ${task} was evaluated on no sample: what its numbers say is of nothing`);
      return [];
    }
    // A group that averages other tasks must not pass for the task of ours that has its name.
    const name = groups.has(task) ? `${task} (group)` : taskName(task);
    const whole = numberOf(recordOf(file.versions)[task]);
    return [
      {
        ...{ model, task: name, scoring: harness, promptProfile: harness, dataset: { source: task } },
        version: whole !== undefined && Number.isSafeInteger(whole) && whole >= 0 ? whole : 0,
        metrics: metrics.map((metric) => ({ ...metric, n: scored ?? 0 })),
        ...(scored === undefined ? {} : { n: { total: scored, scored } }),
        flags: partial ? ["partial"] : [],
        ...defined({ finishedAt }),
        ...{ run: path, origin: harness },
      },
    ];
  });
  if (entries.length === 0)
    throw new UserError("no task of this file has a number", path, "name a file of a finished evaluation");
  return entries;
}

/** Files that people take for results, each by its name. */
function refuseOtherForms(file: Values, path: string): void {
  const refuse = (what: string) => {
    throw new UserError(`this is ${what}, not a results file of lmms-eval or lm-eval`, path, whatToName);
  };
  if ("eval" in file && ("plan" in file || "samples" in file)) refuse("a log of inspect_ai");
  if ("evaluation_results" in file && "schema_version" in file) refuse("a record of Every Eval Ever");
  const schema = file.schema;
  if (typeof schema === "string" && schema.startsWith("llava-eval/")) refuse(`${schema}, a file of llava-eval`);
}

function metricsOf(task: string, values: Values, higher: Values): MetricResult[] {
  const found: { key: string; theirs: string; filter: string; value: number | undefined }[] = [];
  for (const [key, text] of Object.entries(values)) {
    // `exact_match,none`: metric and filter; lm-eval up to 0.3 writes the metric alone.
    const comma = key.indexOf(",");
    const theirs = comma < 0 ? key : key.slice(0, comma);
    const value = numberOf(text);
    if (notMetrics.has(key) || /_stderr(_clt|_clustered)?$/.test(theirs)) continue;
    // An aggregation that failed leaves null: the next metric must not take its place.
    if (value === undefined && !metricForm(task, theirs).known) continue;
    found.push({ key, theirs, filter: comma < 0 ? "none" : key.slice(comma + 1), value });
  }
  if (found.every(({ value }) => value === undefined)) return [];
  const metrics = found.map(({ key, theirs, filter, value }) => {
    const form = metricForm(task, theirs);
    const alone = found.filter((one) => one.theirs === theirs).length === 1;
    const result: MetricResult = {
      name: filter === "none" || alone ? form.name : `${form.name} (${filter})`,
      unit: form.unit,
      direction: higher[theirs] === false ? "lower" : "higher",
      ...{ value: null, n: 0 },
      ...(value === undefined
        ? { note: `their ${JSON.stringify(values[key])} is no number` }
        : isValue(value, form.range)
          ? { value, ...errorOf(values, { key, theirs, value }, form) }
          : { note: noValue(value, form.range) }),
    };
    return { rank: form.rank, filtered: filter === "none" ? 0 : 1, result };
  });
  return metrics.sort((a, b) => a.rank - b.rank || a.filtered - b.filtered).map(({ result }) => result);
}

/** What stands among the metrics and is none. */
const notMetrics = new Set(["alias", "samples", "sample_len", "sample_count", "effective_sample_len"]);

/** The best standard error that the file has for this metric, and which it is. */
function errorOf(
  values: Values,
  { key, theirs, value }: { readonly key: string; readonly theirs: string; readonly value: number },
  { perSample, range }: ReturnType<typeof metricForm>,
): Pick<MetricResult, "stderr" | "interval" | "method" | "note"> {
  const filter = key.slice(theirs.length);
  const error = (name: string) => {
    const found = numberOf(values[`${theirs}_${name}${filter}`]);
    return found !== undefined && Number.isFinite(found) && found >= 0 ? found : undefined;
  };
  const perMean = [
    { method: "clustered", found: error("stderr_clustered") },
    { method: "clt", found: error("stderr_clt") },
  ] as const;
  const best = perMean.find(({ found }) => found !== undefined);
  if (best?.found !== undefined && perSample !== undefined)
    return withError(value, best.found * perSample, best.method, range);
  const own = error("stderr");
  if (own !== undefined) return withError(value, own, "reported", range);
  // Theirs is the error of the samples' mean score, which this metric is not, or not known to be.
  return best === undefined ? {} : { note: `their standard error ${best.found} is that of the samples' mean score` };
}

function withError(
  value: number,
  stderr: number,
  method: "clustered" | "clt" | "reported",
  range: readonly [number, number],
) {
  const cut = (end: number) => Math.min(range[1], Math.max(range[0], end));
  const interval = [cut(value - 1.96 * stderr), cut(value + 1.96 * stderr)] as const;
  return interval.every(Number.isFinite) ? { stderr, interval, method } : {};
}

interface Counts {
  readonly scored?: number;
  readonly partial: boolean;
}

/** `{original, effective}`, or the length that stands among the metrics; fewer samples than the split has are a part of it. */
function countsOf(file: Values, task: string, values: Values, doubt: (words: string) => void): Counts {
  const { original, effective } = recordOf(recordOf(file["n-samples"])[task]);
  const size = (count: unknown) => {
    const found = numberOf(count);
    return found !== undefined && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
  };
  const [all, used] = [size(original), size(effective)];
  const limit = recordOf(file.config).limit ?? recordOf(file.model_configs).limit;
  const limited =
    limit !== undefined &&
    limit !== null &&
    limit !== "None" &&
    !(typeof limit === "number" && all !== undefined && limit >= all);
  if (all !== undefined && used !== undefined && used > all) {
    doubt(`${used} samples of ${all}: neither is believed`);
    return { partial: limited };
  }
  const scored = used ?? (limited ? undefined : all) ?? size(values.samples) ?? size(values.sample_len);
  return { ...defined({ scored }), partial: scored !== undefined && all !== undefined ? scored < all : limited };
}

/** In their own order: with `peft=` and `pretrained=` the adapter is the model. */
const modelKeys = ["peft", "delta", "pretrained", "model", "model_version", "model_name", "model_id", "path", "engine"];

/** The model's name, never the back end's: `model_name`, else out of `model_args`, else the folder, with the back end. */
function modelOf(file: Values, path: string): string {
  const named = textOf(file.model_name);
  if (named) return named;
  const config = { ...recordOf(file.model_configs), ...recordOf(file.config) };
  const args = config.model_args;
  const pairs = typeof args === "string" ? argumentPairs(args) : Object.entries(recordOf(args));
  for (const key of modelKeys) {
    const value = textOf(pairs.find(([name]) => name === key)?.[1]);
    if (value) return value;
  }
  const backEnd = textOf(file.model_source) || textOf(config.model);
  const folder = basename(dirname(path));
  return backEnd ? `${backEnd} (${folder}/${basename(path)})` : `${folder}/${basename(path)}`;
}

/** `pretrained="a/b",device_map=auto` */
function argumentPairs(text: string): [string, string][] {
  return text.split(",").flatMap((part): [string, string][] => {
    const at = part.indexOf("=");
    return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1)]];
  });
}

const textOf = (value: unknown) =>
  typeof value === "string"
    ? value
        .trim()
        .replace(/^(["'])(.*)\1$/s, "$2")
        .trim()
    : "";

/** Seconds since 1970 (lm-eval), or `20250601_120000` and `2025-06-01T12-00-00` in a date or a file's name. */
function dateOf(value: unknown): string | undefined {
  if (typeof value === "number") {
    const date = new Date(value * 1000);
    return isOurTime(date) ? date.toISOString() : undefined;
  }
  return dateIn(
    /(\d{4})-?(\d{2})-?(\d{2})[_T ](\d{2})[-:]?(\d{2})[-:]?(\d{2})/.exec(typeof value === "string" ? value : ""),
  );
}

/** Names in `group_subtasks` that have sub-tasks; lmms-eval lists plain tasks there too, with none. */
function groupsOf(subtasks: unknown): string[] {
  return Object.entries(recordOf(subtasks)).flatMap(([name, list]) =>
    Array.isArray(list) && list.length > 0 && !(list.length === 1 && list[0] === name) ? [name] : [],
  );
}

function recordOf(value: unknown): Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};
}
