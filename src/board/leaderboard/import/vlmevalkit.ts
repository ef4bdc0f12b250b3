/** VLMEvalKit's result files (`MODEL_DATASET_acc.csv`, `_score.csv`, and `.json` of both) as leaderboard entries. */

import { basename, dirname } from "node:path";
import { defined } from "../../../core/defined.js";
import { UserError } from "../../../core/errors.js";
import type { MetricResult } from "../../../core/metric-result.js";
import type { LeaderboardEntry } from "../../../record/leaderboard-entry.js";
import { readCsv, recordsOf } from "../../format/read-csv.js";
import { dateIn, isValue, noValue, numberOf, readForeignJson, readForeignText } from "./foreign-file.js";
import { datasetNames, taskOfDataset } from "./vlmevalkit-datasets.js";

/** What a result file's name ends in. */
export const vlmEvalKitFile = /_(acc|score)\.(csv|json)$/;

const whatToName = "name a *_acc.csv, *_score.csv, *_acc.json or *_score.json, or the folder of one model";

/** One file; @param notes  what a reader should know is added here */
export async function importVlmEvalKit(
  path: string,
  taskName: (theirs: string) => string,
  notes: string[] = [],
): Promise<LeaderboardEntry[]> {
  if (!vlmEvalKitFile.test(path)) throw new UserError("this is no result file of VLMEvalKit", path, whatToName);
  const records = path.endsWith(".json")
    ? jsonRecords(await readForeignJson(path, whatToName))
    : await csvRecords(path);
  const { model, dataset, judge } = namesOf(path);
  const metrics = metricsOf(records, dataset);
  if (metrics.length === 0) throw new UserError("no result of VLMEvalKit here", path, whatToName);
  const twice = metrics.find(({ name }, i) => metrics.findIndex((one) => one.name === name) !== i);
  if (twice) throw new UserError(`two rows say what ${twice.name} is`, path, "leave the row in that counts");
  for (const { name, note } of metrics) if (note !== undefined) notes.push(`${path}: ${dataset} ${name}: ${note}`);
  const known = Object.hasOwn(taskOfDataset, dataset) ? taskOfDataset[dataset] : undefined;
  if (known === undefined && !datasetNames.has(dataset))
    notes.push(`${path}: "${dataset}" is no data set of VLMEvalKit that this version knows; it stands under that name`);
  const finishedAt = dateIn(
    /(?:^|[\\/])T(\d{4})(\d{2})(\d{2})(?:[-_](\d{2})(\d{2})(\d{2}))?[^\\/]*[\\/][^\\/]*$/.exec(path),
  );
  return [
    {
      ...{ model, task: known ? taskName(known.task) : dataset, version: 0 },
      ...{ scoring: "VLMEvalKit", promptProfile: "VLMEvalKit", dataset: { source: dataset } },
      ...defined({ judge }),
      metrics: known
        ? metrics.map((metric, i) => ({ ...metric, name: ourName(metric.name, known.metric, i) }))
        : metrics,
      ...{ flags: [], run: path, origin: "VLMEvalKit" },
      ...defined({ finishedAt }),
    },
  ];
}

/** Their main number has a name of ours; a number of another split has not. */
function ourName(theirs: string, main: string, position: number): string {
  const names: Readonly<Record<string, string>> = {
    perception: "mme_perception_score",
    reasoning: "mme_cognition_score",
    acc: "accuracy",
  };
  if (position === 0) return theirs.includes("(split ") ? theirs : main;
  return names[theirs] ?? theirs;
}

/** Judges that VLMEvalKit puts behind the data set's name (`run.py`, `judge_util.py`): GPT, SiliconFlow's and the local one, or none. */
const judgeName =
  /_((?:chat)?gpt-[\w.-]+|o\d(?:-mini|-preview)?(?:-[\d-]+)?|qwen-\d+b|deepseek(?:-[\w.]+)?|llama31-8b|exact_matching)$/i;

interface Names {
  readonly model: string;
  readonly dataset: string;
  readonly judge?: string;
}

/** `MODEL_DATASET` or `MODEL_DATASET_JUDGE`. All three may hold underscores; the folder is named after the model. */
function namesOf(path: string): Names {
  const name = basename(path).replace(vlmEvalKitFile, "");
  const owner = [dirname(path), dirname(dirname(path))]
    .map((folder) => basename(folder))
    .find((folder) => folder !== "" && name.startsWith(`${folder}_`) && name.length > folder.length + 1);
  if (owner !== undefined) return { model: owner, ...datasetAndJudge(name.slice(owner.length + 1)) };
  // Without that folder only a name that is known tells where the model ends: the longest that fits.
  const parts = name.split("_");
  for (let first = 1; first < parts.length; first++) {
    const rest = datasetAndJudge(parts.slice(first).join("_"));
    if (datasetNames.has(rest.dataset)) return { model: parts.slice(0, first).join("_"), ...rest };
  }
  throw new UserError(
    `where the model's name ends in "${name}" cannot be told: none of its endings is a data set of VLMEvalKit`,
    path,
    "put the file into a folder that has the model's name",
  );
}

function datasetAndJudge(rest: string): Omit<Names, "model"> {
  if (datasetNames.has(rest)) return { dataset: rest };
  const judge = judgeName.exec(rest);
  return judge?.[1] !== undefined && judge.index > 0
    ? { dataset: rest.slice(0, judge.index), judge: judge[1] }
    : { dataset: rest };
}

type TableRow = Readonly<Record<string, unknown>>;

const csvRecords = async (path: string): Promise<TableRow[]> =>
  recordsOf(readCsv(await readForeignText(path, whatToName)));

/** One object, or pandas' list of rows (`EVAL_FORMAT=json`). */
function jsonRecords(data: unknown): TableRow[] {
  const isRecord = (value: unknown): value is TableRow =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return (Array.isArray(data) ? data : [data]).filter(isRecord);
}

/** The split that a data set is known by, where its file may hold rows of several. */
const splitOf: Readonly<Record<string, string>> = {
  MMBench_DEV_CN: "dev",
  MMBench_DEV_EN: "dev",
  MMMU_DEV_VAL: "validation",
  MMMU_VAL: "validation",
  "MMT-Bench_VAL": "ALL",
  "MMT-Bench_VAL_MI": "ALL",
};
const relative = "Relative Score (main)";
/** Else the first of these that a file has leads. */
const namedSplit = /_(dev|test|val)(?=_|$)/i;
const mainSplits = ["Overall", "none", "validation", "val", "dev", "test", "ALL"];

/** The unit follows from the function that wrote the file, which its columns show (see the data set classes' `evaluate`). */
function metricsOf(table: readonly TableRow[], dataset: string): MetricResult[] {
  const own = splitOf[dataset] ?? splitInName(table, dataset);
  const place = ({ split }: TableRow) => {
    if (split === undefined || split === own) return -1;
    const at = mainSplits.indexOf(String(split));
    return at < 0 ? mainSplits.length : at;
  };
  const rows = [...table].sort((a, b) => place(a) - place(b));
  const [main] = rows;
  if (!main) return [];
  // MME has no overall number; its two sums are points.
  if ("perception" in main)
    return [...number(main.perception, "perception", "points"), ...number(main.reasoning, "reasoning", "points")];
  if ("aAcc" in main) return ["aAcc", "fAcc", "qAcc"].flatMap((name) => number(main[name], name, "percent"));
  // Yes/no files: Overall is F1 in per cent, the accuracy stands beside it.
  if ("precision" in main) return [...number(main.Overall, "F1", "percent"), ...number(main.acc, "acc", "percent")];
  if ("Final Score" in main)
    return number(main["Final Score"], "Final Score", dataset === "OCRBench" ? "count" : "points");
  // They multiply these by 100; CIDEr itself is a ratio.
  if ("CIDEr" in main) return ["CIDEr", "ROUGE_L"].flatMap((name) => number(main[name], name, "ratio", 100));
  // Judged files: one line for each skill, the overall one among them.
  const [key = ""] = Object.keys(main);
  const overall = rows.filter((row) => String(row[key] ?? "").toLowerCase() === "overall");
  if (relative in main) return overall.flatMap((row) => number(row[relative], relative, "percent"));
  if ("tot" in main && "acc" in main) return overall.flatMap((row) => number(row.acc, "acc", "percent"));
  // Multiple choice writes fractions and has a `split` column; the VQA family writes per cent and has none, but for MathVerse's versions.
  return rows.flatMap((row) => {
    const { split } = row;
    const plain = split === undefined || (own === undefined ? rows.length === 1 || split === "Overall" : split === own);
    return number(
      row.Overall,
      plain ? "Overall" : `Overall (split ${String(split)})`,
      "split" in row && !dataset.startsWith("MathVerse_MINI") ? "fraction" : "percent",
    );
  });
}

/** `ScienceQA_TEST` is known by its test rows, where its file has some that are called so. */
function splitInName(table: readonly TableRow[], dataset: string): string | undefined {
  const named = namedSplit.exec(dataset)?.[1]?.toLowerCase();
  return table.some(({ split }) => split === named) ? named : undefined;
}

/** Where values of a unit lie; a relative score has no end. */
const ranges: Readonly<Record<MetricResult["unit"], readonly [number, number]>> = {
  fraction: [0, 1],
  percent: [0, 100],
  points: [0, Number.POSITIVE_INFINITY],
  ratio: [0, Number.POSITIVE_INFINITY],
  count: [0, Number.POSITIVE_INFINITY],
};

/** None where the file has no such column; without a value where its cell holds none: the next metric must not take its place. */
function number(cell: unknown, name: string, unit: MetricResult["unit"], divisor = 1): MetricResult[] {
  if (cell === undefined) return [];
  const metric = { name, unit, direction: "higher", n: 0 } as const;
  const value = numberOf(cell);
  if (value === undefined) return [{ ...metric, value: null, note: `their ${JSON.stringify(cell)} is no number` }];
  const range = name === relative ? ranges.points : ranges[unit];
  if (!isValue(value, range)) return [{ ...metric, value: null, note: noValue(value, range) }];
  return [{ ...metric, value: value / divisor }];
}
