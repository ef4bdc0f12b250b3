/** MMMU (Yue et al. 2023): right or wrong for one question. Source: MMMU-Benchmark/MMMU `mmmu/utils/eval_utils.py`. */

import {
  byLetter,
  hasText,
  isOptionLetter,
  isTextList,
  type Output,
  optionLetters,
  parseChoice,
  parseStringList,
  python,
  rightOrWrong,
  type ScoreContext,
  type Scored,
  type Scoring,
  strip,
} from "llava-eval";
import { type Candidate, openIsCorrect, parseOpen } from "./open-answer.js";

const written = (candidate: Candidate | undefined): string =>
  candidate === undefined ? "" : typeof candidate === "number" ? python.formatFloat(candidate) : candidate;

/** The subject in an id such as `validation_Basic_Medical_Science_12`; undefined for any other form. */
export function subjectOf(id: string): string | undefined {
  const [start, end] = [id.indexOf("_"), id.lastIndexOf("_")];
  const subject = id.slice(start + 1, end);
  const hasForm = start > 0 && end > start + 1 && /^\p{Nd}+$/u.test(id.slice(end + 1));
  return hasForm ? subject : undefined;
}

/** MMMU's six domains and their subjects. */
export const mmmuDomains: Readonly<Record<string, readonly string[]>> = {
  "Art and Design": ["Art", "Art_Theory", "Design", "Music"],
  Business: ["Accounting", "Economics", "Finance", "Manage", "Marketing"],
  Science: ["Biology", "Chemistry", "Geography", "Math", "Physics"],
  "Health and Medicine": [
    "Basic_Medical_Science",
    "Clinical_Medicine",
    "Diagnostics_and_Laboratory_Medicine",
    "Pharmacy",
    "Public_Health",
  ],
  "Humanities and Social Science": ["History", "Literature", "Sociology", "Psychology"],
  "Tech and Engineering": [
    "Agriculture",
    "Architecture_and_Engineering",
    "Computer_Science",
    "Electronics",
    "Energy_and_Power",
    "Materials",
    "Mechanical_Engineering",
  ],
};

/** CMMMU's, which are MMMU's in Chinese. */
export const cmmmuDomains: Readonly<Record<string, readonly string[]>> = {
  艺术与设计: ["艺术", "艺术理论", "设计", "音乐"],
  商业: ["会计", "经济", "金融", "管理", "营销"],
  科学: ["生物", "化学", "地理", "数学", "物理"],
  健康与医学: ["基础医学", "临床医学", "诊断学与实验室医学", "制药", "公共卫生"],
  人文社会科学: ["历史", "文献学", "社会学", "心理学"],
  技术与工程: ["农业", "建筑学", "计算机科学", "电子学", "能源和电力", "材料", "机械工程"],
};

/** The domain of a subject; undefined for a subject outside the table. */
export function domainOf(subject: string | undefined, domains: typeof mmmuDomains = mmmuDomains): string | undefined {
  return Object.keys(domains).find((domain) => subject !== undefined && domains[domain]?.includes(subject));
}

/** A question of MMMU or MMMU-Pro as its columns have it. */
export interface MmmuQuestion {
  readonly id: string;
  readonly options: string;
  readonly answer: string;
  readonly question_type?: string;
}

/** A letter of the row's options, of which one at least has text, or for open questions an answer; MMMU's test split has "?" for secret ones. */
export function mmmuHasReference({ options, answer, question_type }: Omit<MmmuQuestion, "id">): boolean {
  if (question_type === "open") {
    const isList = answer.startsWith("[");
    return hasText(acceptedAnswers(answer, "official")) && answer !== "?" && (!isList || isTextList(answer));
  }
  const list = parseStringList(options);
  return isOptionLetter(answer, list.length) && hasText(list);
}

/** MMMU by its own script, or as lmms-eval scores it: since 0.7.3 its open questions are the script's, but for lists of accepted answers. */
export function mmmuScore(row: MmmuQuestion, output: Output, context: ScoreContext): Scored {
  const text = output.text;
  const gold = acceptedAnswers(row.answer, context.scoring);
  if (row.question_type !== "open") {
    const options = parseStringList(row.options);
    const parser = context.scoring === "official" ? "official" : "lmms";
    return byLetter(parseChoice(parser, text, options), gold, optionLetters(options.length), context);
  }
  // lmms-eval compares them all, and keeps the first for its files.
  const answer = context.scoring === "official" ? text : written(parseOpen(text)[0]);
  return rightOrWrong(openIsCorrect(text, gold), answer, gold);
}

/** MMMU-Pro; in the vision setting lmms-eval compares the whole response with the letter. */
export function mmmuProScore(row: MmmuQuestion, output: Output, context: ScoreContext, vision: boolean): Scored {
  const text = output.text;
  if (context.scoring === "lmms-eval" && vision) return rightOrWrong(text === row.answer, text, row.answer);
  const options = parseStringList(row.options);
  const letter = context.scoring === "official" ? parseProChoice(text, options) : parseChoice("lmms", text, options);
  return byLetter(letter, row.answer, optionLetters(options.length), context);
}

/** Some rows hold a list of accepted answers as text, `"['24', '24.0']"`; lmms-eval takes that text for the answer. */
function acceptedAnswers(answer: string, scoring: Scoring): string | readonly string[] {
  return scoring === "official" && answer.startsWith("[") ? parseStringList(answer) : answer;
}

/** The parser of `mmmu-pro/evaluate.py`: what follows the last "Answer:" decides if it holds exactly one letter. */
export function parseProChoice(answer: string, options: readonly string[]): string | undefined {
  const start = answer.lastIndexOf("Answer:");
  if (start >= 0) {
    const rest = answer.slice(start + "Answer:".length);
    const named = optionLetters(options.length).filter((letter) => rest.includes(letter));
    if (named.length === 1) return named[0];
  }
  return parseChoice("lmms", answer, options);
}

/** VLMEvalKit's `cot_postproc`: the last line that begins with "Answer:", of it the letter if one stands there alone, else the rest. */
export function vlmEvalKitTail(text: string): string {
  const lines = strip(text)
    .split("\n")
    .map((line) => strip(line));
  const last = lines.filter((line) => line.startsWith("Answer:")).at(-1);
  if (last === undefined) return text;
  const rest = last.slice("Answer:".length);
  const letters = new Set(rest.match(/[A-Z]/g));
  return letters.size === 1 ? ([...letters][0] as string) : rest;
}
