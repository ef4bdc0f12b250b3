import type { Result } from "../core/result.js";
import type { Split, Task } from "../core/task.js";
import type { RunFolder } from "../record/folder.js";
import type { SampleJournal } from "../record/journal.js";
import type { Label } from "../record/keys.js";
import { submissionOf } from "./submission.js";
import { type ResultHead, type SummaryRules, summarise } from "./summarise.js";

export interface Conclusion {
  readonly task: Task;
  readonly split: Split;
  readonly label: Label;
  readonly folder: RunFolder;
  readonly samples: SampleJournal;
  readonly head: ResultHead;
  readonly rules: SummaryRules;
}

/** The last step of a task, whether a model was asked or only its answers were scored again: everything that follows from the journal. */
export async function conclude({ task, split, label, folder, samples, head, rules }: Conclusion): Promise<Result> {
  await samples.finish();
  const summary = await summarise(task, head, samples.inOrder(), rules);
  const submission =
    split.answers === "public" || !task.submission
      ? undefined
      : await folder.writeSubmission(
          task.submission.file,
          await submissionOf(task.submission, samples.inOrder(), samples.path),
        );
  const result = submission === undefined ? summary : { ...summary, submission };
  await folder.writeResult(label, result);
  return result;
}
