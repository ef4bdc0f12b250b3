/** IconQA (Lu et al. 2021): choose an image, choose a text, fill in the blank. */

import { anls, leadingLetter, lower, type Output, type Score, type ScoreContext, strip } from "llava-eval";

export interface IconQuestion {
  /** The options' texts; empty for a blank. */
  readonly options: readonly string[];
  /** An option's text, its position, or its letter; for a blank the text itself. */
  readonly answer: string;
}

/**
 * `accuracy` (the benchmark's measure) and `anls` (lmms-eval's). lmms-eval compares with the literal word "answers", the name
 * of a column that does not exist: kept under its scoring.
 */
export function iconQaScore({ options, answer }: IconQuestion, output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  if (scoring === "lmms-eval")
    return {
      status: "scored",
      value: { accuracy: 0, anls: anls(["answers"], text) ?? 0 },
      answer: text,
      targets: ["answers"],
    };
  const gold = iconQaGold({ options, answer });
  if (options.length === 0) {
    const right = lower(text) === lower(strip(answer));
    return {
      status: "scored",
      value: { accuracy: right ? 1 : 0, anls: anls([answer], text) ?? 0 },
      answer: text,
      targets: [answer],
    };
  }
  const said = saidOption(text, options);
  const target = gold ?? answer;
  const value = { accuracy: said !== undefined && letterOf(said) === gold ? 1 : 0, anls: anls([target], text) ?? 0 };
  const score = {
    status: "scored",
    value,
    answer: said === undefined ? "" : letterOf(said),
    targets: [target],
  } as const;
  return said === undefined ? { ...score, remark: "unparsable" } : score;
}

/** The right option's letter, or the words of a blank; undefined for an answer that is neither. */
export function iconQaGold({ options, answer }: IconQuestion): string | undefined {
  if (options.length === 0) return strip(answer) === "" ? undefined : answer;
  const position = positionOf(answer, options);
  return position === undefined ? undefined : letterOf(position);
}

const letterOf = (position: number) => String.fromCharCode(65 + position);

/** The data encodes the answer as an option's text, its position or its letter. */
function positionOf(answer: string, options: readonly string[]): number | undefined {
  const text = strip(answer);
  const byText = options.indexOf(text);
  if (byText >= 0) return byText;
  const number = /^(?:choice_)?(\d{1,2})(?:\.png)?$/.exec(text)?.[1];
  const position = number === undefined ? text.toUpperCase().charCodeAt(0) - 65 : Number(number);
  const single = number !== undefined || text.length === 1;
  return single && position >= 0 && position < options.length ? position : undefined;
}

/** A letter alone, before a period or in brackets; else an option's whole text. */
function saidOption(text: string, options: readonly string[]): number | undefined {
  const letter = /^\(?([A-Za-z])\)?\.?$/.exec(text)?.[1]?.toUpperCase() ?? leadingLetter(text, "period");
  const position = letter === undefined ? -1 : letter.charCodeAt(0) - 65;
  if (position >= 0 && position < options.length) return position;
  const byText = options.findIndex((option) => lower(strip(option)) === lower(text));
  return byText < 0 ? undefined : byText;
}
