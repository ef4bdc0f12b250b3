/**
 * lmms-eval's "robust" letter extraction (`_task_utils/mcq_extract.py`): MMStar, RealWorldQA, static MMBench.
 *
 * Every way of writing a letter that occurs is a candidate; the most telling way wins, and within it the last position.
 * Only upper-case letters count, and "A cat" is taken for the letter A: published lmms-eval numbers depend on it.
 */

import { lower, strip } from "./python-strings.js";

const phrases = [
  ...[
    "the answer is",
    "answer is",
    "the correct answer is",
    "correct answer is",
    "the best answer is",
    "best answer is",
  ],
  ...[
    "the correct option is",
    "correct option is",
    "the best option is",
    "best option is",
    "the choice is",
    "choice is",
  ],
  ...["the correct choice is", "correct choice is", "i choose", "i select", "i pick", "my answer is", "my choice is"],
  ...["옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは"],
];

const priority = { start: 10, end: 9, phrase: 7, bracket: 6, period: 5, colon: 4, closing: 3, blank: 2, anywhere: 0 };

const letterOfAnyScript = /\p{L}/u;

export interface RobustChoice {
  /** `""` when none of `letters` occurs. */
  readonly letter: string;
  /** Only the last resort found it: a letter anywhere, as the "A" of "As an AI language model, I cannot see the image". */
  readonly guessed: boolean;
}

export function robustChoice(answer: string, letters: readonly string[]): RobustChoice {
  let body = strip(answer);
  for (const mark of ",.!?;:'\"") body = strip(body, mark);
  const text = ` ${body} `;
  const trimmed = strip(text);

  let best = { letter: "", rank: -1, position: -1 };
  const offer = (letter: string, kind: keyof typeof priority, position: number): void => {
    if (position < 0) return;
    const rank = priority[kind];
    if (rank > best.rank || (rank === best.rank && position > best.position)) best = { letter, rank, position };
  };

  for (const letter of letters) offer(letter, "bracket", text.lastIndexOf(`(${letter})`));
  for (const letter of letters) offer(letter, "period", text.lastIndexOf(`${letter}.`));
  for (const letter of letters) offer(letter, "colon", text.lastIndexOf(`${letter}:`));
  for (const letter of letters) offer(letter, "closing", text.lastIndexOf(`${letter})`));
  for (const letter of letters) offer(letter, "blank", text.lastIndexOf(`${letter} `));

  // The reference looks up the phrase in the lower-cased text and then uses that position in the text itself.
  const lowered = lower(text);
  for (const phrase of phrases) {
    const at = lowered.indexOf(phrase);
    if (at >= 0) for (const letter of letters) offer(letter, "phrase", text.indexOf(letter, at + phrase.length));
  }

  for (const letter of letters) if (startsAlone(trimmed, letter)) offer(letter, "start", 0);
  for (const letter of letters) if (endsAlone(trimmed, letter)) offer(letter, "end", text.length - 1);
  if (best.rank < 0) for (const letter of letters) offer(letter, "anywhere", text.lastIndexOf(letter));
  return { letter: best.letter, guessed: best.rank <= priority.anywhere };
}

function startsAlone(text: string, letter: string): boolean {
  return (
    text.startsWith(letter) && !letterOfAnyScript.test(String.fromCodePoint(text.codePointAt(letter.length) ?? 0x20))
  );
}

function endsAlone(text: string, letter: string): boolean {
  if (!text.endsWith(letter)) return false;
  const before = text.slice(Math.max(0, text.length - letter.length - 2), text.length - letter.length);
  return !letterOfAnyScript.test(Array.from(before).at(-1) ?? " ");
}
