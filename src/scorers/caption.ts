import type { Output } from "../core/runner.js";
import type { Scored } from "../core/score.js";
import { strip } from "../text/python-strings.js";

/** A caption for the metrics over the whole split; a sample alone has no value. */
export function captionScore(references: readonly string[], output: Output): Scored {
  return { status: "scored", value: {}, answer: strip(output.text), targets: references };
}
