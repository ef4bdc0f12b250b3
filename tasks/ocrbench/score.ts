/** OCRBench (Liu et al. 2024, example.py): an answer is right when a reference is contained in it. */

import { lower, strip } from "llava-eval";

/** The set whose answers are formulas: case counts and blanks do not. */
export const formulaDataset = "HME100k";

/**
 * Whether any reference is contained in the answer.
 *
 * @param foldWidth lmms-eval also folds full-width ASCII (since 0.7.3); the official script does not
 */
export function ocrbenchHit(
  prediction: string,
  references: readonly string[],
  dataset: string,
  foldWidth = false,
): boolean {
  const normalize = dataset === formulaDataset ? formulaForm : foldWidth ? foldedForm : textForm;
  const answer = normalize(prediction);
  return references.some((reference) => answer.includes(normalize(reference)));
}

function formulaForm(text: string): string {
  return strip(text).replaceAll("\n", " ").replaceAll(" ", "");
}

function textForm(text: string): string {
  return strip(lower(text)).replaceAll("\n", " ");
}

function foldedForm(text: string): string {
  return textForm(
    text
      .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
      .replaceAll("\u3000", " "),
  );
}
