/** Scores of POPE and MME: what the tasks call. */

import { lower, strip } from "../text/python-strings.js";

/** The reference as it is compared: "yes" or "no" when the row is sound. */
export function yesNoTruth(answer: string): string {
  return lower(strip(answer)).replaceAll(".", "");
}
