/**
 * The option-letter parser of MMMU (Yue et al. 2023) and of the benchmarks that copied and changed it.
 *
 * All of them pad the answer with blanks, try ever looser ways of writing a letter, and take the last one written.
 * They differ only in the list of ways, so a parser here is such a list. Every step is a substring search: linear in
 * the answer for a fixed set of options.
 */

import { lower, splitWords, strip } from "./python-strings.js";

/** `A`, `B`, ... for `count` options. */
export function optionLetters(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(65 + i));
}

/** Letters that were found, and where each is (later is better; the first of equals wins). */
interface Found {
  readonly letters: readonly string[];
  readonly position: (letter: string) => number;
}

type Pass = (text: string, letters: readonly string[]) => Found | undefined;

/** Letters written as `pattern`; `rank` is what the reference searches from the right when there are several. */
const written =
  (pattern: (letter: string) => string, rank = pattern): Pass =>
  (text, letters) => {
    const found = letters.filter((letter) => text.includes(pattern(letter)));
    return found.length === 0 ? undefined : { letters: found, position: (letter) => text.lastIndexOf(rank(letter)) };
  };

const bracketed = (letter: string): string => `(${letter})`;

const alone = (letter: string): string => ` ${letter} `;

// No blank is asked for on the left: "NASA is" holds the letter A. The rank is still " A ", so of several such letters
// those without a blank rank -1 and the first wins. Kept: published numbers depend on it.
const beforeBlank = (letter: string): string => `${letter} `;

const beforePeriod = (letter: string): string => `${letter}.`;

const beforeColon = (letter: string): string => `${letter}:`;

const kanaOrKanji = "[\\u3040-\\u30FF\\u4E00-\\u9FFF]";

const insideJapanese: Pass = (text, letters) => {
  const found = letters.filter((letter) => new RegExp(`${kanaOrKanji}${letter}${kanaOrKanji}`).test(text));
  return found.length === 0 ? undefined : { letters: found, position: (letter) => text.lastIndexOf(alone(letter)) };
};

/** Video-MMMU takes letters before a period and before a colon together, and ranks by the period if there is one. */
const beforePeriodOrColon: Pass = (text, letters) => {
  const periods = letters.filter((letter) => text.includes(beforePeriod(letter)));
  const colons = letters.filter((letter) => text.includes(beforeColon(letter)));
  const found = [...periods, ...colons];
  const rank = periods.length > 0 ? beforePeriod : beforeColon;
  return found.length === 0 ? undefined : { letters: found, position: (letter) => text.lastIndexOf(rank(letter)) };
};

/** EgoSchema in lmms-eval: all three ways are taken together, and each letter stands where its earliest way does. */
const writtenAnyWay: Pass = (text, letters) => {
  const ways = [bracketed, beforeBlank, beforePeriod];
  const placesOf = (letter: string) => ways.map((way) => text.lastIndexOf(way(letter))).filter((at) => at >= 0);
  const found = letters.filter((letter) => placesOf(letter).length > 0);
  return found.length === 0 ? undefined : { letters: found, position: (letter) => Math.min(...placesOf(letter)) };
};

interface Rules {
  /** Stripped from both ends, one character after the other. */
  readonly marks: string;
  readonly passes: readonly Pass[];
  /** Whether an option's text counts when no letter is found and the answer has more than five words. */
  readonly content: boolean;
  /** Of several the one written first, where the others take the last. */
  readonly first?: true;
}

const asciiMarks = ",.!?;:'";

const lmms = [written(bracketed, bracketed), written(beforeBlank, alone), written(beforePeriod, alone)];

const rules = {
  /** `mmmu/utils/eval_utils.py`. */
  official: { marks: asciiMarks, passes: [written(bracketed), written(alone)], content: true },
  /** lmms-eval's MMMU and MMMU-Pro, and the second half of `mmmu-pro/evaluate.py`. */
  lmms: { marks: asciiMarks, passes: lmms, content: true },
  jmmmu: {
    marks: `${asciiMarks}、。！？；：`,
    passes: [lmms[0] as Pass, lmms[1] as Pass, insideJapanese, lmms[2] as Pass],
    content: true,
  },
  videoMmmu: {
    marks: asciiMarks,
    passes: [beforePeriodOrColon, written(bracketed), written(beforeBlank, alone)],
    content: true,
  },
  egoschema: { marks: asciiMarks, passes: [writtenAnyWay], content: true, first: true },
  /** MMT-Bench: bracketed letters are ranked by " A " too, so the first of several wins. */
  mmt: {
    marks: asciiMarks,
    passes: [written(bracketed, alone), written(alone), written(beforePeriod, alone)],
    content: false,
  },
} satisfies Record<string, Rules>;

export type ChoiceParser = keyof typeof rules;

/**
 * The option letter that an answer names, `undefined` where the reference would draw one at random.
 *
 * @param options the options' texts, in the order of their letters
 */
export function parseChoice(parser: ChoiceParser, answer: string, options: readonly string[]): string | undefined {
  const { marks, passes, content, first = false } = rules[parser] as Rules;
  const letters = optionLetters(options.length);
  let text = answer;
  for (const mark of marks) text = strip(text, mark);
  text = ` ${text} `;
  for (const pass of passes) {
    const found = pass(text, letters);
    if (found !== undefined) return oneOf(found, first);
  }
  if (!content || splitWords(text).length <= 5) return undefined;
  const found = byContent(lower(text), letters, options.map(lower));
  return found === undefined ? undefined : oneOf(found, first);
}

function byContent(text: string, letters: readonly string[], contents: readonly string[]): Found | undefined {
  const contentOf = new Map(letters.map((letter, i) => [letter, contents[i] ?? ""]));
  const found = letters.filter((letter) => text.includes(contentOf.get(letter) ?? ""));
  if (found.length === 0) return undefined;
  return { letters: found, position: (letter) => text.lastIndexOf(contentOf.get(letter) ?? "") };
}

function oneOf({ letters, position }: Found, first: boolean): string | undefined {
  if (letters.length === 1) return letters[0];
  const place = (letter: string) => (first ? -position(letter) : position(letter));
  let best = letters[0];
  let bestPosition = best === undefined ? -1 : place(best);
  for (const letter of letters.slice(1)) {
    const at = place(letter);
    if (at > bestPosition) [best, bestPosition] = [letter, at];
  }
  return best;
}
