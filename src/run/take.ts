import type { SampleJournal } from "../record/journal.js";
import type { SampleRecord } from "../record/samples.js";

/**
 * What became of a record: `late` is a failure of what is answered here, `repeated` the answer that is here already, `changed` another answer
 * to the same question, which is not taken.
 */
export type Taken = "taken" | "repeated" | "late" | "changed";

/**
 * The only door into a journal: for what this process asked, for a shard's records, and for a worker's. The first answer stays: one that
 * comes later and differs must not change a number that was published, and says that the model does not answer the same question twice in
 * one way.
 */
export async function take(journal: SampleJournal, record: SampleRecord): Promise<Taken> {
  const { index, repeat = 0 } = record;
  const state = journal.state(index, repeat);
  if (state === undefined || state === "failed") {
    await journal.append(record);
    return "taken";
  }
  if (record.state === "failed") return "late";
  const ours = await journal.read(index, repeat);
  if (wordsOf(ours) !== wordsOf(record)) return "changed";
  if (state === "scored") return "repeated";
  // An answer without its score: what became of it since is news.
  if (record.state === "answered" && isKnown(record, ours)) return "repeated";
  await journal.append(record);
  return "taken";
}

function isKnown({ score }: SampleRecord, ours: SampleRecord | undefined): boolean {
  return score === undefined || JSON.stringify(score) === JSON.stringify(ours?.score);
}

function wordsOf(record: SampleRecord | undefined): string {
  if (record === undefined || record.state === "failed") return "";
  return JSON.stringify([record.turns ?? [record.text], record.likelihoods ?? null]);
}
