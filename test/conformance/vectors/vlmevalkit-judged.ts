/** VLMEvalKit's judged benchmarks: mathematics, MM-Vet and LLaVA-Bench, their judges' words and whole data sets, through the tasks. */

import { defined } from "../../../src/core/defined.js";
import type { Json } from "../../../src/core/json.js";
import { parseStringList } from "../../../src/core/python-literal.js";
import { isMissingCell } from "../../../src/text/missing-cells.js";
import { relativeScore } from "../../../tasks/llava_bench/relative-score.js";
import { strictScorePair } from "../../../tasks/llava_bench/score-pair.js";
import { equality } from "../../../tasks/mathvision/vlmevalkit.js";
import { foldValue } from "../fold.js";
import { taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, type ScoredRow, vlmevalkit } from "./catalogue-metrics.js";
import { type Cells, predictionOf, ScriptedJudge, verdictOn } from "./vlmevalkit-choices.js";

const outage = "Failed to obtain answer via API.";
const tries = 5;

/** The first of five replies that `isReply` takes; undefined after five others. */
function heard(judge: ScriptedJudge, isReply: (reply: string) => boolean): string | undefined {
  for (let left = tries; left > 0; left--) {
    const reply = judge.next();
    if (isReply(reply)) return reply;
  }
  return undefined;
}
const isAnswered = (reply: string): boolean => !reply.includes(outage);

const percentOf = (values: readonly number[]): number =>
  (values.reduce((sum, value) => sum + value, 0) / values.length) * 100;

interface AskedLine {
  readonly line: Cells;
  readonly judge: readonly string[];
}
interface EvaluateLine {
  readonly rows: readonly Cells[];
  readonly judge: readonly string[];
}
interface AskedResult {
  readonly result: Readonly<Record<string, unknown>>;
  readonly prompt: string | null;
}

type Asked = ReturnType<typeof verdictOn>;
const promptOf = ({ asked, question }: Asked): { prompt?: string } => {
  const parts = question?.prompt.messages.at(-1)?.parts ?? [];
  const part = parts.find(({ type }) => type === "text");
  return asked && part?.type === "text" ? { prompt: part.text } : {};
};

const valueFor = (task: string, row: Cells, text: string, verdicts: readonly Json[]): number => {
  const { value } = taskScore(task, row, text, { ...vlmevalkit, verdicts });
  return typeof value === "number" ? value : ((value as { accuracy: number }).accuracy ?? Number.NaN);
};

/** Of MathVista or MATH-Vision. */
interface Maths {
  readonly task: string;
  row(line: Cells): Cells;
  /** It asks its judge, though no extraction can change the score: we do not. */
  isAskedInVain(line: Cells): boolean;
  /** The lines of its table that a row counts in. */
  groups(line: Cells): readonly string[];
  readonly name: "Task&Skill" | "Subject";
}

const isText = ({ question_type: type, answer_type: answer }: Cells): boolean =>
  type !== "multi_choice" && answer !== "integer" && answer !== "float";
const skillsOf = (cell: string): readonly string[] => (cell.startsWith("[") ? parseStringList(cell) : [cell]);

const mathVistaRules: Maths = {
  task: "mathvista",
  row: ({ question, choices, skills, task, ...line }) => ({
    ...line,
    query: question ?? "",
    choices: parseStringList(String(choices)),
    metadata: { skills: skills === undefined ? [] : skillsOf(String(skills)), task },
  }),
  isAskedInVain: (line) => isText(line) && line.answer !== "None",
  groups: ({ skills, task }) => ["Overall", ...skillsOf(String(skills)), String(task)],
  name: "Task&Skill",
};
const mathVisionRules: Maths = {
  task: "mathvision",
  row: ({ question, choices, ...line }) => ({
    ...line,
    question: question ?? "",
    options: parseStringList(String(choices)),
  }),
  isAskedInVain: () => false,
  groups: ({ category }) => ["Overall", String(category)],
  name: "Subject",
};

const prefetched = (rules: Maths, line: Cells): boolean => {
  const { asked } = verdictOn(rules.task, rules.row(line), String(line.prediction), undefined);
  return !asked && !rules.isAskedInVain(line);
};

function postCheck(rules: Maths) {
  return ({ line, prefetch }: { readonly line: Cells; readonly prefetch: boolean }) => {
    const row = rules.row(line);
    if (prefetch) return prefetched(rules, line);
    return valueFor(rules.task, row, "", [String(line.res)]) === 1;
  };
}

/** What became of a row: the extraction that its judge was heard to say, where it was asked. */
function extracted(rules: Maths, line: Cells, judge: ScriptedJudge): { text?: string; prefetch: boolean } {
  if (prefetched(rules, line)) return { prefetch: true };
  const text = heard(judge, isAnswered);
  return text === undefined ? { prefetch: false } : { text, prefetch: false };
}

/** Predictions and references as they come back from a file: "None" is missing. */
const throughFile = (source: Cells): Cells => ({
  ...source,
  prediction: predictionOf(source),
  answer: isMissingCell(String(source.answer)) ? "nan" : source.answer,
});

function mathsTable(rules: Maths, { rows, judge: replies }: EvaluateLine) {
  const judge = new ScriptedJudge(replies);
  const lines = rows.map(throughFile);
  const scored = lines.map((line) => {
    const { text = "", prefetch } = extracted(rules, line, judge);
    return { line, prefetch, value: valueFor(rules.task, rules.row(line), String(line.prediction), [text]) };
  });
  const found = [...new Set(scored.flatMap(({ line }) => rules.groups(line)))];
  const groups = rules.name === "Subject" ? found.sort() : found;
  return groups.map((group) => {
    const own = scored.filter(({ line }) => rules.groups(line).includes(group));
    const prefetch = own.filter((one) => one.prefetch).length;
    const hit = own.reduce((sum, { value }) => sum + value, 0);
    return {
      ...{ [rules.name]: group, tot: own.length, prefetch, hit },
      ...{ prefetch_rate: (prefetch / own.length) * 100, acc: (hit / own.length) * 100 },
    };
  });
}

/** The whole data set with rows of which its judge says nothing in five tries: wrong there, and without a score here. */
const hasSilence = (rules: Maths, { rows, judge }: EvaluateLine): boolean => {
  const scripted = new ScriptedJudge(judge);
  return rows.some((source) => {
    const { text, prefetch } = extracted(rules, throughFile(source), scripted);
    return !prefetch && text === undefined;
  });
};

const lax = "a reply that is no extraction of the kind asked for: it is asked again here";
const silent = "a judge that never answers: wrong there, without a score here";

function mathsFile(rules: Maths, ask: string): VectorFile {
  return {
    setAside({ line, judge, rows }: Partial<AskedLine & EvaluateLine>, fn) {
      if (fn === "evaluate") {
        return rows && judge && hasSilence(rules, { rows, judge }) ? silent : undefined;
      }
      if (fn !== ask || !line || !judge) return undefined;
      if (rules.isAskedInVain(line)) return "a text or a list, which no extraction makes right: nobody is asked here";
      const first = judge.find(isAnswered);
      const { question } = verdictOn(rules.task, rules.row(line), String(line.prediction), undefined);
      return first !== undefined && question && question.parse(first) === undefined ? lax : undefined;
    },
    reference(expected, fn) {
      if (fn === "post_check") return expected !== false;
      if (fn === "evaluate") return (expected as { table: { rows: unknown } }).table.rows;
      if (fn !== ask) return expected;
      const { result, prompt } = expected as AskedResult;
      const isSilent = String(result.log).includes("All 5 retries failed");
      if (result.log === "Prefetch succeed") return { prefetch: true };
      return { said: isSilent ? null : result.res, ...(prompt ? { prompt } : {}) };
    },
    compare: { extraKeys: true }, // few lines have the prompt
    functions: {
      post_check: postCheck(rules),
      [ask]: ({ line, judge }: AskedLine) => {
        const asked = verdictOn(rules.task, rules.row(line), String(line.prediction), new ScriptedJudge(judge));
        return asked.asked ? { said: asked.verdicts[0] ?? null, ...promptOf(asked) } : { prefetch: true };
      },
      evaluate: (input: EvaluateLine) => mathsTable(rules, input),
      is_equal: ({ answer, gold }: { readonly answer: string; readonly gold: string }) =>
        equality(answer, gold) !== undefined,
    },
  };
}

const inMetadata = ({ metadata }: Cells, key: string): string =>
  new RegExp(`'${key}': '([^']*)'`).exec(String(metadata))?.[1] ?? "";

const bySplit = (rows: readonly Cells[]) => Object.fromEntries(rows.map((row) => [String(row.split), row]));

const verse = ({ question_for_eval = "", answer }: Cells): Cells => ({ question_for_eval, answer });

/** Its rows' extractions, then its rows' verdicts, each from the judge's replies in order. */
function judgedVerse({ rows, judge: replies }: EvaluateLine) {
  const judge = new ScriptedJudge(replies);
  const extractions = rows.map(() => heard(judge, isAnswered));
  return rows.map((source, i) => {
    const said = extractions[i];
    // They pass through a file in between.
    const extraction = said === undefined || isMissingCell(said) ? "nan" : said;
    if (extraction.trim() === source.answer)
      return { source, extraction, verdicts: [extraction], isSilent: said === undefined };
    const verdict = heard(judge, (reply) => ["0", "1"].includes(reply.trim()));
    const verdicts: Json[] = [extraction, ...(verdict === undefined ? [] : [Number(verdict)])];
    return { source, extraction, verdicts, isSilent: said === undefined || verdict === undefined };
  });
}

const mathverse: VectorFile = {
  setAside(input: Partial<AskedLine & EvaluateLine>, fn) {
    const { line, judge = [], rows } = input;
    if (fn === "evaluate") {
      return rows && judgedVerse({ rows, judge }).some(({ isSilent }) => isSilent) ? silent : undefined;
    }
    if (fn !== "MathVerse_auxeval_extract" || !line) return undefined;
    const { question } = verdictOn("mathverse", verse(line), String(line.prediction), undefined);
    const first = judge.find(isAnswered);
    return first !== undefined && question?.parse(first) === undefined ? lax : undefined;
  },
  reference(expected, fn) {
    if (fn === "evaluate") {
      const { table, score } = expected as { table: { rows: readonly Cells[] }; score: unknown };
      return { rows: bySplit(table.rows), score };
    }
    const { result, prompt } = expected as AskedResult;
    const asked = prompt === null ? {} : { prompt };
    if (fn === "MathVerse_auxeval_extract") {
      const isSilent = String(result.log_extract).includes("All 5 retries failed");
      return { extract: isSilent ? null : result.extract, ...asked };
    }
    const isSilent = String(result.log_score).includes("All 5 retries failed");
    return { score: isSilent ? null : result.score, ...asked };
  },
  compare: { extraKeys: true },
  functions: {
    MathVerse_auxeval_extract({ line, judge }: AskedLine) {
      const first = judge.find(isAnswered);
      const asked = verdictOn("mathverse", verse(line), String(line.prediction), undefined);
      const extract = first === undefined ? null : (asked.question?.parse(first) ?? null);
      return { extract, ...promptOf(asked) };
    },
    MathVerse_auxeval_score({ line, judge }: AskedLine) {
      const row = verse(line);
      const extraction = String(line.extract);
      const asked = verdictOn("mathverse", row, String(line.prediction), new ScriptedJudge(judge), [extraction]);
      if (asked.asked && asked.verdicts.length < 2) return { score: null, ...promptOf(asked) };
      return { score: valueFor("mathverse", row, "", asked.verdicts) === 1, ...promptOf(asked) };
    },
    evaluate(input: EvaluateLine) {
      const scored = judgedVerse(input).map(({ source, verdicts }) => ({
        source,
        value: valueFor("mathverse", verse(source), String(source.prediction), verdicts),
        groups: ["subject", "subfield"].map((key) => inMetadata(source, key)),
      }));
      const groups = [...new Set(scored.flatMap((one) => one.groups))];
      const splits = [...new Set(scored.map(({ source }) => String(source.problem_version)))];
      const rows = splits.map((split) => {
        const own = scored.filter(({ source }) => source.problem_version === split);
        const of = (name: string) => own.filter((one) => one.groups.includes(name)).map(({ value }) => value);
        const line = groups.map((name) => [name, percentOf(of(name))]);
        return { split, Overall: percentOf(own.map(({ value }) => value)), ...Object.fromEntries(line) };
      });
      return {
        rows: bySplit(rows),
        score: Object.fromEntries(scored.map(({ source, value }) => [String(source.index), value === 1])),
      };
    },
  },
};

const mmvetRow = ({ question = "", answer = "", category = "" }: Cells): Cells => ({
  ...{ question, answer, capability: category },
});
const abilities = ["rec", "ocr", "know", "gen", "spat", "math"];

function mmvetTables({ rows, judge: replies }: EvaluateLine) {
  const judge = new ScriptedJudge(replies);
  const scored = rows.map((source) => {
    const row = mmvetRow(source);
    const text = predictionOf(source);
    const { verdicts } = verdictOn("mmvet", row, text, judge);
    const { value } = taskScore("mmvet", row, text, { ...vlmevalkit, verdicts });
    return { source, row, value: value as Readonly<Record<string, number>>, category: String(source.category) };
  });
  if (abilities.some((ability) => scored.every(({ value }) => value[ability] === undefined))) return undefined; // it divides by their number
  const line = (name: string, metric: string, rows: readonly ScoredRow[]) => ({
    ...{ Category: name, acc: 100 * (fold("mmvet", metric, rows, "vlmevalkit") ?? Number.NaN) },
  });
  // One ability alone is a line of the other table.
  const combinations = [...new Set(scored.map(({ category }) => category))].filter((name) => name.includes(","));
  const of = (name: string) => scored.filter(({ category }) => category === name);
  return {
    table: [...abilities.map((ability) => line(ability, `score_${ability}`, scored)), line("Overall", "score", scored)],
    fine: [
      ...combinations.map((name) => line(name.replaceAll(",", "_"), "score", of(name))),
      line("Overall", "score", scored),
    ],
    score: Object.fromEntries(scored.map(({ source, value }) => [String(source.index), value.score])),
  };
}

interface MmvetLine {
  readonly Category: string;
  readonly acc: number;
}
interface MmvetResult {
  readonly table: { readonly rows: readonly MmvetLine[] };
  readonly fine: { readonly rows: readonly MmvetLine[] };
  readonly score: unknown;
}

const mmvet: VectorFile = {
  setAside({ line, judge = [] }: Partial<AskedLine>, fn) {
    if (fn !== "MMVet_auxeval" || !line) return undefined;
    const first = judge.slice(0, tries).find((reply) => /^\s*[+-]?nan\s*$/i.test(reply) || isShare(reply));
    return first !== undefined && !isShare(first) ? 'a verdict "nan", which is no score' : undefined;
  },
  reference(expected, fn) {
    if (fn === "MMVet_auxeval") {
      const { result, prompt } = expected as AskedResult;
      const isSilent = String(result.log).includes("All 5 retries failed");
      return { score: isSilent ? null : result.score, ...(prompt ? { prompt } : {}) };
    }
    const { table, fine, score } = expected as Partial<MmvetResult>;
    if (table === undefined) return expected;
    const isCombination = ({ Category }: { Category: string }) => !abilities.includes(Category);
    const means = (rows: readonly MmvetLine[] = []) => rows.map(({ Category, acc }) => ({ Category, acc }));
    return { table: means(table.rows), fine: means(fine?.rows.filter(isCombination)), ...defined({ score }) };
  },
  compare: { extraKeys: true },
  functions: {
    MMVet_auxeval({ line, judge }: AskedLine) {
      const asked = verdictOn("mmvet", mmvetRow(line), String(line.prediction), new ScriptedJudge(judge));
      return { score: asked.verdicts[0] ?? null, ...promptOf(asked) };
    },
    evaluate: mmvetTables,
  },
};
const isShare = (reply: string): boolean => {
  const value = Number(reply);
  return reply.trim() !== "" && value >= 0 && value <= 1;
};

const benchRow = ({ question = "", caption = "", gpt4_ans: answer = "", category = "conv" }: Cells): Cells => ({
  ...{ question, caption, gpt_answer: answer, category },
});

interface Pairs {
  readonly gpt4_score: Readonly<Record<string, number>>;
  readonly score: Readonly<Record<string, number>>;
}

const reviewed = (line: Cells) =>
  verdictOn("llava_in_the_wild", benchRow(line), String(line.prediction ?? ""), undefined);
const isOffScale = (pair: unknown): boolean =>
  Array.isArray(pair) &&
  String(pair) !== "-1,-1" &&
  !pair.every((one) => typeof one === "number" && one >= 1 && one <= 10);

const pairIn = ({ review }: { readonly review: string }) => ({
  pair: reviewed({ prediction: "?" }).question?.parse(review) ?? null,
});
/** Pairs that it cannot read count as -1 there. */
const pairOf = (expected: unknown) => ({
  pair: isOffScale(expected) || String(expected) === "-1,-1" ? null : expected,
});

const llavabench: VectorFile = {
  reference(expected, fn) {
    if (fn === "build_prompt") return expected;
    if (fn === "parse_score") return pairOf(expected);
    const { gpt4_score: first, score: second, table } = expected as Pairs & { table: { rows: readonly Cells[] } };
    const isRead = (index: string) => !isOffScale([first[index], second[index]]) && first[index] !== -1;
    const pairs = Object.fromEntries(
      Object.keys(first).map((index) => [index, isRead(index) ? [first[index], second[index]] : null]),
    );
    const isWhole = Object.keys(first).every(isRead);
    const relative = (row: Cells) => [String(row.split), row["Relative Score (main)"]];
    return { pairs, ...(isWhole ? { relative: Object.fromEntries(table.rows.map(relative)) } : {}) };
  },
  functions: {
    parse_score: pairIn,
    build_prompt: ({ line }: { readonly line: Cells }) => promptOf(reviewed(line)).prompt,
    evaluate({ rows, judge }: EvaluateLine) {
      const scored = rows.map((source, i) => {
        const verdict = reviewed(source).question?.parse(judge[i] ?? outage);
        return { source, verdict: verdict as readonly [number, number] | undefined };
      });
      const pairs = Object.fromEntries(scored.map(({ source, verdict }) => [String(source.index), verdict ?? null]));
      if (scored.some(({ verdict }) => verdict === undefined)) return { pairs };
      const values = scored.map(({ source, verdict }) => ({
        category: String(source.category),
        value: taskScore("llava_in_the_wild", benchRow(source), String(source.prediction), {
          ...vlmevalkit,
          verdicts: [verdict as unknown as Json],
        }).value,
      }));
      const of = (part: typeof values) => foldValue(relativeScore("relative_score"), part, "vlmevalkit");
      const categories = [...new Set(values.map(({ category }) => category))];
      return {
        pairs,
        relative: {
          overall: of(values),
          ...Object.fromEntries(
            categories.map((name) => [name, of(values.filter(({ category }) => category === name))]),
          ),
        },
      };
    },
  },
};

const llavabenchParse: VectorFile = {
  part: "the two scores that a review begins with, as the judge of LLaVA-Bench's task reads them",
  setAside: ({ review }: { readonly review: string }) =>
    /^\S*(?:1e1|\+3)|^[^\n]*[ ,](?:1e1|\+3)/.test(review) &&
    strictScorePair(review)?.every((one) => one >= 1 && one <= 10)
      ? 'numbers that only Python reads as such ("1e1", "+3"): it is asked again here'
      : undefined,
  reference: pairOf,
  functions: { parse_score: pairIn },
};

export const vlmEvalKitJudgedVectors: Readonly<Record<string, VectorFile>> = {
  "vlmevalkit/mathvista": mathsFile(mathVistaRules, "MathVista_auxeval"),
  "vlmevalkit/mathvision": mathsFile(mathVisionRules, "none"),
  "vlmevalkit/mathvision_equal": {
    ...{ part: "MATH-Vision's rule for equal answers under VLMEvalKit's scoring" },
    functions: {
      is_equal: ({ answer, gold }: { readonly answer: string; readonly gold: string }) =>
        equality(answer, gold) !== undefined,
    },
  },
  "vlmevalkit/mathverse": mathverse,
  "vlmevalkit/mmvet": mmvet,
  "vlmevalkit/mmvet_eval": mmvet,
  "vlmevalkit/llavabench": llavabench,
  "vlmevalkit/llavabench_parse": llavabenchParse,
};
