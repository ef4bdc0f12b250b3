/** What a look at a bundle found, and the words that it is told in. */
import { canonicalJson } from "../../core/digest.js";
import type { Json } from "../../core/json.js";

export interface Verified {
  /** What is not as it says. Empty: nothing that was looked at. */
  readonly problems: readonly string[];
  readonly checked: readonly string[];
  /** What nobody here could look at, and why. */
  readonly unchecked: readonly string[];
}

/** Problems named of a task, at most: a bundle whose every line was changed is told by the first. */
const mostNamed = 10;

export class Findings implements Verified {
  readonly problems: string[] = [];
  readonly checked: string[] = [];
  readonly unchecked: string[] = [];

  /** @returns whether everything that was looked at is as it says */
  async of(what: string, problems: AsyncIterable<string> | Iterable<string>): Promise<boolean> {
    let found = 0;
    for await (const problem of problems) {
      found++;
      if (found <= mostNamed) this.problems.push(problem);
    }
    if (found > mostNamed) this.problems.push(`${what}: and ${found - mostNamed} more`);
    if (found === 0) this.checked.push(what);
    return found === 0;
  }
}

export const text = (value: unknown) => (value === undefined ? "nothing" : canonicalJson(value as Json));
export const same = (a: unknown, b: unknown) => text(a) === text(b);
export const shown = (words: string) => (words.length > 160 ? `${words.slice(0, 157)}...` : words);
