/** What makes a row's reference one that an answer can equal: the positive rules behind `hasReference`. */

import { optionLetters } from "./mmmu-choice.js";
import { tokenizeCaptions } from "./ptb-tokenize.js";

/** There is text: one that is not blank, or a list with such a text. */
export function hasText(reference: string | readonly string[] | null | undefined): boolean {
  if (reference === null || reference === undefined) return false;
  return [reference].flat().some((text) => text.replace(/[\u200b-\u200d\u2060\ufeff]/g, "").trim() !== "");
}

/** There is a caption of which the caption metrics keep a token: of "." they keep none, and nothing can match it. */
export function hasCaption(references: readonly string[] | null | undefined): boolean {
  return (references ?? []).some((text) => tokenizeCaptions([text]).some((tokens) => tokens !== ""));
}

/**
 * A letter of one of `options` options, as it is written: "A" of three, and neither "D" nor "a". Of options that are given by their texts
 * two at least must have one, this letter's among them.
 * @param listedIn  the text that lists the options behind their letters, for a benchmark that has them nowhere else: where it has an A and a B,
 *   a letter that it has not is none
 */
export function isOptionLetter(
  letter: string | null | undefined,
  options: number | readonly (string | null | undefined)[],
  listedIn = "",
): boolean {
  if (typeof options === "number") return optionLetters(options).includes(letter ?? "") && !isLeftOut(letter, listedIn);
  const at = optionLetters(options.length).indexOf(letter ?? "");
  return at >= 0 && isOption(options[at]) && options.filter(isOption).length >= 2;
}

/** "A. red", "(A) red", "A: red", also with full-width marks. */
const listedLetter = /(?<![A-Za-z0-9])[A-Z](?=\s?[.):．：）、])/g;

/** A letter that stands alone anywhere is not left out: its mark may be another than its neighbours' ("C. blue D; none"). */
function isLeftOut(letter: string | null | undefined, text: string): boolean {
  const listed = new Set(text.match(listedLetter));
  if (!listed.has("A") || !listed.has("B")) return false;
  return !new RegExp(`(?<![A-Za-z0-9])${letter}(?![A-Za-z0-9])`).test(text);
}

/** pandas and numpy write "nan" where there is nothing. */
const isOption = (text: string | null | undefined) => hasText(text) && text !== "nan";
