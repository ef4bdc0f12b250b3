/** The border of a task: what an author wrote is checked once, when it is loaded. */
import { UserError } from "./errors.js";
import { type Metric, units } from "./metric.js";
import { didYouMean } from "./nearest.js";
import type { GenerationOptions } from "./runner.js";
import { scorings } from "./score.js";
import type { OptionCells, ReportedNames, Split, Task } from "./task.js";
import {
  generationMembers,
  imageSplitMembers,
  judgeMembers,
  type Kind,
  type Members,
  metricMembers,
  optionMembers,
  splitMembers,
  submissionMembers,
  taskMembers,
  tsvMembers,
} from "./task-members.js";

type Table = Readonly<Record<string, unknown>>;

/**
 * `value` as a task.
 * @param file where it was written
 * @throws UserError  it is none; a member is unknown, missing or of another type; a split with public answers and no `score`
 */
export function checkTask(value: unknown, file: string): Task {
  if (!isTable(value) || typeof value.prompt !== "function") {
    throw new UserError(
      "the default export is not a task",
      file,
      "end the file with `export default defineTask({ ... })`",
    );
  }
  const named = typeof value.name === "string" ? `task "${value.name}"` : "the task";
  new Border(file, named).task(value);
  return value as unknown as Task;
}

const directions: readonly Metric["direction"][] = ["higher", "lower", "neither"];
const answers: readonly Split["answers"][] = ["public", "secret"];
const optionForms: readonly OptionCells["as"][] = ["position", "letter", "text"];
const formats = ["json", "jsonl", "object", "xlsx"];

/** Files are named after a task and its split: no separators, no leading dot. */
const nameForm = /^[\w+-][\w.+-]*$/;

class Border {
  constructor(
    private readonly file: string,
    private readonly named: string,
  ) {}

  task(task: Table): void {
    this.members(task, taskMembers);
    const {
      name,
      version,
      splits,
      generation,
      metrics,
      judge,
      fallbackJudge,
      judgesByScoring = {},
      reportedAs = {},
      defects = {},
      scorings: own = [],
      tsv,
      submission,
      profiles,
      options,
      groups = {},
    } = task as unknown as Task;
    if (!nameForm.test(name)) this.refuse("its name cannot name files", "use lower-case letters, digits and _");
    if (!(Number.isInteger(version) && version >= 1)) this.refuse(`version is ${version}`, "count versions: 1, 2, ...");
    if (profiles?.length === 0) this.refuse("profiles is empty", 'leave it out, or name some: ["default"]');
    if (options) this.options(options, task as unknown as Task);
    this.generation(generation, "generation: ");
    if (Object.keys(splits).length === 0) this.refuse("it has no split", "name at least one in `splits`");
    for (const [split, description] of Object.entries(splits)) this.split(split, description, task);
    for (const metric of metrics as unknown[]) this.metric(metric);
    if (metrics.length === 0 && Object.values(splits).some(({ answers }) => answers === "public")) {
      this.refuse("metrics is empty, and a split has public answers", 'name at least one: [mean("accuracy")]');
    }
    const names = metrics.map((metric) => metric.name);
    const twice = names.find((metric, i) => names.indexOf(metric) < i);
    if (twice !== undefined) this.refuse(`two metrics are named "${twice}"`, "give each a name of its own");
    for (const [group, of] of Object.entries(groups)) {
      if (typeof of !== "function") this.refuse(`group "${group}" is ${kindOf(of)}`, "write a function of the row");
    }
    if (judge) this.members(judge, judgeMembers, "judge: ");
    if (fallbackJudge) {
      this.members(fallbackJudge, judgeMembers, "fallbackJudge: ");
      if (!fallbackJudge.scorings)
        this.refuse("fallbackJudge: no `scorings`", "name the scorings that ask it, where a judge is named");
    }
    if (tsv) {
      this.members(tsv, tsvMembers, "tsv: ");
      for (const [split, parts] of Object.entries(tsv.parts ?? {}))
        if (!isKind.texts(parts)) this.refuse(`tsv: parts ${split}: ${kindOf(parts)}`, `write ${expected.texts}`);
    }
    for (const [scoring, judged] of Object.entries(judgesByScoring)) {
      this.oneOf(scoring, scorings, "judgesByScoring: scoring");
      this.members(judged, judgeMembers, `judgesByScoring ${scoring}: `);
    }
    this.reportedNames(reportedAs, names, own, "");
    for (const [split, { reportedAs: theirs = {} }] of Object.entries(splits))
      this.reportedNames(theirs, names, own, `split "${split}": `);
    for (const [scoring, found] of Object.entries(defects)) {
      this.oneOf(scoring, ["official", "lmms-eval", ...own], "defects: scoring");
      if (!isKind.texts(found)) this.refuse(`defects ${scoring}: ${kindOf(found)}`, `write ${expected.texts}`);
    }
    if (submission) {
      this.members(submission, submissionMembers, "submission: ");
      this.oneOf(submission.format, formats, "submission: format");
    }
  }

  private split(name: string, split: Split, { score, tsv }: Table): void {
    const at = `split "${name}": `;
    if (!nameForm.test(name)) this.refuse(`${at}its name cannot name files`, "use letters, digits and _");
    this.members(split, splitMembers, at);
    const isFile = isTable(tsv) && [tsv.files, tsv.parts].some((names) => isTable(names) && name in names);
    if (split.sources.length === 0 && !isFile)
      this.refuse(`${at}no sources`, "name data sets of the hub, in the order to try, or a file in `tsv`");
    this.oneOf(split.answers, answers, `${at}answers`);
    if (split.images) this.members(split.images, imageSplitMembers, `${at}images: `);
    if (split.generation) this.generation(split.generation, `${at}generation: `, true);
    if (split.answers === "public" && score === undefined) {
      this.refuse(`${at}its answers are public, and the task has no \`score\``, "write `score(row, output) { ... }`");
    }
  }

  /** @param metrics  the task's own names */
  private reportedNames(reported: ReportedNames, metrics: readonly string[], own: readonly string[], at: string): void {
    for (const [scoring, theirs] of Object.entries(reported)) {
      this.oneOf(scoring, ["official", "lmms-eval", ...own], `${at}reportedAs: scoring`);
      if (!isTable(theirs))
        this.refuse(`${at}reportedAs ${scoring}: ${kindOf(theirs)}`, 'write { accuracy: "Overall" }');
      for (const [metric, name] of Object.entries(theirs)) {
        this.oneOf(metric, metrics, `${at}reportedAs ${scoring}: metric`);
        if (typeof name !== "string" || name === "")
          this.refuse(`${at}reportedAs ${scoring}: ${metric} is ${kindOf(name)}`, "write what its authors call it");
      }
    }
  }

  private options(options: OptionCells, { row }: Task): void {
    this.members(options, optionMembers, "options: ");
    this.oneOf(options.as, optionForms, "options: as");
    const columns = Object.keys((row as { properties?: object }).properties ?? {});
    for (const column of [...options.in, options.text ?? [], options.right].flat())
      this.oneOf(column, columns, "options: column");
    if (options.in.length === 0 && options.text === undefined)
      this.refuse("options: in is empty", 'name the columns: ["A", "B", "C", "D"], or by text the one that lists them');
  }

  private generation(options: Partial<GenerationOptions>, at: string, partial = false): void {
    this.members(options, generationMembers, at, partial);
    const { maxNewTokens = 1, temperature = 0 } = options;
    if (!(Number.isInteger(maxNewTokens) && maxNewTokens > 0)) {
      this.refuse(`${at}maxNewTokens is ${maxNewTokens}`, "write a whole number of at least 1");
    }
    if (temperature < 0) this.refuse(`${at}temperature is ${temperature}`, "write 0 or more");
  }

  private metric(metric: unknown): void {
    if (!isTable(metric)) this.refuse(`a metric is ${kindOf(metric)}`, 'write metrics as `mean("accuracy")`');
    const at = `metric "${String(metric.name)}": `;
    this.members(metric, metricMembers, at);
    this.oneOf(metric.unit, units, `${at}unit`);
    this.oneOf(metric.direction, directions, `${at}direction`);
    const { range } = metric as unknown as Metric;
    if (range !== undefined && !(range.length === 2 && range[0] < range[1])) {
      this.refuse(`${at}range is ${JSON.stringify(range)}`, "write the lowest and the highest value: [0, 1]");
    }
  }

  private oneOf(value: unknown, known: readonly string[], what: string): void {
    if (value === undefined || known.includes(value as string)) return;
    this.refuse(
      `${what} is ${JSON.stringify(value)}`,
      `${didYouMean(String(value), known)}choose one of ${known.join(", ")}`,
    );
  }

  /**
   * @param at      begins the message: `split "val": `
   * @param partial required members may be left out
   */
  private members<T>(value: unknown, members: Members<T>, at = "", partial = false): void {
    if (!isTable(value)) this.refuse(`${at}it is ${kindOf(value)}`, "write an object");
    const known = Object.keys(members);
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      this.refuse(`${at}unknown member "${unknown}"`, `${didYouMean(unknown, known)}members: ${known.join(", ")}`);
    }
    for (const [name, rule] of Object.entries<string>(members)) {
      const kind = rule.replace("?", "") as Kind;
      const given = value[name];
      if (given === undefined && (partial || rule.endsWith("?"))) continue;
      if (given === undefined) this.refuse(`${at}no \`${name}\``, `add it: ${expected[kind]}`);
      if (!isKind[kind](given)) this.refuse(`${at}\`${name}\` is ${kindOf(given)}`, `write ${expected[kind]}`);
    }
  }

  private refuse(what: string, fix: string): never {
    throw new UserError(`${this.named}: ${what}`, this.file, fix);
  }
}

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isKind: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  number: (value) => typeof value === "number" && Number.isFinite(value),
  flag: (value) => typeof value === "boolean",
  function: (value) => typeof value === "function",
  object: isTable,
  table: isTable,
  list: Array.isArray,
};

const expected: Readonly<Record<Kind, string>> = {
  text: "a string",
  texts: "a list of strings",
  number: "a number",
  flag: "true or false",
  function: "a function",
  object: "an object",
  table: "an object",
  list: "a list",
};

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  return `the ${typeof value} ${JSON.stringify(value)}`;
}
