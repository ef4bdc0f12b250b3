/** `explain OUR_RUN lmms-eval:samples.jsonl | vlmevalkit:FILE.xlsx`: why another harness has another number. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { scaleOfMean } from "../../board/compare/measure.js";
import { resolveSide, type SideTask } from "../../board/compare/side.js";
import { type Across, explainAcross } from "../../board/explain/across/across.js";
import { acrossTable } from "../../board/explain/across/across-table.js";
import { wordsOf } from "../../board/explain/across/pairs.js";
import type { OurSample, Replayed, Sides } from "../../board/explain/across/sides.js";
import { listOf, lmmsEvalSamples, type TheirSample, vlmEvalKitSamples } from "../../board/explain/across/theirs.js";
import { ownFindings } from "../../board/explain/steadiness.js";
import { readCsv, recordsOf } from "../../board/format/read-csv.js";
import { readForeignJson, readForeignText } from "../../board/leaderboard/import/foreign-file.js";
import { importHarnessResults } from "../../board/leaderboard/import/harness-results.js";
import { importVlmEvalKit, vlmEvalKitFile } from "../../board/leaderboard/import/vlmevalkit.js";
import { datasetNames, taskOfDataset } from "../../board/leaderboard/import/vlmevalkit-datasets.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { MetricResult } from "../../core/metric-result.js";
import { promptText } from "../../core/prompt.js";
import type { Result } from "../../core/result.js";
import type { Output } from "../../core/runner.js";
import { type Score, type Scoring, scorings } from "../../core/score.js";
import { isFallback, judgeUnder } from "../../core/task.js";
import { readSheet } from "../../datasets/xlsx.js";
import { readInvariance } from "../../record/invariance-report.js";
import { valueUnder } from "../../record/outcome.js";
import { plan, type RowUnit } from "../../run/plan.js";
import { scoreSample, visibleTurns } from "../../run/score-sample.js";
import { isMissingCell } from "../../text/missing-cells.js";
import { readBack } from "../../text/pandas-file.js";
import { readingOf } from "../../text/visible-answer.js";
import { namedLabels, openRunDataset, taskOfRun } from "../record/dataset.js";
import { type Chosen, labelsByName } from "../tasks/catalogue.js";

export type { Across };
export { acrossTable };

const harnesses = ["lmms-eval", "vlmevalkit"] as const;
type Harness = (typeof harnesses)[number];

interface Foreign {
  readonly harness: Harness;
  readonly path: string;
}

/** `lmms-eval:PATH`; undefined for what names a run or a model. */
export function foreignSide(name: string): Foreign | undefined {
  const harness = harnesses.find((one) => name.startsWith(`${one}:`));
  return harness && { harness, path: name.slice(harness.length + 1) };
}

export interface AcrossOptions {
  /** Which of our labels it is about, where the file's name does not say; a task's own file, where the run is another machine's. */
  readonly tasks?: readonly string[];
  readonly results?: string;
  /** Where the rows are, if not where the run had them. */
  readonly data?: string;
  /** Files of `check-invariance --out`: how often the model gives the same request another answer. */
  readonly invariance?: readonly string[];
  onWarning?(message: string): void;
}

/** @throws UserError  the run or the file is not there, or it is not known which task they share */
export async function explainForeign(
  own: string,
  { harness, path }: Foreign,
  options: AcrossOptions = {},
): Promise<Across> {
  const side = await resolveSide(own, options.results ?? "results");
  const theirs =
    harness === "lmms-eval"
      ? lmmsEvalSamples(await readForeignText(path, whatToName), path)
      : await readVlmEvalKit(path);
  const { labels = [], files } = await namedLabels(options.tasks);
  const label = labels[0] ?? (await labelOf(harness, path)) ?? onlyOf(side.tasks);
  const ours = label === undefined ? undefined : side.tasks.get(label);
  if (!ours || label === undefined)
    throw new UserError(
      label === undefined ? "the file's name does not say which task it is about" : `${own} has no result of ${label}`,
      path,
      `name one of ${[...side.tasks.keys()].join(", ")} with --tasks`,
    );
  const main = ours.result.metrics.find(({ direction }) => direction !== "neither");
  if (!main) throw new UserError(`${label} has no metric to explain`, own, "name a run with public answers");
  const read = await readOurs(ours, { ...options, files });
  const values = read.samples.flatMap(({ record }) => {
    const value = valueUnder(record.score, main.of ?? main.name);
    return value === undefined ? [] : [{ value, ...defined({ repeat: record.repeat }) }];
  });
  const { scoring, promptProfile, generation } = ours.result;
  const fold = foldOf(read.asked, ours.result, main);
  const reports = (options.invariance ?? []).map(async (path) => [path, await readInvariance(path)] as const);
  return await explainAcross({
    ...{ ...defined({ fold }), steadiness: ownFindings(await Promise.all(reports), ours.result) },
    ...{ task: label, main, scale: scaleOfMean(main, values), harness, scoring, promptProfile, generation },
    ...{ ours: read.samples, theirs, reported: await reportedBeside(harness, path, { label, main }) },
    readBack: (text) => (harness === "vlmevalkit" ? readBack(text, formatOf(path)) : text),
    replayed: (one, other) => replayed(read.asked, one, other, ours.result),
  });
}

const whatToName = "name the *_samples_TASK.jsonl that `lmms-eval --log_samples` has written";

const onlyOf = (tasks: ReadonlyMap<string, SideTask>) => (tasks.size === 1 ? [...tasks.keys()][0] : undefined);

/** Our label by the file's name: `..._samples_pope.jsonl`, `llava_MMStar_exact_matching_result.xlsx`. */
async function labelOf(harness: Harness, path: string): Promise<string | undefined> {
  const ours = await labelsByName();
  const name = basename(path);
  if (harness === "lmms-eval") {
    const theirs = /samples_(.+?)(?:_\d{4}-\d{2}-\d{2}T.*)?\.jsonl$/.exec(name)?.[1];
    return theirs === undefined ? undefined : ours.get(theirs);
  }
  const dataset = datasetOf(path);
  const known = dataset !== undefined && Object.hasOwn(taskOfDataset, dataset) ? taskOfDataset[dataset] : undefined;
  return known && (ours.get(known.task) ?? known.task);
}

/** VLMEvalKit's data set in a file's name: the longest that fits. */
function datasetOf(path: string): string | undefined {
  const plain = `_${basename(path).replace(/\.\w+$/, "")}_`;
  return [...datasetNames].filter((one) => plain.includes(`_${one}_`)).sort((a, b) => b.length - a.length)[0];
}

async function readVlmEvalKit(path: string): Promise<readonly TheirSample[]> {
  const fix = "name the MODEL_DATASET.xlsx (or .tsv, .json) that VLMEvalKit has written";
  if (/\.json$/i.test(path)) {
    const read = await readForeignJson(path, fix);
    if (!Array.isArray(read)) throw new UserError("the file is no list of rows", path, fix);
    return vlmEvalKitSamples(read, path, datasetOf(path));
  }
  const rows = /\.xlsx$/i.test(path) ? await readSheet(path) : await textRows(path, fix);
  return vlmEvalKitSamples(recordsOf(rows), path, datasetOf(path));
}

const formatOf = (path: string) => (/\.xlsx$/i.test(path) ? "xlsx" : /\.json$/i.test(path) ? "json" : "tsv");

/** pandas quotes cells of a TSV as those of a CSV. */
async function textRows(path: string, fix: string): Promise<readonly (readonly string[])[]> {
  const text = await readForeignText(path, fix);
  return readCsv(text, /\.tsv$/i.test(path) ? "\t" : ",");
}

/** A row of ours and its task, for what only they can tell. */
interface AskedRow {
  readonly chosen: Chosen;
  readonly unit: RowUnit;
}

interface Ours {
  readonly samples: readonly OurSample[];
  readonly asked: ReadonlyMap<OurSample, AskedRow>;
}

interface OurOptions extends AcrossOptions {
  readonly files: readonly string[];
}

async function readOurs({ run, result }: SideTask, options: OurOptions): Promise<Ours> {
  const { onWarning } = options;
  const units = await rowsOf({ run, result }, options).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    onWarning?.(`without the rows their texts are not scored here: ${error.message} (${error.where}); ${error.fix}`);
    return new Map<string, AskedRow>();
  });
  const samples: OurSample[] = [];
  const asked = new Map<OurSample, AskedRow>();
  for await (const record of run.counted(result)) {
    // Whoever samples several times is asked about the first.
    if (record.repeat) continue;
    const row = units.get(`${record.index} ${record.id}`);
    const place = String(row?.unit.origin.row ?? record.index);
    const sample = {
      record,
      names: { id: record.id, index: indexOf(row) ?? record.id, "row number": place, position: String(samples.length) },
    };
    samples.push(sample);
    if (row) asked.set(sample, row);
  }
  return { samples, asked };
}

/** As a row's own columns say it: VLMEvalKit's `index` may stand under the benchmark's name for it. */
function indexOf(row: AskedRow | undefined): string | undefined {
  const { index, question_id: question } = row?.unit.row ?? {};
  const found = index ?? question;
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}

async function rowsOf({ run, result }: SideTask, { data, files }: OurOptions): Promise<ReadonlyMap<string, AskedRow>> {
  const chosen = await taskOfRun(run, result.task, { named: files });
  await using dataset = await openRunDataset(run, chosen, () => {}, data);
  const { limit, offset = 0 } = result;
  const selection = { offset, repeats: 1, ...(limit === undefined ? {} : { limit }) };
  const found = new Map<string, AskedRow>();
  for await (const unit of plan(chosen.task, dataset, selection, new AbortController().signal))
    if ("row" in unit) found.set(`${unit.index} ${unit.id}`, { chosen, unit });
  return found;
}

/** Their text by our rules, and which of our profiles sends their words. */
function replayed(asked: Ours["asked"], ours: OurSample, theirs: TheirSample, result: Result): Replayed | undefined {
  const known = asked.get(ours);
  if (!known || theirs.text === undefined) return undefined;
  const { chosen, unit } = known;
  const { task } = chosen;
  const rules = scorings.filter((one) => ["official", "lmms-eval"].includes(one) || task.scorings?.includes(one));
  const { text } = theirs;
  const scores: Replayed["scores"] = Object.fromEntries(
    rules.map((scoring) => [scoring, scoreBy(scoring, known, { ...theirs, text }, result)]),
  );
  const sent = theirs.prompt === undefined ? undefined : wordsOf(theirs.prompt);
  const profiles = task.profiles ?? ["default"];
  const words = profiles.map((profile) => promptText(task.prompt(unit.row, profile)));
  const same = profiles.filter((_, i) => wordsOf(words[i] as string) === sent);
  return { scores, words, profiles: same, references: referencesOf(unit.row) };
}

/** Texts of the row's columns that have to do with answers. */
function referencesOf(row: RowUnit["row"]): readonly string[] {
  return Object.entries(row)
    .filter(([column]) => /answer|label|target|truth|^gt/i.test(column))
    .flatMap(([, value]) => [value].flat())
    .flatMap((value) => (typeof value === "string" || typeof value === "number" ? listOf(String(value)) : []));
}

/** A metric of the task over other scores of its samples. */
function foldOf(asked: Ours["asked"], result: Result, main: MetricResult): Sides["fold"] {
  const [first] = asked.values();
  const metric = first?.chosen.task.metrics.find(({ name }) => name === main.name);
  if (!metric) return undefined;
  return async (scoring, scored) => {
    const fold = metric.start({ seed: result.seed, scoring: scoring as Scoring, valueOnly: true });
    for (const { record, score, text } of [...scored].sort((a, b) => a.record.index - b.record.index)) {
      const { index, id, cluster, groups = {} } = record;
      fold.add({ index, id, cluster, groups, score, ...defined({ text }) });
    }
    return (await fold.finish()).value;
  };
}

interface TheirText {
  readonly text: string;
  readonly verdict?: string;
}

/** Undefined where the rule would ask a judge. */
function scoreBy(
  scoring: Scoring,
  { chosen, unit }: AskedRow,
  { text: said, verdict }: TheirText,
  result: Result,
): Score | undefined {
  const { task, split } = chosen;
  // What pandas makes of the cell is what VLMEvalKit scores.
  const text = scoring === "vlmevalkit" && isMissingCell(said) ? "nan" : said;
  const output = { text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] } as const;
  const rules = {
    scoring,
    seed: result.seed,
    reading: readingOf(scoring, scoring === result.scoring ? result.reasoningTags : undefined),
  };
  const [seen] = visibleTurns([output], rules);
  const judge = judgeUnder(task, scoring);
  // Where rules decide alone if nobody is there to be asked, they do so here.
  const question = seen && !isFallback(task, judge) ? judge?.ask(unit.row, seen, [], scoring) : undefined;
  // Of their judge's word it is what our reading of it gives.
  const read = scoring === "vlmevalkit" && verdict !== undefined ? question?.parse(verdict) : undefined;
  const verdicts = read === undefined ? [] : [read];
  if (question && (read === undefined || judge?.ask(unit.row, seen as Output, verdicts, scoring))) return undefined;
  return scoreSample({ task, split, row: unit.row, turns: [output], verdicts, rules }).score;
}

/** The number that their harness wrote beside the samples, if one file there says it. */
async function reportedBeside(
  harness: Harness,
  path: string,
  { label, main }: { readonly label: string; readonly main: MetricResult },
): Promise<number | undefined> {
  const names = await readdir(dirname(path)).catch(() => []);
  const ours = await labelsByName();
  const taskName = (theirs: string) => ours.get(theirs) ?? theirs;
  const own = basename(path);
  const found: number[] = [];
  for (const name of names.sort()) {
    const isTheirs =
      harness === "vlmevalkit" ? vlmEvalKitFile.test(name) : /(^|_)results(_[\dT:.-]+)?\.json$/.test(name);
    if (!isTheirs || (harness === "lmms-eval" && !sharesStamp(name, own))) continue;
    try {
      const file = join(dirname(path), name);
      const entries =
        harness === "vlmevalkit"
          ? await importVlmEvalKit(file, taskName)
          : await importHarnessResults(file, harness, taskName);
      for (const entry of entries) {
        // A file of several splits has one of them under our name.
        const [task, split] = entry.task === label ? [label] : label.split("@");
        const name = split === undefined ? main.name : `Overall (split ${split})`;
        const metric = entry.task === task ? entry.metrics.find((one) => one.name === name) : undefined;
        if (typeof metric?.value === "number") found.push((metric.value * whole(main.unit)) / whole(metric.unit));
      }
    } catch (error) {
      // A file beside that is none of theirs says nothing.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** What all right answers come to: they write some shares in per cent. */
const whole = (unit: MetricResult["unit"]) => (unit === "percent" ? 100 : 1);

/** `20250101_000000_results.json` belongs to `20250101_000000_samples_pope.jsonl`. */
function sharesStamp(results: string, samples: string): boolean {
  const stamp = (name: string) => name.replace(/(^|_)?(samples|results).*$/, "");
  return stamp(results) === stamp(samples);
}
