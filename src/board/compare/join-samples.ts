/** Two journals of one task joined by sample. Holds numbers and digests, not texts: 300,000 samples take about 100 MB. */
import { numberOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { Result } from "../../core/result.js";
import { type Label, RowNames, rowKey } from "../../record/keys.js";
import { requireScored } from "../../record/read.js";
import type { SampleRecord } from "../../record/samples.js";
import type { SideTask } from "./side.js";

/** What is compared of one sample; strings as 48-bit digests (0 = absent). */
export interface SampleDigest {
  readonly index: number;
  readonly cluster: string;
  readonly prompt: number;
  readonly images: number;
  readonly text: number;
  readonly answer: number;
  readonly verdict: number;
  readonly status: "scored" | "unscored" | "unjudged";
  /** By metric name; one number under "" when the score is a plain number. */
  readonly values: Readonly<Record<string, number>>;
}

export interface SamplePair {
  /** Of both samples, by `RowKeys`. */
  readonly key: string;
  readonly id: string;
  readonly repeat: number;
  a?: SampleDigest;
  b?: SampleDigest;
}

/**
 * Every sample that one of the runs has, A's order first. Of several lines about one sample the last counts.
 * @throws UserError  a journal has lost samples; the data is the same, and an id stands at another row
 */
export async function joinSamples(a: SideTask, b: SideTask): Promise<SamplePair[]> {
  const pairs = new Map<string, SamplePair>();
  for (const side of ["a", "b"] as const) {
    const { run, result } = side === "a" ? a : b;
    const keys = new RowKeys(result.task);
    for await (const record of run.counted(result)) {
      const key = keys.of(record);
      let pair = pairs.get(key);
      if (!pair) {
        pair = { key, id: record.id, repeat: record.repeat ?? 0 };
        pairs.set(key, pair);
      }
      pair[side] = digestOf(record);
    }
  }
  const joined = [...pairs.values()];
  const scored = (side: "a" | "b") => joined.filter((pair) => pair[side]?.status === "scored").length;
  requireScored(a.run, a.result, scored("a"));
  requireScored(b.run, b.result, scored("b"));
  if (haveSameRows(a.result, b.result)) requireSameRows(joined, a, b);
  return joined;
}

/** Whether the two Results number the same rows: equal data, expanded by one version of the task. */
function haveSameRows(a: Result, b: Result): boolean {
  const { digest, split } = a.dataset;
  const isSameData = digest !== undefined && digest === b.dataset.digest && split === b.dataset.split;
  return isSameData && a.version === b.version && a.scoring === b.scoring;
}

function requireSameRows(joined: readonly SamplePair[], { run, result }: SideTask, b: SideTask): void {
  const label = result.task;
  // Rows with one id are told apart by their order, which is the journal's while its run goes on.
  const shared = new Set(joined.flatMap(({ key, id, repeat }) => (key === rowKey(label, id, 1, repeat) ? [] : [id])));
  const other = joined.find(({ id, a, b }) => a && b && a.index !== b.index && !shared.has(id));
  if (!other) return;
  const [there, here] = [`row ${other.a?.index} in ${run.dir}`, `row ${other.b?.index} in ${b.run.dir}`];
  throw new UserError(
    `sample "${other.id}" of ${label} is ${there}, and ${here}, of the same data: the ids of one of the journals were changed`,
    b.run.dir,
    "run the command of each run again: it names the line that is not its row's; restore that journal, or start over with --fresh",
  );
}

/** Names the samples of one run as another run names the same rows. */
export class RowKeys {
  private readonly names = new RowNames();

  constructor(private readonly label: Label) {}

  of({ id, index, repeat = 0 }: Pick<SampleRecord, "id" | "index" | "repeat">): string {
    return rowKey(this.label, id, this.names.nth(id, index), repeat);
  }
}

/** The sample's value for a metric, or undefined when it has none. */
export function sampleValue(digest: SampleDigest | undefined, metric: string): number | undefined {
  return digest?.values[metric] ?? digest?.values[""];
}

function digestOf(record: SampleRecord): SampleDigest {
  const { score } = record;
  const answer = record.state === "failed" ? undefined : record;
  const scored = score?.status === "scored" ? score : undefined;
  return {
    index: record.index,
    cluster: record.cluster,
    prompt: hash(record.prompt),
    images: hash(record.images?.join(" ")),
    text: hash(answer?.turns ? JSON.stringify(answer.turns) : answer?.text),
    answer: hash(scored?.answer),
    verdict: scored ? hash(JSON.stringify(scored.value)) : 0,
    status: score?.status ?? "unjudged",
    values: !scored ? {} : typeof scored.value === "number" ? { "": scored.value } : scored.value,
  };
}

function hash(text: string | undefined): number {
  return text === undefined ? 0 : numberOf(text);
}
