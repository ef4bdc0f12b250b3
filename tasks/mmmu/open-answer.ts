/**
 * Free-form answers of MMMU (Yue et al. 2023) and CMMMU (Zhang et al. 2024): candidates are the shortest tails behind
 * words such as "is" or "=" and every number in them; a candidate is right if it holds the reference.
 *
 * The reference's number patterns try every position of a run of digits and are quadratic on long runs. `(?<!\p{Nd})`
 * below starts them at the beginning of a run only; within a run every start has the same outcome, so nothing changes.
 */

import { length, lower, parseFloatPython, roundHalfEven, strip } from "llava-eval";

/** Python's `\w`, inside a class. */
const PYTHON_WORD = "\\p{L}\\p{N}_";

/** A number (rounded to two decimals) or a string. */
export type Candidate = string | number;

interface Indicators {
  readonly words: readonly string[];
  /** Whether "=" counts too in the last sentence: the whole answer may be one equation. */
  readonly equation: boolean;
}

const english: Indicators = {
  words: ["could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "],
  equation: true,
};
/** Video-MMMU's, for answers that count or calculate. */
const englishVideo: Indicators = {
  words: [
    ...english.words,
    ...["are ", "in total ", "total ", "identify ", "recognize ", "calculated as ", "counted as ", "measured as "],
    ...["observed as ", "concluded as ", "found to be ", "equals ", "determined to be ", "number of ", "value is "],
    ...["adds up to ", "have ", "has "],
  ],
  equation: true,
};
const chineseBlank: Indicators = {
  words: ["是", "为", "所以", "等于", "方案", "选择", "正确答案", "因此", "最后", "答案", "结果"],
  equation: true,
};
const chineseVerdict: Indicators = {
  words: ["是", "为", "所以", "判断", "陈述", "说法", "表达", "答案", "结果"],
  equation: false,
};

const trivial = new Set([":", ",", ".", "!", "?", ";", "'"]);

/** For each sentence, the shortest text after the last occurrence of an indicator; the whole answer if there is none. */
function keyResponses(answer: string, sentences: readonly string[], { words, equation }: Indicators): string[] {
  const keys: string[] = [];
  sentences.forEach((sentence, i) => {
    let key = "";
    const last = equation && i === sentences.length - 1 ? [...words, "="] : words;
    for (const word of last) {
      const at = sentence.lastIndexOf(word);
      if (at < 0) continue;
      const tail = strip(sentence.slice(at + word.length));
      // An empty tail counts as nothing found yet, as in the reference.
      if (key === "" || length(tail) < length(key)) key = tail;
    }
    if (key !== "" && !trivial.has(key)) keys.push(key);
  });
  return keys.length === 0 ? [answer] : keys;
}

const digit = "\\p{Nd}";
const scientific = new RegExp(`-?(?<!${digit})${digit}+(?:\\.${digit}+)?[eE][+-]?${digit}+`, "gu");
const englishNumbers = [
  new RegExp(`-?(?<![${PYTHON_WORD}])${digit}{1,3}(?:,${digit}{3})+(?![${PYTHON_WORD}])`, "gu"),
  scientific,
  new RegExp(
    `-?(?:(?<!${digit})${digit}+\\.${digit}+|\\.${digit}+|(?<!${digit})${digit}+(?![${PYTHON_WORD}]))(?![eE][+-]?${digit})(?![,\\p{Nd}])`,
    "gu",
  ),
];
// Without word boundaries a run of two or more digits always matches at its first one: no guard is needed here.
const chineseNumbers = [
  new RegExp(`-?${digit}{1,3}(?:，${digit}{3})+`, "gu"),
  scientific,
  new RegExp(`-?(?:${digit}+\\.${digit}+|\\.${digit}+|${digit}+)(?![eE][+-]?${digit})(?!，${digit})`, "gu"),
];

/** Numbers with thousands separators, then in scientific notation, then plain ones, each in order of appearance. */
export function extractNumbers(text: string, language: "english" | "chinese" = "english"): string[] {
  return (language === "english" ? englishNumbers : chineseNumbers).flatMap((pattern) => text.match(pattern) ?? []);
}

function numberOf(text: string): number | undefined {
  const value = parseFloatPython(text.replaceAll(",", ""));
  return value === undefined ? undefined : roundHalfEven(value, 2);
}

/** Numbers to two decimals, text to lower case; one character gets a blank before or after it against trivial matches. */
export function normalizeOpen(text: string): Candidate[] {
  const body = strip(text);
  const number = numberOf(body);
  if (number !== undefined) return [number];
  const lowered = lower(body);
  return length(lowered) === 1 ? [` ${lowered}`, `${lowered} `] : [lowered];
}

/** Python's `set`: every NaN stays, because it is equal to nothing. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  return [...new Set(candidates), ...candidates.filter(Number.isNaN).slice(1)];
}

/** Everything in an answer to an MMMU question that may be the answer. */
export const parseOpen = (answer: string): Candidate[] => candidatesIn(answer, english);

/** The same of Video-MMMU, which knows more words that lead to one. */
export const parseVideoOpen = (answer: string): Candidate[] => candidatesIn(answer, englishVideo);

function candidatesIn(answer: string, indicators: Indicators): Candidate[] {
  const text = lower(strip(strip(answer), "."));
  // The reference also splits at ". " before a capital, but after lower-casing there is none.
  const keys = keyResponses(text, text.split("\n"), indicators);
  const found = [...keys, ...keys.flatMap((key) => extractNumbers(key))];
  return distinct(found.flatMap(normalizeOpen));
}

/** Whether a candidate string contains a reference string or a candidate number equals a reference number. */
export function matchesOpen(candidates: readonly Candidate[], references: readonly Candidate[]): boolean {
  return candidates.some((candidate) =>
    references.some((reference) =>
      typeof candidate === "number"
        ? candidate === reference
        : typeof reference === "string" && candidate.includes(reference),
    ),
  );
}

/** MMMU's rule for an open question; `gold` is one reference or a list of accepted ones. */
export function openIsCorrect(answer: string, gold: string | readonly string[]): boolean {
  const references = typeof gold === "string" ? normalizeOpen(gold) : gold.flatMap(normalizeOpen);
  return matchesOpen(parseOpen(answer), references);
}

function countLatin(text: string): number {
  return text.match(/[a-zA-Z]/g)?.length ?? 0;
}

/** CMMMU: a text much longer than the answer, or with more than two extra Latin letters, is no candidate. */
export function normalizeBlank(text: string, answer: string): Candidate[] {
  const body = strip(text);
  const number = numberOf(body);
  if (number !== undefined) return [number];
  return length(body) > length(answer) + 20 || countLatin(body) > countLatin(answer) + 2 ? [] : [body];
}

function chineseKeys(answer: string, indicators: Indicators): string[] {
  const text = strip(strip(answer, "。"));
  return keyResponses(text, text.split(/[。\n]/), indicators);
}

/** Candidates of a CMMMU fill-in answer; which texts are kept depends on the reference. */
export function parseBlank(response: string, answer: string): Candidate[] {
  const keys = chineseKeys(response, chineseBlank);
  const found = [...keys, ...keys.flatMap((key) => extractNumbers(key, "chinese"))];
  return distinct(found.flatMap((text) => normalizeBlank(text, answer)));
}

/** The sentences of a CMMMU true/false answer that carry the verdict. */
export function parseVerdicts(response: string): string[] {
  return [...new Set(chineseKeys(response, chineseVerdict))];
}

const positive = ["正确", "对", "准确", "肯定"];
const negative = ["错误", "不合适", "否定", "错"];
const ambiguous = ["对错", "是否正确", "否正确", "或者", "是否", "正确性", "对不"];

/**
 * `对` or `错` by majority, `undefined` on a tie (the reference tosses a coin).
 *
 * Positive words are looked for first and as substrings, so `不正确` ("not right") counts as right. Kept: published CMMMU
 * numbers depend on it.
 */
export function majorityVerdict(verdicts: readonly string[]): "对" | "错" | undefined {
  let balance = 0;
  for (const verdict of verdicts) {
    if (ambiguous.some((word) => verdict.includes(word))) continue;
    if (positive.some((word) => verdict.includes(word))) balance++;
    else if (negative.some((word) => verdict.includes(word))) balance--;
  }
  return balance > 0 ? "对" : balance < 0 ? "错" : undefined;
}
