import { defined } from "../core/defined.js";
import type { Result } from "../core/result.js";
import type { Reading } from "../core/score.js";
import { isJudged, type Split, type Task } from "../core/task.js";
import type { RunFolder } from "../record/folder.js";
import type { JudgeRecord } from "../record/judge-record.js";
import { type Label, placeKey } from "../record/keys.js";
import { type Run, requireCounted } from "../record/read.js";
import { conclude } from "./conclude.js";
import { verdictFacts } from "./judge.js";
import { headOf } from "./rescore.js";
import type { SummaryRules } from "./summarise.js";
import { take } from "./take.js";

export interface TaskToMerge {
  /** The whole run's. */
  readonly folder: RunFolder;
  readonly task: Task;
  readonly split: Split;
  readonly label: Label;
  /** Its shards, each finished but where `isWhole` is false. */
  readonly shards: readonly Run[];
  /** All shards are there and finished: there is a Result. */
  readonly isWhole: boolean;
  readonly reading: Reading;
  readonly maxFailed: SummaryRules["maxFailed"];
}

export interface MergedTask {
  readonly result?: Result;
  /** Samples that more than one of them had, with equal words. */
  readonly repeated: number;
  /** Keys of those whose words differ; the first stays. */
  readonly changed: readonly string[];
}

/** Brings the samples and verdicts of a task's shards into one folder, and writes the Result that a run without shards would have. */
export async function mergeTask(merging: TaskToMerge): Promise<MergedTask> {
  const { folder, task, split, label, shards, reading, maxFailed } = merging;
  const samples = await folder.samples(label, task.metrics);
  try {
    let repeated = 0;
    const changed: string[] = [];
    for (const shard of shards) {
      for await (const record of shard.samples(label)) {
        const taken = await take(samples, record);
        if (taken === "repeated") repeated++;
        if (taken === "changed") changed.push(placeKey(label, record.index, record.repeat));
      }
      const part = shard.results.get(label);
      if (part) await requireCounted(shard, part);
    }
    await samples.sync();
    const verdicts = await mergeVerdicts(merging);
    const results = shards.flatMap((shard) => shard.results.get(label) ?? []);
    const [first] = results;
    if (!merging.isWhole || !first) return { repeated, changed };
    const { shard: _, ...head } = headOf(first);
    const result = await conclude({
      ...{ task, split, label, folder, samples },
      head: {
        ...head,
        ...defined({ judge: judgeOf(results, verdicts) }),
        ...(reading.tags.length > 0 ? { reasoningTags: reading.tags } : {}),
      },
      rules: {
        ...{ maxFailed, reading, answers: split.answers },
        demo: results.some(({ flags }) => flags.includes("demo")),
        total: results.reduce((sum, { n }) => sum + n.total, 0),
      },
    });
    return { result, repeated, changed };
  } finally {
    await samples.close();
  }
}

/** @returns the verdicts of the whole run, by question */
async function mergeVerdicts({ folder, task, split, label, shards }: TaskToMerge): Promise<readonly JudgeRecord[]> {
  if (!isJudged(task) || split.answers !== "public") return [];
  const known = new Map<string, JudgeRecord>();
  const keyOf = ({ index, repeat, step }: JudgeRecord) => `${placeKey(label, index, repeat)} ${step}`;
  const journal = await folder.judge(label, "first", (record) => known.set(keyOf(record), record));
  try {
    for (const shard of shards) {
      for await (const record of shard.judgements(label)) {
        if (known.get(keyOf(record))?.verdict !== undefined) continue;
        known.set(keyOf(record), record);
        await journal.append(record);
      }
    }
  } finally {
    await journal.close();
  }
  return [...known.values()];
}

function judgeOf(results: readonly Result[], verdicts: readonly JudgeRecord[]): Result["judge"] {
  const judge = results[0]?.judge;
  if (!judge) return undefined;
  const { model, expected, promptDigest, fallback } = judge;
  const failed = results.reduce((sum, result) => sum + (result.judge?.failed ?? 0), 0);
  const { asked, answeredBy } = verdictFacts(verdicts);
  return { model, expected, ...defined({ promptDigest }), asked, failed, ...defined({ fallback, answeredBy }) };
}
