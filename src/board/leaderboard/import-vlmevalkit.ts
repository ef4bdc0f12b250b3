/** VLMEvalKit's result files (`MODEL_DATASET_acc.csv`, `_score.csv`, `_score.json`) as leaderboard entries. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../core/errors.js";
import type { LeaderboardEntry, MetricResult } from "../../core/result.js";
import { readCsv } from "../format/read-csv.js";
import { readJson } from "../read-file.js";

/** Their dataset, and the name by which our catalogue knows the task (lmms-eval's, where it has one). */
const tasks: Readonly<Record<string, string>> = {
  ...{ AI2D_TEST: "ai2d", BLINK: "blink", ChartQA_TEST: "chartqa", CMMMU_VAL: "cmmmu", COCO_VAL: "coco2014_cap" },
  ...{
    DocVQA_VAL: "docvqa",
    DocVQA_TEST: "docvqa_test",
    GQA_TestDev_Balanced: "gqa",
    HallusionBench: "hallusion_bench_image",
  },
  ...{
    InfoVQA_VAL: "infovqa",
    InfoVQA_TEST: "infovqa_test",
    LLaVABench: "llava_in_the_wild",
    MathVista_MINI: "mathvista",
  },
  ...{
    MathVision: "mathvision",
    MMBench_DEV_EN: "mmbench_en",
    MMBench_DEV_EN_V11: "MMBench_DEV_EN_V11",
    MMBench_DEV_CN: "mmbench_cn",
  },
  ...{ MME: "mme", MMMU_DEV_VAL: "mmmu", MMMU_VAL: "mmmu", MMStar: "mmstar", MMVet: "mmvet", MUIRBench: "muirbench" },
  ...{ OCRBench: "ocrbench", OCRVQA_TESTCORE: "OCRVQA_TESTCORE", POPE: "pope", RealWorldQA: "realworldqa" },
  ...{
    ScienceQA_TEST: "scienceqa_img",
    ScienceQA_VAL: "ScienceQA_VAL",
    SEEDBench_IMG: "seedbench",
    SEEDBench2: "seedbench_2",
  },
  ...{ TextVQA_VAL: "textvqa" },
};

/** The row that counts, where a file has several splits. */
const splits: Readonly<Record<string, string>> = {
  MMMU_DEV_VAL: "validation",
  MMBench_DEV_EN: "dev",
  MMBench_DEV_CN: "dev",
};

/** A results file, or a folder of them (`outputs/MODEL`, or `outputs` itself). */
export async function importVlmEvalKit(
  path: string,
  taskName: (theirs: string) => string,
): Promise<LeaderboardEntry[]> {
  const files = (await stat(path).catch(() => undefined))?.isDirectory() ? await resultFiles(path) : [path];
  const entries = (await Promise.all(files.map((file) => entryOf(file, taskName)))).flat();
  if (entries.length === 0) {
    throw new UserError(
      "no result of VLMEvalKit here",
      path,
      "name a *_acc.csv, *_score.csv or *_score.json, or the folder of one model",
    );
  }
  return entries;
}

async function resultFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const found = entries
    .filter((entry) => entry.isFile() && suffix.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  // The same result lies in the model's folder and in its dated sub-folder (as a link): one is enough.
  return [...new Map(found.sort().map((file) => [basename(file), file])).values()];
}

const suffix = /_(acc\.csv|score\.csv|score\.json|acc\.json)$/;

async function entryOf(file: string, taskName: (theirs: string) => string): Promise<LeaderboardEntry[]> {
  const name = basename(file).replace(suffix, "");
  const owner = [dirname(file), dirname(dirname(file))]
    .map((dir) => basename(dir))
    .find((dir) => name.startsWith(`${dir}_`));
  const { model, dataset } = parted(name, owner);
  const metrics = file.endsWith(".json")
    ? jsonMetrics(await readJson(file), dataset)
    : csvMetrics(await readFile(file, "utf8"), dataset, file);
  if (model === "" || metrics.length === 0) return [];
  return [
    {
      ...{
        model,
        task: taskName(tasks[dataset] ?? dataset),
        version: 0,
        scoring: "VLMEvalKit",
        promptProfile: "VLMEvalKit",
      },
      ...{
        dataset: { source: dataset },
        metrics,
        n: { total: 0, scored: 0 },
        flags: [],
        run: file,
        origin: "VLMEvalKit",
      },
    },
  ];
}

/** `MODEL_DATASET` or `MODEL_DATASET_JUDGE`: both may hold underscores, the folder is named after the model. */
function parted(name: string, owner: string | undefined): { model: string; dataset: string } {
  const longestFirst = Object.keys(tasks).sort((a, b) => b.length - a.length);
  if (owner !== undefined) {
    const rest = name.slice(owner.length + 1);
    return { model: owner, dataset: longestFirst.find((one) => rest === one || rest.startsWith(`${one}_`)) ?? rest };
  }
  const dataset = longestFirst.find((one) => name.endsWith(`_${one}`) || name.includes(`_${one}_`));
  const start = dataset === undefined ? name.lastIndexOf("_") : name.lastIndexOf(`_${dataset}`);
  return { model: name.slice(0, Math.max(0, start)), dataset: dataset ?? name.slice(start + 1) };
}

function csvMetrics(text: string, dataset: string, file: string): MetricResult[] {
  const [head = [], ...lines] = readCsv(text);
  const records = lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i] ?? ""])));
  const wanted = splits[dataset] ?? "Overall";
  const record =
    records.find(({ split }) => split === wanted) ?? records.find(({ split }) => split !== "train") ?? records[0];
  if (!record) throw new UserError("the file has no line of results", file, "name a file that VLMEvalKit has written");
  const value = (name: string) =>
    record[name] === undefined || record[name] === "" ? Number.NaN : Number(record[name]);
  // MME has no overall number; its two sums are points.
  if (head.includes("perception"))
    return [
      metric("perception", value("perception"), "points"),
      metric("reasoning", value("reasoning"), "points"),
    ].filter(isNumber);
  if (head.includes("aAcc"))
    return ["aAcc", "fAcc", "qAcc"].map((name) => metric(name, value(name), "percent")).filter(isNumber);
  // Yes/no files: Overall is F1 in per cent, the accuracy stands beside it.
  if (head.includes("precision"))
    return [metric("F1", value("Overall"), "percent"), metric("acc", value("acc"), "percent")].filter(isNumber);
  const overall = records.find((one) => (one[head[0] ?? ""] ?? "").toLowerCase() === "overall");
  const of = (name: string) => Number(overall?.[name] || Number.NaN);
  // Judged files: one line for each skill, the overall one among them.
  if (head.includes("Relative Score (main)"))
    return [metric("Relative Score (main)", of("Relative Score (main)"), "percent")].filter(isNumber);
  if (head.includes("tot") && head.includes("acc")) return [metric("acc", of("acc"), "percent")].filter(isNumber);
  // Multiple choice writes fractions and has a `split` column; the VQA family writes per cent and has none.
  return [metric("Overall", value("Overall"), head.includes("split") ? "fraction" : "percent")].filter(isNumber);
}

function jsonMetrics(data: unknown, dataset: string): MetricResult[] {
  const record = (typeof data === "object" && data !== null ? data : {}) as Readonly<Record<string, unknown>>;
  const of = (name: string, as: string, unit: MetricResult["unit"]) =>
    metric(as, Number(record[name] ?? Number.NaN), unit);
  if (dataset.startsWith("OCRBench")) return [of("Final Score", "Final Score", "points")].filter(isNumber);
  if ("CIDEr" in record) return [of("CIDEr", "CIDEr", "ratio"), of("ROUGE_L", "ROUGE_L", "ratio")].filter(isNumber);
  return [of("Overall", "Overall", "percent")].filter(isNumber);
}

const metric = (name: string, value: number, unit: MetricResult["unit"]): MetricResult => ({
  name,
  unit,
  direction: "higher",
  value,
  n: 0,
});
const isNumber = ({ value }: MetricResult) => value !== null && Number.isFinite(value);
