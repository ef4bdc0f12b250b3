import { RowKeys } from "../board/compare/join-samples.js";
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

/** What is kept of a sample: a hundred bytes, whatever the size of its line. */
interface Kept {
  /** Its place in the journal. */
  readonly line: string;
  readonly score: Score | undefined;
  readonly groups: Readonly<Record<string, string>> | undefined;
}

/** How each sample of a journal went. Samples are named as another run names the same rows (`RowKeys`). */
export class TaskSamples {
  private samples = new Map<string, Kept>();
  private names = new RowKeys("");
  /** Samples of one group share its name. */
  private readonly groupsSeen = new Map<string, Readonly<Record<string, string>>>();
  private result: Result | undefined;

  constructor(private readonly journal: GrowingJournal) {}

  /** Reads what is new. @param result  once there is one: its main metric says what right and wrong are */
  async refresh(result: Result | undefined): Promise<void> {
    this.result = result;
    await this.journal.refresh({
      note: (line, record) => {
        const { score, groups } = record;
        const kept = { line, score: score && shortened(score), groups: groups && this.shared(groups) };
        this.samples.set(this.names.of(record), kept);
      },
      forget: () => {
        this.samples = new Map();
        this.names = new RowKeys("");
      },
    });
  }

  /** The names of all samples. */
  keys(): Iterable<string> {
    return this.samples.keys();
  }

  /** Where a sample stands in this journal. */
  lineOf(key: string): string | undefined {
    return this.samples.get(key)?.line;
  }

  /** By their names. */
  async read(keys: readonly string[]): Promise<Map<string, SampleRecord>> {
    const lines = new Map(keys.flatMap((key) => (this.samples.has(key) ? [[this.lineOf(key) ?? "", key]] : [])));
    const found = await this.journal.read([...lines.keys()]);
    return new Map([...found].map(([line, record]) => [lines.get(line) ?? "", record]));
  }

  /** How the sample went; `-` when the journal does not have it. */
  state(key: string): SampleState {
    const sample = this.samples.get(key);
    return sample ? this.stateOf(sample.score) : "-";
  }

  stateOf(score: Score | undefined): SampleState {
    return states[outcomeOf(score, this.result?.metrics[0])];
  }

  /** The first letter of its remark, or a blank. */
  remark(key: string): string {
    const score = this.samples.get(key)?.score;
    return (score?.status === "scored" && score.remark?.[0]) || " ";
  }

  /** What the sample counts for under a metric; undefined when it has no value. */
  value(key: string, metric: string): number | undefined {
    return valueUnder(this.samples.get(key)?.score, metric);
  }

  groups(key: string): Readonly<Record<string, string>> {
    return this.samples.get(key)?.groups ?? {};
  }

  /** Mean of the samples that have a single number. */
  meanSoFar(): { readonly value: number | null; readonly n: number } {
    let sum = 0;
    let n = 0;
    for (const { score } of this.samples.values()) {
      const value = valueUnder(score, "");
      if (value === undefined) continue;
      sum += value;
      n++;
    }
    return { value: n === 0 ? null : sum / n, n };
  }

  private shared(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const name = JSON.stringify(groups);
    const known = this.groupsSeen.get(name);
    if (known) return known;
    this.groupsSeen.set(name, groups);
    return groups;
  }
}

/** Without words: those are read again for the samples that are looked at. */
function shortened(score: Score): Score {
  if (score.status === "unscored") return { status: "unscored", reason: score.reason, detail: "" };
  const { value, remark } = score;
  return { status: "scored", value, answer: "", ...defined({ remark }) };
}
