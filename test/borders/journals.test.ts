/** Invented journals and run folders: each is a run whose samples are what it says, or the user's error; never anything else. */

import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compare } from "../../src/api/board/compare.js";
import { explain } from "../../src/api/board/explain.js";
import { leaderboard } from "../../src/api/board/leaderboard.js";
import { isWithin } from "../../src/core/check-score.js";
import { UserError } from "../../src/core/errors.js";
import type { GenerateRequest, Output, Runner } from "../../src/core/runner.js";
import { violationOf } from "../../src/core/schema.js";
import { SampleJournal } from "../../src/record/journal.js";
import { openRun } from "../../src/record/read.js";
import { canonicalSample, readSample, type SampleRecord, SampleSchema } from "../../src/record/samples.js";
import { withResponseCache } from "../../src/run/response-cache.js";
import { failedSample, meanMetric, sample, writeRun } from "../board/run-fixture.js";
import { changed, changes, damaged, invented, inventedFiles, inventedTimeout } from "../invented.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "llava-eval-journals-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const metrics = [meanMetric([1, 0])];

/** What a value becomes, or undefined where it is the user's error. */
async function unlessUsersError<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.where).not.toBe("");
    expect(error.fix).not.toBe("");
    return undefined;
  }
}

const answered: SampleRecord = { ...sample(3, 1), state: "answered", score: undefined } as unknown as SampleRecord;
const records = fc.oneof(
  fc.tuple(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 0.5)).map(([index, value]): SampleRecord => sample(index, value)),
  fc.nat({ max: 8 }).map((index) => failedSample(index)),
  fc.nat({ max: 8 }).map((index) => ({ ...answered, index, id: `q${index}` }) as SampleRecord),
);
const words = fc.oneof(
  fc.constantFrom(
    ...["scored", "failed", "answered", "unscored", "transport", "judge", "empty", "stop", "q1", "", "NaN", "0.5"],
    ...["llava-eval/result@1", "llava-eval/run@2", "fraction", "clustered", "__proto__", "\ud800", "done"],
  ),
  fc.string({ maxLength: 8 }),
);
const values = fc.oneof(
  words,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, true, -1, 2, 500, 1e308, -0, 0.1, 2 ** 32, 2 ** 53, [], {}, [[]]),
  fc.constantFrom(
    { status: "scored", value: 500, answer: "yes" },
    { status: "scored", value: { accuracy: -3 }, answer: "" },
  ),
);
const keys = fc.constantFrom(
  ...["state", "text", "score", "value", "index", "repeat", "id", "cluster", "groups", "turns", "prompt", "label"],
  ...["reason", "metrics", "unit", "interval", "n", "range", "verdict", "replies", "step", "schema", "limit", "task"],
);
const someChanges = fc.array(changes(keys, values), { minLength: 1, maxLength: 3 });
const lines = fc.oneof(
  { weight: 5, arbitrary: records.map((record): unknown => record) },
  { weight: 3, arbitrary: fc.tuple(records, someChanges).map(([record, made]) => changed(record, made)) },
  { weight: 1, arbitrary: values },
);

/** What holds of whatever came through the border. */
function isSound(record: SampleRecord): void {
  expect(violationOf(SampleSchema, record)).toBeUndefined();
  if (record.state === "failed") return void expect(record.score.status).toBe("unscored");
  expect(typeof record.text).toBe("string");
  if (record.state !== "scored") return;
  const { value } = record.score;
  const own = typeof value === "number" ? [value] : "accuracy" in value ? [value.accuracy] : [];
  for (const found of own) expect(found !== undefined && isWithin(found, [0, 1])).toBe(true);
}

test(
  "an invented line is a sample whose values lie in the metric's range, or the user's error with the line",
  async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(lines, async (line) => {
        const record = await unlessUsersError(() => readSample(line, "j.samples.jsonl:7", metrics));
        if (!record) return;
        read++;
        isSound(record);
        const again = readSample(JSON.parse(JSON.stringify(canonicalSample(record))), "again", metrics);
        expect(canonicalSample(again)).toEqual(canonicalSample(record));
      }),
      invented(),
    );
    expect(read).toBeGreaterThan(0);
  },
  inventedTimeout,
);

const journals = fc.array(lines, { maxLength: 12 }).chain((list) => {
  const text = list.map((line) => `${JSON.stringify(line)}\n`).join("");
  return fc.oneof(fc.constant(Buffer.from(text)), damaged(fc.constant(text)));
});

/** The last whole line about each sample, with or without a newline behind the last one, found without our reader. */
function lastLines(content: Buffer): Map<string, unknown> {
  const text = content.toString();
  const end = text.lastIndexOf("\n") + 1;
  const found = text
    .slice(0, end)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  if (isRecord(text.slice(end))) found.push(JSON.parse(text.slice(end)));
  return new Map(found.map((line) => [`${line.index}/${line.repeat ?? 0}`, line.text]));
}

/** Whether what stands behind the last newline is a whole record: half a one, or a cut number, is what a crash leaves behind. */
function isRecord(text: string): boolean {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

test(
  "an invented journal is each of its samples once, in order and as the last line has it, before and after it is finished; or the user's error",
  async () => {
    const path = join(dir, "j.samples.jsonl");
    let read = 0;
    const all = async (journal: SampleJournal) => {
      const found: SampleRecord[] = [];
      for await (const record of journal.inOrder()) found.push(record);
      return found;
    };
    await fc.assert(
      fc.asyncProperty(journals, async (content) => {
        await writeFile(path, content);
        const journal = await unlessUsersError(() => SampleJournal.open(path, metrics));
        if (!journal) return;
        const before = await all(journal);
        await journal.finish();
        const finished = await all(journal);
        await journal.close();
        for (const record of before) isSound(record);
        const expected = lastLines(content);
        expect(before.map(({ index, repeat = 0 }) => `${index}/${repeat}`).sort()).toEqual([...expected.keys()].sort());
        for (const record of before)
          expect("text" in record ? record.text : undefined).toBe(
            expected.get(`${record.index}/${record.repeat ?? 0}`),
          );
        const order = before.map(({ index, repeat = 0 }) => index * 1000 + repeat);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(finished).toEqual(before);
        const reopened = await SampleJournal.open(path, metrics);
        expect(await all(reopened)).toEqual(before);
        await reopened.close();
        read += before.length;
      }),
      inventedFiles(),
    );
    expect(read).toBeGreaterThan(0);
  },
  inventedTimeout,
);

const judgement = {
  ...{ index: 0, id: "q0", step: 0, digest: "0".repeat(32), model: "j", replies: ["7"], verdict: 7 },
};
const timing = { task: "t", index: 0, id: "q0", kind: "model", totalMs: 3, attempts: 1 };

/** A sound run of one task in `folder`, and its files. */
async function soundRun(folder: string): Promise<Record<string, string>> {
  await rm(folder, { recursive: true, force: true });
  const samples = Array.from({ length: 6 }, (_, index) =>
    index === 4 ? failedSample(index) : sample(index, index % 2),
  );
  const run = await writeRun(dir, folder.slice(dir.length + 1), { tasks: { t: { samples } } });
  await writeFile(join(run, "judge.t.jsonl"), `${JSON.stringify(judgement)}\n`);
  await writeFile(join(run, "timings.jsonl"), `${JSON.stringify(timing)}\n`);
  const names = ["run.json", "t.json", "t.samples.jsonl", "judge.t.jsonl", "timings.jsonl"];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(run, name), "utf8")] as const)),
  );
}

/** One file of a run, nearly right: some of its JSON changed, or a few of its bytes. */
const damages = fc.record({
  file: fc.nat(4),
  line: fc.nat(5),
  made: fc.option(someChanges, { nil: undefined }),
  bytes: fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat()),
});

function spoilt(
  text: string,
  { line, made, bytes: [at, byte, cut] }: typeof damages extends fc.Arbitrary<infer T> ? T : never,
) {
  if (made) {
    const isLines = text.trim().split("\n").length > 1 || text.endsWith("}\n");
    if (!isLines) return JSON.stringify(changed(JSON.parse(text), made));
    const list = text.trim().split("\n");
    const chosen = line % list.length;
    list[chosen] = JSON.stringify(changed(JSON.parse(list[chosen] as string), made));
    return `${list.join("\n")}\n`;
  }
  const buffer = Buffer.from(text);
  buffer[at % buffer.length] = byte;
  return cut % 4 === 0 ? buffer.subarray(0, cut % buffer.length) : buffer;
}

test(
  "a run with one spoilt file is read, compared, explained and put on a board with possible values only, or it is the user's error",
  async () => {
    const good = join(dir, "good");
    const bad = join(dir, "results", "bad");
    await mkdir(join(dir, "results"), { recursive: true });
    const files = await soundRun(good);
    const names = Object.keys(files);
    await cp(good, bad, { recursive: true });
    const read = { runs: 0, comparisons: 0, boards: 0 };
    await fc.assert(
      fc.asyncProperty(damages, async (damage) => {
        const name = names[damage.file % names.length] as string;
        await writeFile(join(bad, name), spoilt(files[name] as string, damage));
        try {
          await unlessUsersError(async () => {
            const run = await openRun(bad);
            for (const label of run.labels) {
              for await (const record of run.samples(label)) isSound(record);
              for await (const { step } of run.judgements(label)) expect(step).toBeGreaterThanOrEqual(0);
            }
            for await (const { totalMs } of run.timings()) expect(totalMs).toBeGreaterThanOrEqual(0);
            for (const result of run.results.values())
              for (const { unit, value } of result.metrics)
                if (unit === "fraction" && value !== null) expect(value >= 0 && value <= 1).toBe(true);
            read.runs++;
          });
          const compared = await unlessUsersError(() => compare(good, bad));
          for (const { a, b } of compared?.tasks ?? [])
            for (const value of [a, b]) expect(value === null || Number.isFinite(value)).toBe(true);
          read.comparisons += compared ? 1 : 0;
          await unlessUsersError(() => explain(good, bad));
          const board = await unlessUsersError(() => leaderboard({ results: join(dir, "results") }));
          read.boards += board ? 1 : 0;
        } finally {
          await writeFile(join(bad, name), files[name] as string);
        }
      }),
      inventedFiles(0.5),
    );
    for (const count of Object.values(read)) expect(count).toBeGreaterThan(0);
  },
  inventedTimeout,
);

test.each(["totalMs", "requestMs", "attempts", "promptTokens", "completionTokens", "cost", "index"])(
  "a timing whose %s is below 0 is the user's error with its line",
  async (field) => {
    const folder = join(dir, `timed-${field}`);
    await soundRun(folder);
    const line = JSON.stringify({ ...timing, [field]: field === "totalMs" ? -5e-324 : -1 });
    await writeFile(join(folder, "timings.jsonl"), `${JSON.stringify(timing)}\n${line}\n`);
    const run = await openRun(folder);
    const read = async () => {
      for await (const { totalMs } of run.timings()) expect(totalMs).toBe(timing.totalMs);
    };
    await expect(read()).rejects.toThrow(
      expect.objectContaining({ name: "UserError", where: expect.stringMatching(/2/) }),
    );
  },
);

const said: Output = { text: "said now", finish: "stop", usage: {}, timing: { totalMs: 1, attempts: 1 }, warnings: [] };

test(
  "an invented line of the response cache is the answer to its own request, or a miss",
  async () => {
    const folder = join(dir, "cache");
    const runner = {
      ...{ name: "r", fingerprint: {}, concurrency: 1, generate: async () => said },
      [Symbol.asyncDispose]: async () => {},
    } as unknown as Runner;
    const request = (text: string): GenerateRequest => ({
      id: "q",
      prompt: { messages: [{ role: "user", parts: [{ type: "text", text }] }] },
      options: { maxNewTokens: 8, temperature: 0 },
      seed: 0,
    });
    const ask = async (text: string) => {
      await using cached = await withResponseCache(runner, folder);
      return await cached.generate(request(text), new AbortController().signal);
    };
    await ask("one");
    const segment = (await readdir(folder, { recursive: true })).find((name) => name.endsWith(".jsonl")) as string;
    const path = join(folder, segment);
    const line = JSON.parse(await readFile(path, "utf8"));
    const kept = { ...line, output: { ...line.output, text: "kept" } };
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(changes(keys, values), { maxLength: 2 }),
        damaged(fc.constant("{}\n")),
        async (made, noise) => {
          const odd = changed(kept, made);
          await rm(folder, { recursive: true, force: true });
          await mkdir(join(path, ".."), { recursive: true });
          await writeFile(path, Buffer.concat([noise, Buffer.from(`\n${JSON.stringify(odd)}\n`)]));
          const { text } = await ask("one");
          const isHit = text !== "said now";
          hits += isHit ? 1 : 0;
          if (isHit) expect([odd.key, odd.output.text]).toEqual([line.key, text]);
          // Another request has another key: nothing here is its answer.
          expect((await ask("two")).text).toBe("said now");
        },
      ),
      inventedFiles(0.5),
    );
    expect(hits).toBeGreaterThan(0);
  },
  inventedTimeout,
);
