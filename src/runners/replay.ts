import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import { SampleRecord } from "../core/result.js";
import type { GenerateRequest, LikelihoodRequest, Output, Runner } from "../core/runner.js";
import { violationOf } from "../core/schema.js";
import type { ReplayConfig } from "./config.js";
import type { RunnerOptions } from "./options.js";

const suffix = ".samples.jsonl";

/** Where a record lies. Texts stay on disk: a journal may have hundreds of thousands of lines. */
interface Place {
  readonly file: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Answers from journals of an earlier run, without any model: `FILE` is a `<task>.samples.jsonl`, or a run folder with
 * several. A sample is found by task and row id; what failed then fails now, for the same reason.
 */
export async function openReplay(config: ReplayConfig, options: RunnerOptions): Promise<Runner> {
  const paths = await journals(config.file);
  const files: FileHandle[] = [];
  const places = new Map<string, Place>();
  const digest = createHash("sha256");
  for (const path of paths) {
    // `vqav2@test.samples.jsonl`: requests are named after the task alone.
    const task = basename(path).slice(0, -suffix.length).replace(/@.*$/, "");
    const file = files.push(await open(path, "r")) - 1;
    await indexJournal(path, digest, (record, at, length) => {
      // Later lines win: a journal that was continued holds the failure first and the answer after it.
      places.set(keyOf(task, record.id, record.repeat ?? 0), { file, at, length });
    });
  }
  const find = async (request: GenerateRequest | LikelihoodRequest): Promise<SampleRecord> => {
    const place = places.get(request.id);
    if (!place) throw new SampleFailure("transport", `${config.file} has no answer for ${request.id}`);
    const bytes = Buffer.alloc(place.length);
    await (files[place.file] as FileHandle).read(bytes, 0, place.length, place.at);
    const record = JSON.parse(bytes.toString("utf8")) as SampleRecord;
    if (record.text === undefined) {
      const { score } = record;
      if (score?.status === "unscored") throw new SampleFailure(score.reason, score.detail);
      throw new SampleFailure("transport", `${config.file} has no answer for ${request.id}`);
    }
    return record;
  };
  const answer = async (request: GenerateRequest | LikelihoodRequest, signal: AbortSignal): Promise<Output> => {
    signal.throwIfAborted();
    const record = await find(request);
    const round = request.prompt.messages.filter((message) => message.role === "assistant").length;
    return {
      text: record.turns?.[round] ?? (record.text as string),
      ...(record.reasoning === undefined ? {} : { reasoning: record.reasoning }),
      finish: record.finish ?? "stop",
      usage: {},
      timing: { totalMs: 0, requestMs: 0, attempts: 1 },
      warnings: record.warnings ?? [],
      ...(record.likelihoods === undefined ? {} : { likelihoods: record.likelihoods }),
    };
  };
  return {
    name: config.name ?? `replay:${basename(config.file)}`,
    fingerprint: { runner: "replay", journal: digest.digest("hex").slice(0, 32) },
    concurrency: options.concurrency ?? 32,
    generate: answer,
    loglikelihood: answer,
    async [Symbol.asyncDispose]() {
      await Promise.all(files.splice(0).map((file) => file.close()));
    },
  };
}

/** As `GenerateRequest.id` is made: `task/row`, and `#k` for repeats after the first. */
function keyOf(task: string, id: string, repeat: number): string {
  return repeat === 0 ? `${task}/${id}` : `${task}/${id}#${repeat}`;
}

async function journals(path: string): Promise<string[]> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `there is nothing to replay: ${error.message}`,
      `replay:${path}`,
      "give a <task>.samples.jsonl or a run folder",
    );
  });
  if (!facts.isDirectory()) {
    if (path.endsWith(suffix)) return [path];
    throw new UserError(
      `${basename(path)} is no journal`,
      `replay:${path}`,
      `its name must be <task>${suffix}: it says which task is answered`,
    );
  }
  const names = (await readdir(path)).filter((name) => name.endsWith(suffix)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new UserError(`no journal in ${path}`, `replay:${path}`, `give a run folder with <task>${suffix} files`);
}

async function indexJournal(
  path: string,
  digest: { update(bytes: Buffer): unknown },
  add: (record: SampleRecord, at: number, length: number) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  let line = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    digest.update(chunk);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      line += 1;
      if (end > start) add(parse(bytes.subarray(start, end), `${path}:${line}`), at + start, end - start);
      start = end + 1;
    }
    at += start;
    rest = bytes.subarray(start);
  }
  // A torn last line (the run was killed) is no record.
}

function parse(bytes: Buffer, where: string): SampleRecord {
  const fix = "give a journal as `llava-eval run` writes it";
  let record: unknown;
  try {
    record = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new UserError(`no valid JSON: ${messageOf(error)}`, where, fix, { cause: error });
  }
  const violation = violationOf(SampleRecord, record);
  if (violation)
    throw new UserError(`${violation.pointer} ${violation.expected} (found ${violation.found})`, where, fix);
  return record as SampleRecord;
}
