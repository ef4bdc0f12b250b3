/** A benchmark without code: what a YAML file says of columns, words and scorer, as a task. */

import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { ImageRef } from "../../core/image.js";
import { userPrompt } from "../../core/prompt.js";
import type { Output } from "../../core/runner.js";
import { Image, Nullable, type Static, type TSchema, Type } from "../../core/schema.js";
import type { Score, ScoreContext } from "../../core/score.js";
import { defineTask, type Judge, type Task } from "../../core/task.js";
import { mean } from "../../metrics/mean.js";
import { binaryJudgement } from "../../prompts/judge-grading.js";
import { anls } from "../../scorers/anls.js";
import { looselyEqual } from "../../scorers/exact-match.js";
import { chosen, notJudged, rightOrWrong } from "../../scorers/scored.js";
import { binaryVerdict } from "../../text/judge-replies.js";
import { optionLetters } from "../../text/mmmu-choice.js";
import { hasText, isOptionLetter } from "../../text/references.js";
import { robustChoice } from "../../text/robust-choice.js";

const Optional = Type.Optional;
const closed = { additionalProperties: false } as const;
const Column = (description: string) => Type.String({ minLength: 1, description });

export const YamlTask = Type.Object(
  {
    task: Type.String({
      pattern: "^[a-z][a-z0-9_]*$",
      description: "its name: with --data DIR the rows stand in DIR/<name>.jsonl, .tsv or .parquet",
    }),
    about: Optional(Type.String({ description: "one sentence: what is asked, and how it counts" })),
    cite: Optional(Type.String({ description: "where it comes from" })),
    version: Optional(Type.Integer({ minimum: 1, description: "raised whenever a number can change; default 1" })),
    hub: Optional(
      Type.Object(
        {
          dataset: Type.String({ minLength: 1 }),
          config: Optional(Type.String()),
          split: Type.String({ minLength: 1 }),
          revision: Optional(Type.String()),
        },
        { ...closed, description: "where the rows are without --data" },
      ),
    ),
    licence: Optional(Type.String({ description: "of the rows" })),
    columns: Type.Object(
      {
        id: Column("unique in the split"),
        image: Optional(
          Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
            description: "the column of the image, or several in their order, of which all but the first may be empty",
          }),
        ),
        answer: Optional(Column("one reference")),
        answers: Optional(Column("a list of references, each of which is right")),
        options: Optional(
          Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 2 })], {
            description: "a column with the list of options, or a column for each",
          }),
        ),
        cluster: Optional(Column("what repeats; default: the image, where one occurs twice")),
      },
      closed,
    ),
    prompt: Type.String({
      minLength: 1,
      description:
        "{column} stands for a row's text, {options} for `A. ...` lines, {image} for the next image; images that are not placed stand first",
    }),
    scorer: Type.Enum(["exact", "mcq", "anls", "judge"], {
      description:
        "exact: equal but for case and punctuation; mcq: the option's letter; anls: edit distance, 0 below 0.5; judge: a model says 0 or 1 (--judge)",
    }),
    reference: Optional(
      Type.Enum(["letter", "text", "position"], {
        description: "mcq: how `answer` names the option: B (default), its text, or its place from 0",
      }),
    ),
    groups: Optional(
      Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: "columns whose values are sub-scores" }),
    ),
    "max-new-tokens": Optional(Type.Integer({ minimum: 1, description: "default 64" })),
  },
  closed,
);
export type YamlTask = Static<typeof YamlTask>;

type Row = Readonly<Record<string, unknown>>;

const Cell = Type.Union([Type.String(), Type.Number()]);
const CellOrNone = Type.Union([Type.String(), Type.Number(), Type.Null()]);
const defaultTokens = 64;

/** @throws UserError  what the file says does not go together */
export function taskOf(file: YamlTask, path: string): Task {
  const { columns, scorer } = file;
  if ((columns.answer === undefined) === (columns.answers === undefined))
    throw mistaken(
      path,
      "columns needs `answer` or `answers`",
      "name the column of the reference, or that of a list of them",
    );
  if (scorer === "mcq" && (columns.options === undefined || columns.answer === undefined))
    throw mistaken(path, "the scorer mcq needs the columns `options` and `answer`", "name them below `columns`");
  if (scorer !== "mcq" && file.reference !== undefined)
    throw mistaken(path, "`reference` says how an option is named", "leave it out, or write `scorer: mcq`");
  const placeholders = [...file.prompt.matchAll(placeholder)].map(([, name = ""]) => name);
  if (placeholders.includes("options") && columns.options === undefined)
    throw mistaken(path, "the prompt has {options} and `columns` has none", "name the options below `columns`");
  if (placeholders.includes("image") && columns.image === undefined)
    throw mistaken(
      path,
      "the prompt has {image} and `columns` has none",
      "name the column of the image below `columns`",
    );
  const { hub } = file;
  const rows = new YamlRows(file);
  return defineTask<Row>({
    name: file.task,
    version: file.version ?? 1,
    about: file.about ?? `${file.task}, as ${path} describes it.`,
    cite: file.cite ?? "not stated",
    splits: {
      [hub?.split ?? "test"]: {
        sources: [hub?.dataset ?? file.task],
        split: hub?.split ?? "test",
        ...(hub?.config === undefined ? {} : { configs: [hub.config] }),
        ...defined({ revision: hub?.revision }),
        licence: file.licence ?? "not stated",
        answers: "public",
      },
    },
    row: rows.schema(placeholders),
    id: (row) => textIn(row[columns.id]),
    ...(columns.cluster === undefined ? {} : { cluster: (row: Row) => textIn(row[columns.cluster ?? ""]) }),
    prompt: (row) => rows.prompt(row),
    generation: { maxNewTokens: file["max-new-tokens"] ?? defaultTokens, temperature: 0 },
    hasReference: (row) => (scorer === "mcq" ? rows.letter(row) !== undefined : hasText(rows.references(row))),
    ...(scorer === "judge" ? { judge: rows.judge() } : {}),
    score: (row, output, context) => rows.score(row, output, context),
    metrics: [mean("accuracy")],
    groups: Object.fromEntries(
      (file.groups ?? []).map((column) => [column, (row: Row) => textIn(row[column]) || undefined]),
    ),
  }) as Task;
}

const mistaken = (path: string, what: string, fix: string) => new UserError(what, path, fix);
const placeholder = /\{([\p{L}_][\p{L}\p{N}_ .-]*)\}/gu;
const textIn = (cell: unknown): string => (cell === undefined || cell === null ? "" : String(cell));

/** What a file says of its rows. */
class YamlRows {
  private readonly images: readonly string[];

  constructor(private readonly file: YamlTask) {
    this.images = [file.columns.image ?? []].flat();
  }

  /** Every column that is used, and no other. */
  schema(placeholders: readonly string[]): TSchema {
    const { id, answer, answers, options, cluster } = this.file.columns;
    const words = placeholders.filter((name) => name !== "image" && name !== "options");
    const columns: Record<string, TSchema> = {};
    for (const column of [id, answer, cluster, ...words]) if (column !== undefined) columns[column] = Cell;
    // Where options are columns, a row may have fewer.
    for (const column of Array.isArray(options) ? options : []) columns[column] ??= Optional(CellOrNone);
    for (const column of this.file.groups ?? []) columns[column] ??= Optional(CellOrNone);
    for (const column of [answers, Array.isArray(options) ? undefined : options])
      if (column !== undefined) columns[column] = Type.Array(Type.String());
    for (const [i, column] of this.images.entries()) columns[column] = i === 0 ? Image() : Optional(Nullable(Image()));
    return Type.Object(columns);
  }

  prompt(row: Row) {
    const images = this.images.flatMap((column) => (row[column] ? [row[column] as ImageRef] : []));
    const parts = this.file.prompt.trimEnd().split("{image}");
    const placed = images.slice(0, parts.length - 1);
    // Images that the prompt does not place stand before it.
    return userPrompt(
      ...images.slice(placed.length),
      ...parts.flatMap((part, i) => {
        const image = placed[i];
        return [...(part === "" ? [] : [this.filled(part, row)]), ...(image ? [image] : [])];
      }),
    );
  }

  private filled(text: string, row: Row): string {
    return text.replace(placeholder, (_, name: string) =>
      name === "options" ? this.choices(row).join("\n") : textIn(row[name]),
    );
  }

  private options(row: Row): readonly string[] {
    const { options = [] } = this.file.columns;
    return typeof options === "string" ? (row[options] as readonly string[]) : options.map((one) => textIn(row[one]));
  }

  /** `B. two`: each keeps the letter of its column, and one without text is none. */
  private choices(row: Row): readonly string[] {
    const options = this.options(row);
    return this.letters(row).map((letter) => `${letter}. ${options[optionLetters(26).indexOf(letter)]}`);
  }

  private letters(row: Row): readonly string[] {
    const options = this.options(row);
    return optionLetters(options.length).filter((letter) => isOptionLetter(letter, options));
  }

  references(row: Row): readonly string[] {
    const { answer, answers } = this.file.columns;
    return answers === undefined ? [textIn(row[answer ?? ""])] : (row[answers] as readonly string[]);
  }

  /** The right option's letter; undefined where the reference names none. */
  letter(row: Row): string | undefined {
    const [reference = ""] = this.references(row);
    const letter = this.namedLetter(reference.trim(), this.options(row));
    return this.letters(row).find((one) => one === letter);
  }

  private namedLetter(reference: string, options: readonly string[]): string | undefined {
    switch (this.file.reference ?? "letter") {
      case "letter":
        return reference.toUpperCase();
      case "text":
        return optionLetters(26)[options.findIndex((option) => option.trim() === reference)];
      case "position": // pandas writes 1.0 where a column has a hole
        return /^\d+(\.0+)?$/.test(reference) ? optionLetters(26)[Number(reference)] : undefined;
    }
  }

  score(row: Row, output: Output, { verdicts }: ScoreContext): Score {
    const answer = output.text.trim();
    const references = this.references(row).filter(hasText);
    switch (this.file.scorer) {
      case "exact":
        return rightOrWrong(
          references.some((one) => looselyEqual(answer, one.trim())),
          answer,
          references,
        );
      case "anls":
        return { status: "scored", value: anls(references, answer) ?? 0, answer, targets: references };
      case "mcq": {
        const { letter, guessed } = robustChoice(answer, this.letters(row));
        // A letter found by the rule of last resort is no answer: "As an AI" chose no A.
        return chosen(guessed ? undefined : letter, this.letter(row) ?? "");
      }
      case "judge":
        return verdicts[0] === undefined ? notJudged : rightOrWrong(verdicts[0] === 1, answer, references);
    }
  }

  judge(): Judge<Row> {
    return {
      model: "not stated",
      template: binaryJudgement("{question}", "{answer}", "{prediction}"),
      ask: (row, output, verdicts, scoring) => {
        if (verdicts.length > 0) return undefined;
        const question = this.filled(this.file.prompt.replaceAll("{image}", "").trim(), row);
        return {
          prompt: userPrompt(binaryJudgement(question, this.references(row).join("\n"), output.text.trim())),
          options: { temperature: 0 },
          parse: (reply) => binaryVerdict(reply, scoring),
        };
      },
    };
  }
}
