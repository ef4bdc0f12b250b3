import type { ImageRef } from "./image.js";
import type { Json } from "./json.js";
import type { Metric } from "./metric.js";
import type { Prompt, PromptProfile } from "./prompt.js";
import type { GenerationOptions, Output } from "./runner.js";
import { type TSchema, videoKeyword } from "./schema.js";
import type { Score, ScoreContext, Scored, Scoring } from "./score.js";

/** Where rows of a split live. A description: nothing is opened here. */
export interface Split {
  /** Hub dataset ids, tried in order: `["lmms-lab-encoder/VQAv2", "lmms-lab/VQAv2"]`. The one used is recorded. None: it is a file of `tsv` alone. */
  readonly sources: readonly string[];
  /** The hub's configuration (subset); several are read one after the other. */
  readonly configs?: readonly string[];
  /** The hub's split name; several are read one after the other: `location+placement`. */
  readonly split: string;
  /** Commit or branch; the resolved commit is recorded. Default "main". */
  readonly revision?: string;
  /**
   * The images stand in a configuration of their own (GQA): a row's `image` is the one whose `key` there equals the row's
   * `column`. Those that rows name are kept in memory, each once.
   */
  readonly images?: ImageSplit;
  /** Rows the benchmark has (before `expand`); a run that sees another number says so. Absent when not published. */
  readonly rows?: number;
  /** SPDX id, or the owner's words. */
  readonly licence: string;
  /** `secret`: the run writes a submission file instead of a score. */
  readonly answers: "public" | "secret";
  /** Where a split is asked differently from the task's `generation`. */
  readonly generation?: Partial<GenerationOptions>;
  /** In the place of the task's, where the authors of a scoring call this split's numbers otherwise; `{}` where they have none. */
  readonly reportedAs?: ReportedNames;
}

/** What the authors of a scoring call its metrics, by our names: their table's column, or "column of row" where its row is not the main one. */
export type ReportedNames = Readonly<Partial<Record<Scoring, Readonly<Record<string, string>>>>>;

/** Where images live that are not in the rows' own file. */
export interface ImageSplit {
  /** Default: the rows' own sources. */
  readonly sources?: readonly string[];
  /** Absent: the data set's default. */
  readonly config?: string;
  readonly split: string;
  /** In a data folder that has a folder of this name the images are its files, by the names in `column`: COCO's `val2014`. */
  readonly folder?: string;
  /** The rows' column that names an image. */
  readonly column: string;
  /** The images' column with that name; the image itself is in `image`. */
  readonly key: string;
}

/** A row's cells as a text file has them. */
export type TextCells = Readonly<Record<string, string>>;

/** VLMEvalKit's TSVs of a benchmark. */
export interface TsvRows {
  /** Their names without `.tsv`, by split; a `.jsonl` with its ending. */
  readonly files: Readonly<Record<string, string>>;
  /** Those that are a split together, read one after the other where all lie in the folder and the one of `files` does not. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /**
   * What a row of theirs is in the benchmark's own columns: one row, several (a question of several categories), or none (one of another
   * split). An image's cell stays as it is. Absent: the columns have the benchmark's names.
   * @param position  of their row in the file, from 0
   */
  rows?(cells: TextCells, split: string, position: number): readonly Readonly<Record<string, unknown>>[];
  /** One that theirs alone have, where they may have all that a row of the benchmark must have. */
  readonly column?: string;
}

/** One question to a judge model. */
export interface JudgeQuestion {
  readonly prompt: Prompt;
  readonly options?: Partial<GenerationOptions>;
  /** The verdict, or undefined when the reply does not have the form asked for: it is asked again. */
  parse(reply: string): Json | undefined;
  /** Replies that may fail to parse before the sample is unscored (`judge`). Default 3. */
  readonly attempts?: number;
}

export interface Judge<Row> {
  /** The model the benchmark's authors used: a score with another judge is not comparable with theirs. */
  readonly model: string;
  /** The words of the questions with their placeholders; their digest stands in the Result. */
  readonly template: string;
  /** The scorings that ask it, where not all do: the others have rules alone, and need no judge. */
  readonly scorings?: readonly Scoring[];
  /** The next question, given the verdicts so far; undefined when the rule-based score needs (no more) judging. */
  ask(row: Row, output: Output, verdicts: readonly Json[], scoring: Scoring): JudgeQuestion | undefined;
}

/** A file for an evaluation server. */
export interface Submission<Row> {
  /** Inside the run's `submissions/`: `vqav2_test.json`. */
  readonly file: string;
  /** One entry, from the row and what the task's `answer` makes of the output. */
  entry(row: Row, answer: string): Json;
  /** What the server accepts, as a JSON Schema of one entry; checked before the file is written. */
  readonly schema: TSchema;
  /** `json` = one array (default); `jsonl` = a line per entry; `object` = entries are `[key, value]` of one object; `xlsx` = one sheet, columns in the first entry's order. */
  readonly format?: "json" | "jsonl" | "object" | "xlsx";
}

/** Where a row has its options and the right one, so that they can be asked in another order too. */
export interface OptionCells {
  /**
   * The column with the list of them (or with a text that holds one, as Python prints it); several: one column for each. Options that begin with
   * their own letters (`A. Left`) keep these at their places.
   */
  readonly in: readonly string[];
  /** A column whose text lists them, each behind its letter: beside the others, or alone where `in` names none. */
  readonly text?: string;
  /** The column that says which is right. */
  readonly right: string;
  /** How it says so: by place from 0, by letter (`B`, `(b)`), or with the option's own text. */
  readonly as: "position" | "letter" | "text";
}

/** A benchmark. The file answers in this order: which rows, which words are sent, what counts as right, what is averaged. */
export interface Task<Row = Record<string, unknown>> {
  /** Lower case, `_` between words. */
  readonly name: string;
  /** Names that other harnesses use: `ok_vqa_val2014`. */
  readonly aliases?: readonly string[];
  /** Raised whenever a number can change. */
  readonly version: number;
  readonly about: string;
  /** Paper, and the official script the score follows. */
  readonly cite: string;
  /** The first is the default; others as `task@split`. */
  readonly splits: Readonly<Record<string, Split>>;
  /** Read in `--data DIR` under their own names, or under the task's. */
  readonly tsv?: TsvRows;
  /** Every row is checked against it at the border. Name all columns that are used; others are not read. */
  readonly row: TSchema;
  /** Rows of the benchmark from one row of the file: several (circular passes), one, or none (filtered). Before `--limit`. */
  expand?(row: Row): readonly Row[];
  /** Unique within the split. */
  id(row: Row): string;
  /** Rows with one image (from non-image columns): they are dispatched next to each other. */
  imageKey?(row: Row): string;
  /** Samples that are not independent. Default: `imageKey`, else the id. */
  cluster?(row: Row): string;
  /**
   * `--limit` and `--offset` count clusters, and all samples of a chosen cluster are asked wherever they stand in the file: passes of
   * a circular question, both questions about an image. A part of a cluster would be scored as if it were the whole.
   */
  readonly limitByCluster?: boolean;
  /** Prompt profiles this task knows, the default first. Absent: ["default"]. */
  readonly profiles?: readonly PromptProfile[];
  prompt(row: Row, profile: PromptProfile): Prompt;
  /**
   * Where its rows have their options, of a choice task whose words and score follow from these columns alone: `--option-orders` asks them
   * in other orders. Absent: they are asked as they stand.
   */
  readonly options?: OptionCells;
  readonly generation: GenerationOptions;
  /** The score needs the sizes of the prompt's images (`context.imageSizes`): they are journalled. Default false. */
  readonly imageSizes?: boolean;
  /**
   * Images of the row that the score reads and no model sees (`context.masks`). They are looked at before the row is asked, and read again
   * from the data whenever it is scored; the journal has their digests.
   */
  masks?(row: Row): readonly ImageRef[];
  /** Log-likelihood form: the continuations to compare; the output carries `likelihoods`, `text` = the likeliest. */
  choices?(row: Row): readonly string[];
  /** Multi-round form: the next prompt (the whole conversation), or "done". */
  next?(row: Row, turns: readonly Output[]): Prompt | "done";
  readonly judge?: Judge<Row>;
  /**
   * Under its `scorings` in the place of `judge`, and only where a judge is named: without one the rules alone decide, and the Result says
   * so. VLMEvalKit's judge for options is one: without a key it matches exactly.
   */
  readonly fallbackJudge?: Judge<Row>;
  /**
   * In the place of `judge` under a scoring whose authors asked another model, in other words: VLMEvalKit asks gpt-4o-mini what MathVista's
   * own script asked GPT-4.
   */
  readonly judgesByScoring?: Readonly<Partial<Record<Scoring, Judge<Row>>>>;
  /**
   * Whether the row has a reference that an answer can equal: there is one, and it lies among the options. In a split with public
   * answers a row without one is unscored (`data`) and never asked; as the first row it ends the run. Absent: every row has one.
   */
  hasReference?(row: Row): boolean;
  /** Rules that the score has beyond `official` and `lmms-eval`. */
  readonly scorings?: readonly Scoring[];
  /** Of every split that has none of its own. */
  readonly reportedAs?: ReportedNames;
  /** What is known to be wrong with a scoring's rule, and is kept; "(here: ...)" where it is not. */
  readonly defects?: Readonly<Partial<Record<Scoring, readonly string[]>>>;
  /** Absent only when no split has public answers. Called only for rows with a reference. */
  score?(row: Row, output: Output, context: ScoreContext): Score;
  /**
   * What a submission file carries, for splits whose answers are secret, with the remark where it was guessed. Absent: the text
   * without outer white space.
   */
  answer?(row: Row, output: Output, context: ScoreContext): string | Pick<Scored, "answer" | "remark">;
  /** The first is the task's main metric. */
  readonly metrics: readonly Metric[];
  /** Sub-scores: every metric once more for each value. A row may leave a group out with undefined. */
  readonly groups?: Readonly<Record<string, (row: Row) => string | undefined>>;
  readonly submission?: Submission<Row>;
  /** Reads as "demo" everywhere when true: never mixed with benchmark scores. */
  readonly demo?: boolean;
}

/** The judge of a scoring; none where its rules decide alone. */
export function judgeUnder<Row>(task: Task<Row>, scoring: Scoring): Judge<Row> | undefined {
  const { judge, fallbackJudge, judgesByScoring } = task;
  const own = judgesByScoring?.[scoring];
  if (own) return own;
  if (fallbackJudge?.scorings?.includes(scoring)) return fallbackJudge;
  return judge?.scorings?.includes(scoring) === false ? undefined : judge;
}

/** Under one of its scorings at least it asks a judge. */
export function isJudged<Row>({ judge, fallbackJudge, judgesByScoring }: Task<Row>): boolean {
  return judge !== undefined || fallbackJudge !== undefined || judgesByScoring !== undefined;
}

/** The judge that is asked about a split's answers under a scoring, if one is named. */
export function judgeOf<Row>(task: Task<Row>, { answers }: Split, scoring: Scoring): Judge<Row> | undefined {
  return answers === "public" ? judgeUnder(task, scoring) : undefined;
}

/** Whether the rules decide alone where no judge is named. */
export function isFallback<Row>({ fallbackJudge }: Task<Row>, judge: Judge<Row> | undefined): boolean {
  return judge !== undefined && judge === fallbackJudge;
}

/** Rows of the task name clips. */
export function hasClips({ row }: Pick<Task, "row">): boolean {
  const { properties = {} } = row as { properties?: Readonly<Record<string, TSchema>> };
  return Object.values(properties).some(
    (column) =>
      videoKeyword in column || ((column as { anyOf?: TSchema[] }).anyOf ?? []).some((one) => videoKeyword in one),
  );
}

/** Gives a task file its type. What it holds is checked when it is loaded (`checkTask`). */
export function defineTask<Row>(task: Task<Row>): Task<Row> {
  return task;
}
