/** The questions of one of MTVQA's images. */

import { strip } from "llava-eval";

export interface Pair {
  readonly question: string;
  readonly answer: string;
}

/** Pairs with a question and an answer, both without outer blanks; whatever else is in the list is left out. */
export function pairsOf(cells: readonly unknown[]): readonly Pair[] {
  return cells.flatMap((cell) => {
    if (typeof cell !== "object" || cell === null) return [];
    const { question = "", answer = "" } = cell as Partial<Record<keyof Pair, unknown>>;
    const pair = { question: strip(String(question)), answer: strip(String(answer)) };
    return pair.question === "" || pair.answer === "" ? [] : [pair];
  });
}
