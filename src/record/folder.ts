import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { Result } from "../core/result.js";
import { check } from "../core/schema.js";
import { diskError } from "../files/disk-error.js";
import { LineLog } from "../files/line-log.js";
import { type Lock, lockFile } from "../files/lock.js";
import { makeFolder } from "../files/make-folder.js";
import { writeJson, writeWhole } from "../files/whole-file.js";
import { differencesOf, type Identity, identityForm } from "./identity.js";
import { SampleJournal } from "./journal.js";
import { JudgeRecord } from "./judge-record.js";
import type { Label } from "./keys.js";
import { manifestFile, readManifest, writeManifest } from "./manifest.js";
import type { SampleMetric } from "./outcome.js";
import { judgeFile, resultFile, samplesFile, samplesSuffix, secondJudgeFile, timingsFile } from "./read.js";
import type { RunManifest } from "./run-manifest.js";

/** Who writes a run's folder holds this file. */
export const lockName = "run.lock";
const lockRun = (path: string) => lockFile(join(path, lockName), "this run");

/** A run's folder in the hands of the one process that writes it: see results/README.md for its files. */
export class RunFolder implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly lock: Lock,
    private current: RunManifest,
    /** When the run that the folder already held was finished; undefined for a new one and for one that was cut off. */
    readonly finishedBefore?: string,
  ) {}

  /**
   * Creates the folder, or opens the same run again.
   * @throws UserError  it cannot be written, another process holds it, or it holds a different run (with the differences)
   */
  static async open(path: string, manifest: RunManifest, options: { readonly fresh: boolean }): Promise<RunFolder> {
    if (options.fresh && existsSync(path)) await moveAside(path);
    try {
      await makeFolder(join(path, "submissions"));
    } catch (error) {
      throw diskError(error, "the run's folder", path);
    }
    const lock = await lockRun(path);
    try {
      const earlier = existsSync(manifestFile(path)) ? await readManifest(path) : await nothing(path);
      const folder = new RunFolder(
        path,
        lock,
        earlier ? { ...manifest, identity: earlier.identity, startedAt: earlier.startedAt } : manifest,
        earlier?.status === "done" || earlier?.status === "incomplete" ? earlier.finishedAt : undefined,
      );
      if (earlier) folder.require(manifest.identity, earlier.identity);
      folder.current = { ...folder.current, identity: { ...earlier?.identity, ...manifest.identity } };
      await folder.save();
      return folder;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** A finished run, to change what follows from its answers: its scores. */
  static async reopen(path: string): Promise<RunFolder> {
    const lock = await lockRun(path);
    try {
      return new RunFolder(path, lock, await readManifest(path));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get manifest(): RunManifest {
    return this.current;
  }

  /** What decides the scores has changed, and they follow from it now: another rule, another task file. */
  async setIdentity(identity: Identity): Promise<void> {
    this.current = { ...this.current, identity: { ...this.current.identity, ...identity } };
    await this.save();
  }

  /** What the model's server says of itself, for the record. */
  async setServer(server: Json | undefined): Promise<void> {
    if (server === undefined) return;
    this.current = { ...this.current, server };
    await this.save();
  }

  /** @param finishedAt  for a run that was found finished: its numbers are not of today */
  async setStatus(status: RunManifest["status"], finishedAt = new Date().toISOString()): Promise<void> {
    this.current = { ...this.current, status, ...(status === "running" ? {} : { finishedAt }) };
    await this.save();
  }

  /** The journal of a task. @param metrics  the task's */
  samples(label: Label, metrics: readonly SampleMetric[]): Promise<SampleJournal> {
    return SampleJournal.open(samplesFile(this.path, label), metrics);
  }

  /** The journal of a task's judge, or of its second one. */
  judge(label: Label, which: "first" | "second", onRecord: (record: JudgeRecord) => void): Promise<LineLog> {
    const path = which === "first" ? judgeFile(this.path, label) : secondJudgeFile(this.path, label);
    const fix = "the file was changed or damaged: restore it, delete that line, or start over with --fresh";
    return LineLog.open(path, "the judge's journal", (line, _at, where) =>
      onRecord(check(JudgeRecord, line, where, fix)),
    );
  }

  timings(onRecord?: (record: unknown) => void): Promise<LineLog> {
    return LineLog.open(timingsFile(this.path), "the timings", onRecord);
  }

  async writeResult(label: Label, result: Result): Promise<void> {
    await writeJson(resultFile(this.path, label), `the result of ${label}`, result);
  }

  /** A file for an evaluation server. @returns its path in the folder */
  async writeSubmission(name: string, content: string | Uint8Array): Promise<string> {
    const file = `submissions/${basename(name)}`;
    await writeWhole(join(this.path, file), "the submission", content);
    return file;
  }

  close(): Promise<void> {
    return this.lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private save(): Promise<void> {
    return writeManifest(this.path, this.current);
  }

  /** @throws UserError  the folder is another run's */
  private require(identity: Identity, earlier: Identity): void {
    if (earlier.form !== identityForm) {
      throw new UserError(
        "another version of llava-eval began this run, and noted less of what decides its numbers: it can be read, compared and scored, and not continued",
        this.path,
        "start over with --fresh (the old folder is moved aside), write elsewhere with --out, or finish it with that version",
      );
    }
    const differences = differencesOf(earlier, identity);
    if (differences.length === 0) return;
    throw new UserError(
      `this folder holds a different run:\n${differences.map((line) => `    ${line}`).join("\n")}`,
      this.path,
      "start over with --fresh (the old folder is moved aside), or write elsewhere with --out",
    );
  }
}

/** There is no manifest: then there must be no journal either, or nobody knows whose answers they are. */
async function nothing(path: string): Promise<undefined> {
  const journal = (await readdir(path)).find((name) => name.endsWith(samplesSuffix));
  if (journal === undefined) return undefined;
  throw new UserError(
    `the folder has answers (${journal}) and no run.json: nobody can tell which model gave them`,
    path,
    "restore run.json, start over with --fresh (the old folder is moved aside), or write elsewhere with --out",
  );
}

async function moveAside(path: string): Promise<void> {
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace(/\..*/, "");
  let target = `${path}.old-${stamp}`;
  for (let i = 2; existsSync(target); i++) target = `${path}.old-${stamp}-${i}`;
  const lock = await lockRun(path);
  try {
    await rename(path, target);
  } catch (error) {
    await lock.release();
    throw diskError(error, "the old folder", path);
  }
  // The lock file moved along with the folder.
  await rm(join(target, lockName), { force: true });
}
