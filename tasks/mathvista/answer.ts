/**
 * MathVista's answers (Lu et al. 2024): what can be extracted without a judge, and how an extraction is made comparable.
 * Source: lupantech/MathVista `evaluation/extract_answer.py`, `evaluation/calculate_score.py`; lmms-eval `mathvista_evals.py`.
 */

import {
  levenshtein,
  optionLetters,
  parseFloatPython,
  parseIntPython,
  python,
  roundHalfEven,
  type Scoring,
  strip,
} from "llava-eval";

export interface MathVistaProblem {
  readonly question_type: string;
  readonly answer_type: string;
  readonly choices?: readonly string[] | null;
  /** Decimals of a float answer; a float64 column in the data set. */
  readonly precision?: number | InstanceType<typeof python.Float> | null;
}

/**
 * The answer that needs no judge: an option's text, or a response that is nothing but a number. `undefined` = ask the judge.
 *
 * @param quick also take what stands in `The answer is "…".`
 */
export function extractWithoutJudge(response: string, problem: MathVistaProblem, quick = false): string | undefined {
  if (response === "") return "";
  if (problem.question_type === "multi_choice" && problem.choices?.includes(response)) return response;
  if (problem.answer_type === "integer") {
    const integer = canonicalInteger(response);
    if (integer !== undefined) return integer;
  }
  if (problem.answer_type === "float") {
    const number = parseFloatPython(response);
    if (number !== undefined) return python.formatFloat(number);
  }
  return quick ? quotedAnswer(response) : undefined;
}

/** `str(int(text))`, exact at any size. */
function canonicalInteger(text: string): string | undefined {
  if (parseIntPython(text) === undefined) return undefined;
  const digits = Array.from(strip(text), (sign) => (/\p{Nd}/u.test(sign) ? String(parseIntPython(sign)) : sign));
  const body = digits.join("").replaceAll("_", "");
  return BigInt(body.startsWith("+") ? body.slice(1) : body).toString();
}

/** `The answer is "(.*)"\.`: the longest match in the first line that has one. */
function quotedAnswer(response: string): string | undefined {
  const cue = 'The answer is "';
  let at = response.indexOf(cue);
  while (at >= 0) {
    const start = at + cue.length;
    const lineEnd = response.indexOf("\n", start);
    const line = response.slice(start, lineEnd < 0 ? undefined : lineEnd);
    const end = line.lastIndexOf('".');
    if (end >= 0) return line.slice(0, end);
    if (lineEnd < 0) return undefined;
    at = response.indexOf(cue, lineEnd);
  }
  return undefined;
}

/**
 * The extraction in the form of the answer: an option's text, an integer, a float with the problem's decimals. Null = failed.
 *
 * lmms-eval passes the precision on as the float that the data set holds, which Python's `round` refuses: there every float
 * answer fails. With an integer precision both agree.
 *
 * @throws RangeError for a multiple-choice problem without options, or (official) an answer type it does not know
 */
export function normalizeExtraction(extraction: unknown, problem: MathVistaProblem, rules: Scoring): string | null {
  if (problem.question_type === "multi_choice") return matchingChoice(extraction, problem.choices ?? []);
  switch (problem.answer_type) {
    case "integer": {
      const number = floatOf(extraction);
      return number === undefined || !Number.isFinite(number) ? null : BigInt(Math.trunc(number)).toString();
    }
    case "float":
      return roundedFloat(extraction, problem.precision, rules);
    case "list":
      return python.str(extraction);
    default:
      if (rules === "official") throw new RangeError(`no rule for the answer type "${problem.answer_type}"`);
      return typeof extraction === "string" ? extraction : null;
  }
}

/** A letter in brackets or alone names an option; otherwise the option with the smallest edit distance (the first of equals). */
function matchingChoice(extraction: unknown, choices: readonly string[]): string {
  if (choices.length === 0) throw new RangeError("a multiple-choice problem without options");
  const text = typeof extraction === "string" ? strip(extraction) : python.str(extraction);
  const bracketed = /\(([a-zA-Z])\)/.exec(text)?.[1]?.toUpperCase();
  const named = choices[optionLetters(choices.length).indexOf(bracketed ?? text)];
  if (named !== undefined) return named;
  const target = bracketed ?? text;
  const distances = choices.map((choice) => levenshtein(target, choice));
  return choices[distances.indexOf(Math.min(...distances))] as string;
}

function floatOf(value: unknown): number | undefined {
  if (typeof value === "string") return parseFloatPython(value);
  if (typeof value === "number") return value;
  return value instanceof python.Float ? value.value : undefined;
}

function roundedFloat(extraction: unknown, precision: MathVistaProblem["precision"], rules: Scoring): string | null {
  const number = floatOf(extraction);
  if (number === undefined) return null;
  if (rules === "lmms-eval") {
    if (precision instanceof python.Float) return null;
    // `round(x, None)` gives an integer.
    if (precision === null || precision === undefined)
      return Number.isFinite(number) ? BigInt(roundHalfEven(number)).toString() : null;
  }
  if (precision === null || precision === undefined) return null;
  const decimals = Math.trunc(precision instanceof python.Float ? precision.value : precision);
  return python.formatFloat(roundHalfEven(number, decimals));
}

/** The official rule compares values, lmms-eval their stripped texts (`"5"` and `5` are equal there). */
export function mathVistaEqual(prediction: unknown, answer: unknown, rules: Scoring): boolean {
  if (rules === "lmms-eval") return strip(python.str(prediction)) === strip(python.str(answer));
  if (typeof prediction !== typeof answer) return false;
  return python.str(prediction) === python.str(answer);
}
