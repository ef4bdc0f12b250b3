import { defined } from "../core/defined.js";
import type { Result } from "../core/result.js";
import type { GrowingJournal } from "../record/growing-journal.js";
import { type Outcome, outcomeOf, valueUnder } from "../record/outcome.js";
import type { SampleRecord } from "../record/samples.js";
import type { SampleState } from "./page-data.js";

/** A score as the journal has it; absent while a judge is to be asked. */
type Score = NonNullable<SampleRecord["score"]>;

const states: Readonly<Record<Outcome, SampleState>> = {
  right: "c",
  partly: "p",
  wrong: "w",
  none: "n",
  unscored: "u",
};

/** How each sample of a journal went: its value, 100 bytes a sample, whatever the size of its line. */
export class TaskSamples {
  private readonly scores = new Map<string, Score | undefined>();
  private result: Result | undefined;

  constructor(private readonly journal: GrowingJournal) {}

  /** Reads what is new. @param result  once there is one: its main metric says what right and wrong are */
  async refresh(result: Result | undefined): Promise<void> {
    this.result = result;
    await this.journal.refresh({
      note: (key, { score }) => this.scores.set(key, score && shortened(score)),
      forget: () => this.scores.clear(),
    });
  }

  keys(): Iterable<string> {
    return this.scores.keys();
  }

  read(keys: readonly string[]): Promise<Map<string, SampleRecord>> {
    return this.journal.read(keys);
  }

  /** How the sample went; `-` when the journal does not have it. */
  state(key: string): SampleState {
    return this.scores.has(key) ? this.stateOf(this.scores.get(key)) : "-";
  }

  stateOf(score: Score | undefined): SampleState {
    return states[outcomeOf(score, this.result?.metrics[0])];
  }

  /** The first letter of its remark, or a blank. */
  remark(key: string): string {
    const score = this.scores.get(key);
    return (score?.status === "scored" && score.remark?.[0]) || " ";
  }

  /** Mean of the samples that have a single number. */
  meanSoFar(): { readonly value: number | null; readonly n: number } {
    let sum = 0;
    let n = 0;
    for (const score of this.scores.values()) {
      const value = valueUnder(score, "");
      if (value === undefined) continue;
      sum += value;
      n++;
    }
    return { value: n === 0 ? null : sum / n, n };
  }
}

/** Without words: those are read again for the samples that are looked at. */
function shortened(score: Score): Score {
  if (score.status === "unscored") return { status: "unscored", reason: score.reason, detail: "" };
  const { value, remark } = score;
  return { status: "scored", value, answer: "", ...defined({ remark }) };
}
