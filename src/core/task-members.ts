/**
 * What a task may consist of, member by member: a task file is JavaScript by the time it is read, and a misspelt member in it
 * would be no error of any compiler. The types hold these tables to `Task` and its parts: a member without a row, or one that
 * is optional there and not here, does not compile.
 */
import type { Metric } from "./metric.js";
import type { GenerationOptions } from "./runner.js";
import type { ImageSplit, Judge, OptionCells, Split, Submission, Task, TsvRows } from "./task.js";

/** `list` of anything, `texts` = a list of strings, `table` = an object whose keys are the author's own. */
export type Kind = "text" | "texts" | "number" | "flag" | "function" | "object" | "table" | "list";

export type Members<T> = {
  readonly [Name in keyof T]-?: object extends Pick<T, Name> ? `${Kind}?` : Kind;
};

export const taskMembers: Members<Task> = {
  name: "text",
  aliases: "texts?",
  version: "number",
  about: "text",
  cite: "text",
  splits: "table",
  tsv: "object?",
  row: "object",
  expand: "function?",
  id: "function",
  imageKey: "function?",
  cluster: "function?",
  limitByCluster: "flag?",
  profiles: "texts?",
  prompt: "function",
  options: "object?",
  generation: "object",
  imageSizes: "flag?",
  masks: "function?",
  choices: "function?",
  next: "function?",
  judge: "object?",
  fallbackJudge: "object?",
  judgesByScoring: "table?",
  hasReference: "function?",
  scorings: "texts?",
  reportedAs: "table?",
  defects: "table?",
  score: "function?",
  answer: "function?",
  metrics: "list",
  groups: "table?",
  submission: "object?",
  demo: "flag?",
};

export const optionMembers: Members<OptionCells> = {
  in: "texts",
  text: "text?",
  right: "text",
  as: "text",
};

export const splitMembers: Members<Split> = {
  sources: "texts",
  configs: "texts?",
  split: "text",
  revision: "text?",
  images: "object?",
  rows: "number?",
  licence: "text",
  answers: "text",
  generation: "object?",
  reportedAs: "table?",
};

export const tsvMembers: Members<TsvRows> = {
  files: "table",
  parts: "table?",
  rows: "function?",
  column: "text?",
};

export const imageSplitMembers: Members<ImageSplit> = {
  sources: "texts?",
  config: "text?",
  split: "text",
  folder: "text?",
  column: "text",
  key: "text",
};

export const generationMembers: Members<GenerationOptions> = {
  maxNewTokens: "number",
  temperature: "number",
  topP: "number?",
  topK: "number?",
  stop: "texts?",
  repetitionPenalty: "number?",
};

export const judgeMembers: Members<Judge<unknown>> = {
  model: "text",
  template: "text",
  scorings: "texts?",
  ask: "function",
};

export const submissionMembers: Members<Submission<unknown>> = {
  file: "text",
  entry: "function",
  schema: "object",
  format: "text?",
};

export const metricMembers: Members<Metric> = {
  name: "text",
  unit: "text",
  direction: "text",
  of: "text?",
  range: "list?",
  perGroup: "flag?",
  start: "function",
};
