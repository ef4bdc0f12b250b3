/** What runs check every time: their own files, and the rows of the package's tasks. The build writes the validators of these. */

import { Result } from "../core/result.js";
import type { TSchema } from "../core/schema.js";
import { LockOwner } from "../files/lock.js";
import { JudgeRecord } from "../record/judge-record.js";
import { RunManifest } from "../record/run-manifest.js";
import { sampleSchemas } from "../record/samples.js";
import { TimingRecord } from "../record/timing-record.js";
import { CachedAnswer } from "../run/response-cache.js";
import { loadTasks } from "./tasks/catalogue.js";

export async function preparedSchemas(): Promise<readonly TSchema[]> {
  const tasks = await loadTasks();
  return [
    ...[RunManifest, Result, JudgeRecord, TimingRecord, LockOwner, CachedAnswer],
    ...Object.values(sampleSchemas),
    ...tasks.map(({ row }) => row),
  ];
}
