/** The option letter that lmms-eval's `*_reasoning` tasks find in any text. */

import { lower, strip } from "./python-strings.js";

const letters = [..."ABCDEFGH"];
const cues = [
  ...["the answer is", "answer is", "the correct answer is", "correct answer is", "the answer", "answer"],
  ...["correct answer", "the correct answer", "the best answer is", "best answer is", "the best answer"],
  ...["best answer", "the option is", "option is", "the correct option is", "correct option is", "the choice is"],
  ...["choice is", "the correct choice is", "correct choice is", "i choose", "i select", "i pick", "my answer is"],
  "my choice is",
];

type Found = readonly (readonly [letter: string, at: number])[];

/**
 * The letter A to H by the first of these places that has one, and the earliest there: the beginning, the end, after its own number, after a
 * cue, in brackets, before `.`, `:`, `)`, a blank or a dash; else anywhere. Undefined without a capital A to H: `Germany` is G. Known
 * defect: references in words are letters too.
 */
export function letterInWords(text: string): string | undefined {
  let body = strip(text);
  for (const mark of ",.!?;:'\"") body = strip(body, mark);
  const padded = ` ${body} `;
  const inner = strip(padded);
  const lowered = lower(padded);
  const last = (form: (letter: string, number: number) => string): Found =>
    letters.map((letter, i) => [letter, padded.lastIndexOf(form(letter, i + 1))]);
  const before = (mark: string): Found => last((letter) => letter + mark);
  const places: readonly (() => Found)[] = [
    () => letters.map((letter) => [letter, inner.startsWith(letter) ? 0 : -1]),
    () => letters.map((letter) => [letter, inner.endsWith(letter) ? 0 : -1]),
    () => last((letter, number) => `${number}. ${letter}`),
    () =>
      cues.flatMap((cue) => {
        const start = lowered.indexOf(cue);
        return start < 0 ? [] : letters.map((letter) => [letter, padded.indexOf(letter, start)] as const);
      }),
    () => last((letter) => `(${letter})`),
    () => before("."),
    () => before(":"),
    () => before(")"),
    () => before(" "),
    () => ["-", "_", "="].flatMap(before),
    () => before(""),
  ];
  for (const found of places) {
    const [first] = found()
      .filter(([, at]) => at >= 0)
      .sort(([, a], [, b]) => a - b);
    if (first !== undefined) return first[0];
  }
  return undefined;
}
