/** The words that every form of the leaderboard shares. */
import { count } from "../format/numbers.js";
import type { Board, Row } from "./board.js";

/** `1 model`, `12 tasks`: how large what is shown is. */
export function sizeWords({ rows, columns }: Board, chosen: readonly string[] | undefined): readonly string[] {
  const several = (n: number, word: string) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
  return [several(rows.length, "model"), several(chosen?.length ?? columns.length, "task")];
}

/** `llava-next-72b`, with what sets its numbers apart: `· profile qwen`, `· lmms-eval scoring`, `[LLaVA-NeXT blog]`. */
export function rowLabel({ model, promptProfile, scoring, reasoningTags, frames, origin, source }: Row): string {
  const profile = promptProfile === "default" || origin !== undefined ? "" : ` · profile ${promptProfile}`;
  const rule = scoring === "official" || origin !== undefined ? "" : ` · ${scoring} scoring`;
  // lmms-eval strips thoughts of its own accord.
  const thoughts =
    reasoningTags === undefined || scoring === "lmms-eval" ? "" : ` · without ${reasoningTags.join(", ")}`;
  const shown = frames === undefined || origin !== undefined ? "" : ` · frames ${frames}`;
  return `${model}${profile}${shown}${rule}${thoughts}${origin === undefined ? "" : ` [${source?.name ?? origin}]`}`;
}
