/** Everything at once: an endpoint and a judge that fail in every known way, a disk that fills, and SIGKILL between. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Asked, type Fault, type FaultPlan, startEndpoint } from "../fakes/endpoint.js";
import { generator } from "../fakes/random.js";
import { type Ended, root, type SampleLine, Workplace } from "./cli.js";

const task = join(root, "test", "forms", "judged.ts");
/** A few in every run; `npm run soak` asks 10,000 and kills 20 times. */
const n = Number(process.env.LLAVA_EVAL_TEST_ROWS ?? 200);
const kills = Number(process.env.LLAVA_EVAL_TEST_KILLS ?? 3);
const seed = Number(process.env.LLAVA_EVAL_TEST_SEED ?? 20261129);

const kinds: readonly Fault[] = [
  ...(["429", "500", "503", "reset", "hang", "truncated", "html"] as const),
  ...(["empty-choices", "error-finish", "no-content", "error-inside"] as const),
];

const roll = (...of: readonly (string | number)[]) =>
  createHash("sha256").update(of.join(" ")).digest().readUInt32LE(0) / 2 ** 32;

/** What the run itself asks, not its preflight. */
const isQuestion = ({ text }: Asked) => text.includes("Question ");
const questions = (asked: readonly Asked[]) => asked.filter(isQuestion).map(({ text }) => text);

/** In each form that is no grade, at some attempts; then the grade that follows from the question. */
function judgeOf(faults: { rate: number }): (asked: Asked) => string {
  const attempts = new Map<string, number>();
  const odd = ["Service temporarily overloaded", "11", "-1", "", "7/10", "<think>7</think>", "I would say 7.", "NaN"];
  return ({ text }) => {
    const attempt = (attempts.get(text) ?? 0) + 1;
    attempts.set(text, attempt);
    if (roll(seed, "odd", text, attempt) < faults.rate) {
      return odd[Math.floor(roll(seed, "which", text, attempt) * odd.length)] as string;
    }
    return String(Math.floor(roll("grade", text) * 11));
  };
}

/** The folder that runs write to, of a size that the test chooses: a small file system where we may mount one, else a limit on files. */
class SmallDisk implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly isMounted: boolean,
    private kibibytes: number,
  ) {}

  static async make(folder: string): Promise<SmallDisk> {
    await mkdir(folder);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync("mount", ["-t", "tmpfs", "-o", "size=1g", "tmpfs", folder]);
    return new SmallDisk(folder, isRoot, 1024 * 1024);
  }

  resize(kibibytes: number): void {
    this.kibibytes = Math.max(16, Math.ceil(kibibytes));
    if (this.isMounted) execFileSync("mount", ["-o", `remount,size=${this.kibibytes}k`, this.folder]);
  }

  /** For the shell that starts the program. */
  get limit(): string {
    return this.isMounted ? "true" : `ulimit -f ${this.kibibytes}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isMounted) execFileSync("umount", [this.folder]);
  }
}

const linesOf = async <T>(path: string): Promise<T[]> => {
  const text = await readFile(path, "utf8").catch(() => "");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return whole.filter(Boolean).map((line) => JSON.parse(line) as T);
};

interface Verdict {
  readonly index: number;
  readonly verdict?: number;
}

/** What a folder holds now: of several lines about one sample the last counts. */
async function heldIn(folder: string) {
  const samples = new Map((await linesOf<SampleLine>(join(folder, "judged.samples.jsonl"))).map((s) => [s.index, s]));
  const verdicts = (await linesOf<Verdict>(join(folder, "judge.judged.jsonl"))).filter((v) => v.verdict !== undefined);
  return { samples, verdicts: new Map(verdicts.map(({ index, verdict }) => [index, verdict])) };
}
type Held = Awaited<ReturnType<typeof heldIn>>;

const isAnswered = (sample: SampleLine | undefined) => sample?.state === "answered" || sample?.state === "scored";
const count = <T>(list: Iterable<T>, of: (one: T) => boolean) => [...list].filter(of).length;

/** Nothing that was there is gone, nothing was asked that was there, and nothing is scored that was not answered. */
function requireSound(
  before: Held,
  after: Held,
  quiet: Held,
  asked: { model: readonly string[]; judge: readonly string[] },
) {
  for (const [index, sample] of after.samples) {
    const truth = quiet.samples.get(index) as SampleLine;
    if (isAnswered(sample)) expect(sample.text).toBe(truth.text);
    if (sample.state === "scored") expect(sample).toEqual(truth);
    else if (sample.score?.status === "unscored") expect(["transport", "judge"]).toContain(sample.score.reason);
  }
  for (const [index, sample] of before.samples) {
    if (isAnswered(sample)) expect(isAnswered(after.samples.get(index)), `the answer to ${index}`).toBe(true);
    if (sample.state === "scored") expect(after.samples.get(index)).toEqual(sample);
  }
  for (const [index, verdict] of before.verdicts) expect(after.verdicts.get(index)).toBe(verdict);
  for (const [index, verdict] of after.verdicts) expect(verdict).toBe(quiet.verdicts.get(index));

  const numbers = (texts: readonly string[]) => new Set(texts.map((text) => Number(/Question (\d+)/.exec(text)?.[1])));
  const askedTwice = [...numbers(asked.model)].filter((index) => isAnswered(before.samples.get(index)));
  const judgedTwice = [...numbers(asked.judge)].filter((index) => before.verdicts.has(index));
  expect({ askedTwice, judgedTwice }).toEqual({ askedTwice: [], judgedTwice: [] });
}

const isDiskFull = ({ exitCode, stderr }: Ended) =>
  exitCode === 1 && /free some disk space|raise the limit on a file's size/.test(stderr);

test(`a judged run of ${n} samples through faults, full disks and ${kills} kills ends as the quiet one, byte for byte`, {
  timeout: 3_600_000,
}, async () => {
  await using place = await Workplace.make();
  await using disk = await SmallDisk.make(place.file("small"));
  await mkdir(place.file("rows"));
  const rows = Array.from({ length: n }, (_, id) => ({
    id: `q${id}`,
    question: `Question ${id}?`,
    reference: `r${id}`,
  }));
  await writeFile(place.file("rows", "judged.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

  const faults = { seed, rate: 0, kinds, spares: (asked: Asked) => !isQuestion(asked) } satisfies FaultPlan;
  await using model = await startEndpoint({ faults, latencyMs: 2 });
  await using judge = await startEndpoint({ faults, latencyMs: 2, answer: judgeOf(faults) });
  for (const [name, { url }] of Object.entries({ model, judge })) {
    const settings = `runner: openai\nmodel: ${name}\nurls: [${url}]\ntimeoutSeconds: 2\nattempts: 3\n`;
    await writeFile(place.file(`${name}.yaml`), settings);
  }
  const args = (out: string) => [
    ...["run", "--tasks", task, "--data", "rows", "--model", "model.yaml", "--judge", "judge.yaml"],
    ...["--concurrency", "32", "--out", out],
  ];

  expect(await place.run(...args("quiet"))).toMatchObject({ exitCode: 0 });
  const quiet = await heldIn(place.file("quiet"));
  const files = await Promise.all(
    ["judged.samples.jsonl", "judge.judged.jsonl"].map((name) => place.read("quiet", name)),
  );
  const kibibytes = files.reduce((sum, text) => sum + text.length, 0) / 1024;

  // The verdicts of the quiet run are nobody's now, and the cache is on the small disk too.
  await rm(place.file(".cache"), { recursive: true });
  await mkdir(place.file("small", "cache"));
  await symlink(place.file("small", "cache"), place.file(".cache"));

  faults.rate = 0.25;
  const random = generator(seed);
  const out = place.file("small", "hard");
  const ends = { killed: 0, full: 0, incomplete: 0 };
  /** Of what the whole run needs. */
  const sizes = [0.15, 0.4, 0.8, 1.2];
  disk.resize(kibibytes * (sizes[0] ?? 10));
  let held = await heldIn(out);
  for (let session = 0; ; session++) {
    expect(session, `${JSON.stringify(ends)} and no end`).toBeLessThan(kills + 30);
    model.asked.length = 0;
    judge.asked.length = 0;
    const left = n - count(held.samples.values(), isAnswered) + n - held.verdicts.size;
    const killAfter = Math.ceil((random() * 1.6 * left) / (kills - ends.killed + 1));
    const child = place.startLimited(disk.limit, ...args(out));
    // By what it has done, not by the clock: the same on a slow machine.
    const watch = setInterval(() => {
      if (ends.killed < kills && model.asked.length + judge.asked.length >= killAfter) child.kill("SIGKILL");
    }, 5);
    const ended = await child.ended;
    clearInterval(watch);

    const now = await heldIn(out);
    requireSound(held, now, quiet, { model: questions(model.asked), judge: questions(judge.asked) });
    held = now;
    if (ended.exitCode === 0) break;
    if (ended.signal === "SIGKILL") ends.killed++;
    else if (isDiskFull(ended)) disk.resize(kibibytes * (sizes[++ends.full] ?? 10));
    else {
      expect(ended.exitCode, ended.stderr).toBe(2);
      ends.incomplete++;
    }
  }

  expect(ends.killed).toBe(kills);
  expect(ends.full).toBeGreaterThanOrEqual(2);
  const injected = { ...model.stats.faults, ...judge.stats.faults };
  expect(Object.keys(injected).sort()).toEqual([...kinds].sort());
  for (const name of ["judged.samples.jsonl", "judged.json"])
    expect(await readFile(join(out, name), "utf8")).toBe(await place.read("quiet", name));
  expect(held.verdicts).toEqual(quiet.verdicts);
});
