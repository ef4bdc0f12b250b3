/** `leaderboard --format eee --out DIR`: the runs of a board as files of Every Eval Ever. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Board } from "../../board/leaderboard/board.js";
import {
  type EeeSamples,
  type EeeSubject,
  eeeAggregate,
  eeePlace,
  eeeSample,
} from "../../board/leaderboard/every-eval-ever.js";
import type { Publisher } from "../../board/leaderboard/publisher.js";
import { UserError } from "../../core/errors.js";
import { makeFolder } from "../../files/make-folder.js";
import { replaceWhole, writeJson } from "../../files/whole-file.js";
import { placeKey } from "../../record/keys.js";
import { requireNoRun } from "../../record/own-files.js";
import type { Run } from "../../record/read.js";
import type { TimingRecord } from "../../record/timing-record.js";
import { packageVersion } from "../versions.js";
import { type RunsOptions, runsOf } from "./leaderboard.js";

/**
 * Writes `DIR/data/<task>/<developer>/<model>/<uuid>.json` and its samples for every result of ours on the board. The same runs give the same files.
 * @returns the aggregates' paths
 * @throws UserError  the folder is a run's; there is nothing to write
 */
export async function writeEveryEvalEver(
  board: Board,
  out: string,
  { publisher, ...runs }: RunsOptions & { readonly publisher: Publisher },
): Promise<readonly string[]> {
  await requireNoRun(out);
  const opened = await runsOf(board, runs);
  const entries = board.rows.flatMap(({ origin, cells }) =>
    origin === undefined ? [...cells.values()].map(({ entry }) => entry) : [],
  );
  if (entries.length === 0)
    throw new UserError("there is no result of ours to write", "--format eee", "name runs, or --include their flags");
  const written: string[] = [];
  for (const { run: name, task } of entries) {
    const run = opened.get(name);
    const result = run?.results.get(task);
    if (!run || !result) continue;
    const subject = { manifest: run.manifest, result, publisher, version: packageVersion() };
    const place = eeePlace(subject);
    const path = join(out, place.aggregate);
    await makeFolder(dirname(path));
    const samples = await writeSamples(subject, run, join(out, place.samples));
    await writeJson(path, "the results", eeeAggregate(subject, samples && { ...samples, path: place.samples }));
    written.push(path);
  }
  return written;
}

/** @returns undefined where no sample has a value of its own */
async function writeSamples(
  subject: EeeSubject,
  run: Run,
  path: string,
): Promise<Omit<EeeSamples, "path"> | undefined> {
  const { result } = subject;
  const timings = await timingsOf(run, result.task);
  const hash = createHash("sha256");
  let rows = 0;
  const lines = async function* () {
    for await (const record of run.counted(result)) {
      const { index, repeat = 0 } = record;
      const line = eeeSample(subject, record, timings.get(placeKey(result.task, index, repeat)));
      if (!line) continue;
      const text = `${JSON.stringify(line)}\n`;
      hash.update(text);
      rows++;
      yield text;
    }
  };
  const first = await firstOf(lines());
  if (!first) return undefined;
  await replaceWhole(path, "the samples", async (file) => {
    for await (const line of first) await file.writeFile(line);
  });
  return { sha256: hash.digest("hex"), rows };
}

/** The stream, if there is anything in it. */
async function firstOf(lines: AsyncGenerator<string>): Promise<AsyncGenerator<string> | undefined> {
  const first = await lines.next();
  if (first.done) return undefined;
  return (async function* () {
    yield first.value;
    yield* lines;
  })();
}

/** What the model's answers took. A baseline has none. */
async function timingsOf(run: Run, label: string): Promise<ReadonlyMap<string, TimingRecord>> {
  const found = new Map<string, TimingRecord>();
  for await (const timing of run.timings()) {
    const { task, kind, index, repeat = 0 } = timing;
    if (task === label && kind === "model" && index !== undefined) found.set(placeKey(task, index, repeat), timing);
  }
  return found;
}
