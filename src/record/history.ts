/** history.jsonl: what every finished run below a folder came to, one line a label; only ever appended to. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MetricResult } from "../core/metric-result.js";
import { Flag } from "../core/result.js";
import { check, type Static, Type } from "../core/schema.js";
import { diskError } from "../files/disk-error.js";
import { LineLog } from "../files/line-log.js";
import { readJsonLines } from "../files/lines.js";
import { withLock } from "../files/lock.js";

const Text = Type.String();
const Optional = Type.Optional;

/** A line stays when its run is replaced (`--fresh`) or deleted. */
export const HistoryLine = Type.Object({
  schema: Type.Literal("llava-eval/history@1"),
  finishedAt: Text,
  /** The run's folder, relative to the file's. */
  run: Text,
  model: Text,
  task: Type.String({ description: "the label" }),
  version: Type.Integer(),
  scoring: Text,
  promptProfile: Text,
  frames: Optional(Text),
  reasoningTags: Optional(Type.Array(Text)),
  judge: Optional(Text),
  dataset: Type.Object({ source: Text, split: Text, digest: Optional(Text) }),
  /** The main one. */
  metric: MetricResult,
  n: Type.Object({ total: Type.Integer(), scored: Type.Integer() }),
  until: Optional(
    Type.String({
      description: "of a run that stopped when decided: `decided`, or `decided by order DIGEST` (--order)",
    }),
  ),
  flags: Type.Array(Flag),
});
export type HistoryLine = Static<typeof HistoryLine>;

const fileOf = (resultsDir: string) => join(resultsDir, "history.jsonl");

/** Writers take turns of milliseconds; as for leaderboard.json. */
const silentMs = 30_000;

export async function appendHistory(resultsDir: string, lines: readonly HistoryLine[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    await mkdir(resultsDir, { recursive: true });
  } catch (error) {
    throw diskError(error, "history.jsonl", resultsDir);
  }
  const lock = join(resultsDir, "history.lock");
  await withLock(lock, "history.jsonl", { patienceMs: 2 * silentMs, silentMs }, async () => {
    const log = await LineLog.open(fileOf(resultsDir), "history.jsonl");
    try {
      await Promise.all(lines.map((line) => log.append(line)));
    } finally {
      await log.close();
    }
  });
}

/** In the order of the file; a folder without the file has none. @throws UserError  a line is damaged */
export async function readHistory(resultsDir: string): Promise<readonly HistoryLine[]> {
  const lines: HistoryLine[] = [];
  for await (const { value, where } of readJsonLines(fileOf(resultsDir)))
    lines.push(check(HistoryLine, value, where, "the file was changed or damaged: restore it, or delete that line"));
  return lines;
}
