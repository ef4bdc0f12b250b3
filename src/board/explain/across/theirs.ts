/** Samples of other harnesses, as far as their files tell: lmms-eval's `--log_samples` and VLMEvalKit's result sets. */
import { defined } from "../../../core/defined.js";
import { UserError } from "../../../core/errors.js";
import { parsePythonJson } from "../../../core/python-json.js";
import { parseStringList } from "../../../core/python-literal.js";
import { isValue, numberOf } from "../../leaderboard/import/foreign-file.js";

export interface TheirSample {
  /** How their file names the row: its number, and whatever else may be our id. */
  readonly names: Readonly<Record<string, string>>;
  /** The words that were sent. */
  readonly prompt?: string;
  readonly question?: string;
  /** Options of a choice, in their order. */
  readonly choices?: readonly string[];
  /** How it was generated, by our names. */
  readonly generation?: Readonly<Record<string, number>>;
  readonly targets?: readonly string[];
  readonly text?: string;
  readonly answer?: string;
  /** What their judge took out of the text. */
  readonly verdict?: string;
  readonly value?: number;
}

type Values = Readonly<Record<string, unknown>>;

const recordOf = (value: unknown): Values =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;

const whatToName = "name the *_samples_TASK.jsonl that `lmms-eval --log_samples` has written";

/** Of a line whose keys are none of a metric's. Source: lmms_eval/evaluator.py and loggers/evaluation_tracker.py at 0.2 to 0.7.3. */
const noMetrics = new Set([
  ...["doc_id", "doc", "target", "arguments", "input", "resps", "filtered_resps", "filter", "metrics"],
  ...["doc_hash", "prompt_hash", "target_hash", "submission", "token_counts", "model_name", "task_name"],
]);

/** @throws UserError  the file is none of samples */
export function lmmsEvalSamples(text: string, path: string): readonly TheirSample[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new UserError("the file has no samples", path, whatToName);
  return lines.map((line, i) => {
    let read: unknown;
    try {
      read = parsePythonJson(line, "Infinity");
    } catch (error) {
      throw new UserError("the line is not JSON", `${path}:${i + 1}`, whatToName, { cause: error });
    }
    const sample = recordOf(read);
    if (!("doc_id" in sample) || !("resps" in sample || "filtered_resps" in sample))
      throw new UserError("the line is no sample of lmms-eval", `${path}:${i + 1}`, whatToName);
    return lmmsEvalSample(sample, i);
  });
}

function lmmsEvalSample(sample: Values, position: number): TheirSample {
  const filtered = firstText(sample.filtered_resps);
  const text = firstText(sample.resps) ?? filtered;
  const metric = Object.entries(sample).find(([key]) => !noMetrics.has(key) && !key.endsWith("_hash"))?.[1];
  const parsed = recordOf(metric);
  const said = textOf(parsed.parsed_pred) ?? textOf(parsed.pred) ?? textOf(parsed.pred_answer);
  const answer = said ?? (filtered !== text ? filtered : undefined);
  const { context, options } = requestOf(sample);
  return {
    names: {
      "row number": String(sample.doc_id),
      position: String(position),
      ...defined({ id: textOf(recordOf(sample.doc).id) ?? textOf(recordOf(sample.doc).question_id) }),
    },
    ...defined({
      prompt: context,
      question: textOf(recordOf(sample.doc).question),
      generation: generationOf(options),
      targets: targetsOf(sample.target),
      ...{ text, answer, value: scoreIn(metric) },
    }),
  };
}

/** `"Yes"`, `["Yes"]` and `[["Yes"]]` are one answer. */
function firstText(value: unknown): string | undefined {
  let inner = value;
  while (Array.isArray(inner)) inner = inner[0];
  return textOf(inner);
}

/** The words and how they were to be continued: `{"arg_0": ..., "arg_1": {...}}`, `{"gen_args_0": {...}}`, or lists of both. */
function requestOf({ input, arguments: given }: Values): { readonly context?: string; readonly options?: Values } {
  let args: unknown = input ?? given;
  while (Array.isArray(args) && Array.isArray(args[0])) args = args[0];
  const named = recordOf(args);
  const first = recordOf(named.gen_args_0);
  const place = "arg_0" in first ? first : named;
  const [context, options] = Array.isArray(args) ? args : [place.arg_0, place.arg_1];
  return defined({
    context: textOf(context),
    options: typeof options === "string" ? undefined : recordOf(options),
  });
}

function generationOf(options: Values | undefined): TheirSample["generation"] {
  if (!options) return undefined;
  const ours = { maxNewTokens: options.max_new_tokens ?? options.max_gen_toks, temperature: options.temperature };
  const told = Object.entries(ours).flatMap(([name, value]) => {
    const found = numberOf(value);
    return found === undefined ? [] : [[name, found] as const];
  });
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

function targetsOf(target: unknown): readonly string[] | undefined {
  if (Array.isArray(target)) return target.flatMap((one) => textOf(one) ?? []);
  const text = textOf(target);
  return text === undefined ? undefined : listOf(text);
}

/** pandas and lmms-eval write a list of references as its Python text. */
export function listOf(text: string): readonly string[] {
  if (!/^\s*\[/.test(text)) return [text];
  try {
    return parseStringList(text);
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error;
    return [text];
  }
}

function scoreIn(metric: unknown): number | undefined {
  if (metric === true || metric === "True") return 1;
  if (metric === false || metric === "False") return 0;
  const value = numberOf(metric) ?? numberOf(recordOf(metric).score);
  return value !== undefined && isValue(value, [0, Number.POSITIVE_INFINITY]) ? value : undefined;
}

/**
 * Of short answers it writes how each reference fits, and beside them their mean: what it counts is this. Source: `hit_calculate` in
 * `dataset/utils/vqa_eval.py` at e8e78f05.
 */
function valueOfMatches(matches: readonly string[], dataset: string): number | undefined {
  const fits = matches.flatMap((match) => scoreIn(match) ?? []);
  if (fits.length === 0 || fits.length < matches.length) return undefined;
  if (/DocVQA|InfoVQA/.test(dataset)) {
    const likeness = 1 - Math.min(...fits); // they are distances
    return likeness < 0.5 ? 0 : likeness;
  }
  if (/ChartQA|OCRVQA/.test(dataset)) return Math.max(...fits);
  return fits.reduce((sum, fit) => sum + fit, 0) / fits.length;
}

/** Names of VLMEvalKit's columns for one sample's score, by data set, and for what was compared. */
const scores = ["hit", "eval_score", "score"];
const answers = ["extracted", "res", "eval_pred", "extract"];

/**
 * @param rows     the table of a MODEL_DATASET.xlsx (tsv, json) or of what was made of it
 * @param dataset  its name there, where the file's says it
 */
export function vlmEvalKitSamples(rows: readonly unknown[], path: string, dataset = ""): readonly TheirSample[] {
  const fix = "name the MODEL_DATASET.xlsx, or MODEL_DATASET_..._result.xlsx, that VLMEvalKit has written";
  const without = rows.findIndex((row) => !("prediction" in recordOf(row)));
  // A row without it has no answer: an empty one would be scored.
  if (without > 0) throw new UserError("the row has no `prediction`", `${path}, row ${without}`, fix);
  if (without === 0 || rows.length === 0) throw new UserError("the table has no column `prediction`", path, fix);
  return rows.map(recordOf).map((row, i) => {
    const cell = (name: string) => {
      const text = textOf(row[name]);
      return text === "" ? undefined : text;
    };
    // MMMU's open questions get these options when they are scored, behind the model's back.
    const isMadeChoice = row.B === "Other Answers";
    const choices = isMadeChoice ? [] : [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].flatMap((letter) => cell(letter) ?? []);
    const told = scores.find((name) => cell(name) !== undefined);
    const matches = cell("eval_match");
    return {
      names: { position: String(i), ...defined({ index: cell("index"), id: cell("id"), "row number": cell("index") }) },
      ...defined({
        question: cell("question"),
        choices: choices.length > 0 ? choices : undefined,
        targets: cell("answer") === undefined ? undefined : listOf(cell("answer") as string),
        text: textOf(row.prediction) ?? "",
        answer: answers.map(cell).find((text) => text !== undefined),
        verdict: cell("res"),
        value: matches === undefined ? scoreIn(told && cell(told)) : valueOfMatches(listOf(matches), dataset),
      }),
    };
  });
}
