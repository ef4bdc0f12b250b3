import { optionValues } from "../api/option-values.js";

/**
 * What may follow `--tasks ` or `--tasks mmmu,` on a command line that a shell completes; undefined where no such option stands before.
 * @param current  the word that was begun @param words  all words
 */
export async function completedValues(current: string, words: readonly string[]): Promise<string[] | undefined> {
  const before = words.at(-1) === current ? words.at(-2) : words.at(-1);
  const option = /^--([a-z-]+)$/.exec(before ?? "")?.[1];
  const values = option === undefined ? undefined : await optionValues(option);
  if (values === undefined) return undefined;
  // A list goes on behind its last comma.
  const done = current.slice(0, current.lastIndexOf(",") + 1);
  return values.filter((value) => value.startsWith(current.slice(done.length))).map((value) => done + value);
}
