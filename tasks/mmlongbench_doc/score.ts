/**
 * MMLongBench-Doc: when an answer of a kind (Int, Float, Str, List, None) equals its target.
 * Sources: mayubo2333/MMLongBench-Doc `eval/eval_score.py`, `run_api.py`; lmms-eval `mmlongbench_doc/utils.py`.
 */

import {
  length,
  levenshtein,
  lower,
  parseFloatPython,
  parseIntPython,
  python,
  pythonRegex,
  roundHalfEven,
  rstrip,
  splitWords,
  strip,
  upper,
} from "llava-eval";

export type Rules = "official" | "lmms-eval";

const parenthesis = pythonRegex("\\s*\\([^)]*\\)", "g");
const quotes = /^['"]|['"]$/g;
const dollars = (text: string): string => strip(text.replace(/^\$+/, ""));
const percents = (text: string): string => strip(rstrip(text, "%"));

/** Without what stands around a word. Of "5 miles" the authors mean to leave the unit out, and throw the result away; lmms-eval does leave it out. */
export function cleaned(text: string, rules: Rules): string {
  const bare = strip(strip(strip(lower(text)).replace(parenthesis, "")).replace(quotes, ""));
  const word = percents(dollars(bare));
  if (rules === "official") return word;
  const unit = [" miles", " mile", " million"].reduce(
    (rest, one) => (rest.endsWith(one) ? strip(rest.slice(0, -one.length)) : rest),
    word,
  );
  return splitWords(unit).join(" ");
}

const forms = [
  pythonRegex("^\\b\\d+(-\\d+|\\s\\d+)?\\b$"), // a telephone number
  pythonRegex("^\\b\\d{4}[-\\s]\\d{2}[-\\s]\\d{2}\\b$"),
  pythonRegex("^\\b\\d{4}[-\\s]\\d{2}\\b$"),
  /^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$/,
];

/** What is right or wrong as a whole: addresses, files, pages, times, dates, telephone numbers. */
function isExact(target: string, rules: Rules): boolean {
  if (target.includes("https://") || (rules === "lmms-eval" && target.includes("http://"))) return true;
  if (target.endsWith(".py") || target.endsWith(rules === "official" ? "ipynb" : ".ipynb")) return true;
  if (target.startsWith("page") || target.includes("a.m.") || target.includes("p.m.")) return true;
  return forms.some((form) => form.test(target));
}

/** 1 less the distance over the longer of the two; 0 where half or more is different. */
function likeness(target: string, answer: string, rules: Rules): number {
  if (rules === "lmms-eval" && (target === "" || answer === "")) return target === answer ? 1 : 0;
  const longer =
    rules === "official"
      ? Math.max(length(upper(target)), length(upper(answer)))
      : Math.max(length(target), length(answer));
  const value = 1 - (longer === 0 ? 0 : levenshtein(target, answer) / longer);
  return value <= 0.5 ? 0 : value;
}

function textScore(target: string, answer: string, rules: Rules): number {
  const [gold, said] = [cleaned(target, rules), cleaned(answer, rules)];
  return isExact(gold, rules) ? Number(gold === said) : likeness(gold, said, rules);
}

const decimals = (value: number): number => {
  const text = python.formatFloat(value);
  return text.includes(".") ? length(text.slice(text.lastIndexOf(".") + 1)) : 3;
};

/** Within a hundredth, or equal where both are rounded; as it stands, as a share and as a percentage. */
function numbersAgree(target: number, answer: number): boolean {
  return [target / 100, target, target * 100].some((one) => {
    if (one === answer) return true;
    const finite = Number.isFinite(one) && Number.isFinite(answer);
    if (finite && Math.abs(one - answer) <= 0.01 * Math.max(Math.abs(one), Math.abs(answer))) return true;
    const digits = Math.max(Math.min(decimals(answer), decimals(one)), 2);
    return finite && roundHalfEven(answer, digits) === roundHalfEven(one, digits);
  });
}

const firstNumber = pythonRegex("[-+]?\\d*\\.?\\d+");
function numberIn(text: string): number | undefined {
  const found = firstNumber.exec(text.replaceAll(",", ""))?.[0];
  return found === undefined ? undefined : parseFloatPython(found);
}

const whole = (value: number | undefined): number | undefined =>
  value === undefined || !Number.isFinite(value) ? undefined : Math.trunc(value);

const numberOf = (text: string, rules: Rules): number | undefined =>
  rules === "official" ? parseFloatPython(cleaned(text, rules)) : numberIn(text);

/** Whether it is what its kind says: of a kind of numbers, one, by the authors or by lmms-eval, which finds one in "5 people" too. */
export function isTarget(target: string, format: string): boolean {
  if (format !== "Int" && format !== "Float") return true;
  return numberOf(target, "official") !== undefined || numberOf(target, "lmms-eval") !== undefined;
}

function wholeScore(target: string, answer: string, rules: Rules): number {
  const gold = rules === "official" ? parseIntPython(target) : whole(numberIn(target));
  const said = whole(rules === "official" ? parseFloatPython(answer) : numberIn(answer));
  return Number(gold !== undefined && gold === said);
}

function numberScore(target: string, answer: string, rules: Rules): number {
  const [gold, said] = [numberOf(target, rules), numberOf(answer, rules)];
  return Number(gold !== undefined && said !== undefined && numbersAgree(gold, said));
}

/**
 * Items as Python reads and prints them: 1.50 is "1.5". Undefined: it begins as a list and is none; the authors call Python's `eval`, which fails,
 * or runs what the model wrote. lmms-eval reads any literal.
 */
function itemsOf(given: string, rules: Rules): readonly string[] | undefined {
  if (rules === "official" && !given.startsWith("[")) return [given];
  const value = python.literal(given);
  if (value === undefined) return rules === "official" ? undefined : [given];
  if (value === null) return [];
  return Array.isArray(value) && !(value instanceof python.Tuple) ? value.map(python.str) : [python.str(value)];
}

const byCode = (a: string, b: string): number => {
  const [one, other] = [[...a], [...b]];
  const at = one.findIndex((character, i) => character !== other[i]);
  if (at < 0) return one.length - other.length;
  return (one[at]?.codePointAt(0) ?? 0) - (other[at]?.codePointAt(0) ?? -1);
};

function listScore(target: string, answer: string, rules: Rules): number {
  const [gold, said] = [target, answer].map((text) =>
    itemsOf(text, rules)
      ?.map((item) => cleaned(item, rules))
      .sort(byCode),
  );
  if (gold === undefined || said === undefined || gold.length !== said.length) return 0;
  const [first] = gold;
  if (first === undefined) return rules === "official" ? 0 : 1;
  const isNumber = (rules === "official" ? parseFloatPython(first) : numberIn(first)) !== undefined;
  if (isNumber || isExact(first, rules)) return Number(gold.join("-") === said.join("-"));
  return Math.min(...gold.map((one, i) => likeness(one, said[i] ?? "", rules)));
}

export const unanswerable = "Not answerable";

/** @param format  the target's kind, as the row has it */
export function documentScore(target: string, answer: string, format: string, rules: Rules = "official"): number {
  switch (format) {
    case "Int":
      return wholeScore(target, answer, rules);
    case "Float":
      return numberScore(target, answer, rules);
    case "List":
      return listScore(target, answer, rules);
    case "None":
      if (rules === "lmms-eval") return Number(cleaned(answer, rules) === lower(unanswerable));
      return textScore(target, answer, rules);
    default:
      return textScore(target, answer, rules);
  }
}

/** Whether these words say that the document does not say it. */
export function isUnanswerable(words: string, rules: Rules): boolean {
  return rules === "official" ? words === unanswerable : cleaned(words, rules) === lower(unanswerable);
}
