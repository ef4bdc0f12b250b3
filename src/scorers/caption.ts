import type { Output } from "../core/runner.js";
import type { Scored } from "../core/score.js";

/** A caption for the metrics over the whole split; a sample alone has no value. */
export function captionScore(references: readonly string[], output: Output): Scored {
  return { status: "scored", value: {}, answer: output.text, targets: references };
}
