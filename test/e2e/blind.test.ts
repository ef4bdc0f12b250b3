/** `run --blind`: both ways by one command, what the image was worth, and that a blind score is nobody's benchmark score. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import type { VisionGain } from "../../src/core/vision-gain.js";
import { clusteredMean } from "../../src/statistics/clustered-mean.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { root, type SampleLine, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const answers = ["yes", "no", "red", "2"];

/** Right with the image always; without it, right about every fourth question. */
const seeing = ({ text, images }: { text: string; images: readonly string[] }) => {
  const id = Number(/\d+/.exec(text)?.[0]);
  return images.length > 0 || id % 4 === 0 ? (answers[id % 4] as string) : "nothing";
};

test("the demo VQA: the gain with its interval, per sub-score, the same from the journals, and asked once", async () => {
  await using place = await Workplace.make();
  const args = ["run", "--tasks", "vqav2", "--limit", "48", "--blind", "none", "--out", "out"];
  const first = await place.run(...args);
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  expect(first.stdout).toMatch(/vision gain +[\d.]+ \[[\d.]+, [\d.]+\] {2}n=48 {2}[\d.]+ without an image/);
  expect(first.stdout).toMatch(/right blind +\d+ of 48 .*the other \d+ score/);
  expect(first.stdout).toContain("gain, answer_type");

  const gain = (await place.result("out", "vqav2")).visionGain?.none as VisionGain;
  const [seen, blind] = [await place.samples("out", "vqav2"), await place.samples("out/blind-none", "vqav2")];
  const scoreAsNumber = ({ score }: SampleLine) => (score?.status === "scored" ? (score.value as number) : Number.NaN);
  const byHand = clusteredMean(
    seen.map((sample, i) => ({
      value: scoreAsNumber(sample) - scoreAsNumber(blind[i] as SampleLine),
      cluster: sample.cluster,
    })),
  );
  expect(gain).toMatchObject({
    metric: "accuracy",
    unit: "fraction",
    n: 48,
    leftOut: { unscored: 0, withoutImage: 0 },
  });
  expect(gain.value).toBeCloseTo(byHand?.mean as number, 12);
  expect(gain.interval?.[0]).toBeCloseTo(byHand?.interval[0] as number, 12);
  expect(gain.interval?.[1]).toBeCloseTo(byHand?.interval[1] as number, 12);
  expect(gain.interval?.[0], "the demo model looks at its images").toBeGreaterThan(0.2);
  expect(blind.every(({ images, prompt }) => images === undefined && !prompt?.includes("<image>"))).toBe(true);
  expect(Object.keys(gain.groups)).toEqual(["answer_type", "question_type"]);
  // Of each sub-score too, from the same journals: its gain, and what is right without an image.
  const numbers = seen.flatMap((sample, i) =>
    sample.groups?.answer_type === "number" ? [[scoreAsNumber(sample), scoreAsNumber(blind[i] as SampleLine)]] : [],
  ) as [number, number][];
  const rightBlind = numbers.filter(([, unseen]) => unseen === 1).length;
  expect(gain.groups.answer_type?.number).toMatchObject({
    ...{ n: numbers.length, value: expect.closeTo(mean(numbers.map(([a, b]) => a - b)), 12) },
    solvable: { n: rightBlind, share: rightBlind / numbers.length },
    rest: { n: numbers.length - rightBlind },
  });
  const board = ["leaderboard", "out", "--include", "demo,partial", "--groups", "--format"];
  const wide: Record<string, string>[] = parseCsv((await place.run(...board, "csv")).stdout, { columns: true });
  expect(Number(wide[0]?.["vqav2 answer_type=number v1 vision gain, without an image"])).toBeCloseTo(
    100 * (gain.groups.answer_type?.number?.value as number),
    9,
  );
  expect(Number(wide[0]?.["vqav2 answer_type=number v1 right blind, without an image"])).toBeCloseTo(
    (100 * rightBlind) / numbers.length,
    9,
  );
  expect((await place.run(...board, "md")).stdout).toContain("answer_type=number v1 vision gain, without an image");

  const again = await place.run(...args);
  expect(again.stderr).toContain("0 new samples");
  expect(again.stdout).toBe(first.stdout);
  // The run that sees is the one that the command without --blind finds.
  const plain = await place.run("run", "--tasks", "vqav2", "--limit", "48", "--out", "out");
  expect(plain.stderr).toContain("0 new samples");
  expect((await place.result("out", "vqav2")).visionGain?.none).toEqual(gain);
});

test("a blind Result says so everywhere, and stands on no board", async () => {
  await using place = await Workplace.make();
  expect(
    await place.run("run", "--tasks", "vqav2", "--limit", "8", "--blind", "other", "--out", "results/one"),
  ).toMatchObject({ exitCode: 0 });
  expect(await place.result("results/one/blind-other", "vqav2")).toMatchObject({
    blind: "other",
    flags: ["demo", "partial", "blind"],
  });
  const [seen, blind] = [
    await place.samples("results/one", "vqav2"),
    await place.samples("results/one/blind-other", "vqav2"),
  ];
  for (const [i, { images, prompt }] of blind.entries()) {
    expect(images, `sample ${i}`).not.toEqual(seen[i]?.images);
    expect(prompt).toBe(seen[i]?.prompt);
  }
  const board = ["leaderboard", "--include", "demo,partial", "--format", "csv"];
  const shown = (await place.run(...board)).stdout;
  expect(shown.trim().split("\n")).toHaveLength(2);
  // What the image was worth is a column beside the score, and a line of the run's page.
  expect(shown.split("\n")[0]).toContain('vqav2 v1 accuracy,"vqav2 v1 vision gain, with another sample\'s image"');
  expect(await place.run("view", "results/one", "--out", "page", "--images", "0")).toMatchObject({ exitCode: 0 });
  expect(await place.read("page", "index.html")).toMatch(/"beside":\[\{"name":"vision gain","text":"[\d.-]+ /);
  expect((await place.run("leaderboard", "results/one/blind-other", "--include", "demo,partial")).stdout).toContain(
    "no entries",
  );
});

test("both ways are asked by one command, go on after Ctrl-C, and the score again keeps the gain", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 60);
  await using endpoint = await startEndpoint({ answer: seeing, latencyMs: 10 });
  const args = ["run", "--tasks", task, "--data", "rows", "--model", `openai:fake@${endpoint.url}`, "--blind", "none"];
  const whole = await place.run(...args, "--out", "whole");
  expect(whole, whole.stderr).toMatchObject({ exitCode: 0 });
  const questions = endpoint.asked.filter(({ text }) => text.startsWith("Question"));
  expect(questions.filter(({ images }) => images.length === 1)).toHaveLength(60);
  expect(questions.filter(({ images }) => images.length === 0)).toHaveLength(60);
  const { visionGain } = await place.result("whole", "single_image");
  expect(visionGain?.none).toMatchObject({
    ...{ value: 0.75, sighted: 1, blind: 0.25, n: 60, clusters: 15 },
    solvable: { n: 15, share: 0.25, ofRight: 0.25 },
    rest: { value: 1, n: 45 },
    groups: { length: { short: { value: 0.75, n: 60 } } },
  });
  // Every image has one question in four that needs no image: sums of clusters do not differ, and tell nothing of how far they may.
  expect(visionGain?.none?.interval).toBeUndefined();

  const child = place.start(...args, "--concurrency", "2", "--out", "cut");
  const blindAsked = () =>
    endpoint.asked.filter(({ text, images }) => text.startsWith("Question") && images.length === 0);
  await expect.poll(() => blindAsked().length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(70);
  child.kill("SIGINT");
  expect((await child.ended).exitCode).toBe(130);
  const rest = await place.run(...args, "--out", "cut");
  expect(rest, rest.stderr).toMatchObject({ exitCode: 0 });
  for (const file of ["single_image.samples.jsonl", "blind-none/single_image.samples.jsonl"])
    expect(await place.read("cut", file), file).toBe(await place.read("whole", file));

  const before = await place.read("whole", "single_image.json");
  expect(await place.run("score", "whole")).toMatchObject({ exitCode: 0 });
  expect(await place.read("whole", "single_image.json")).toBe(before);
  const scored = await place.run("score", "whole", "--reasoning-tags", "all", "--out", "again");
  expect(scored, scored.stderr).toMatchObject({ exitCode: 0 });
  expect((await place.result("again", "single_image")).visionGain?.none).toEqual(visionGain?.none);
  expect((await place.result("again/blind-none", "single_image")).reasoningTags).toContain("think");
});

test.each([
  [["--blind", "first-frame"], "shows no clip", "--blind first-frame"],
  [["--blind", "none", "--shard", "0/2"], "a shard has a part", "--blind"],
  [["--blind", "none", "--fleet", "--name", "x"], "workers ask what the rows say", "--blind"],
  [["--blind", "none", "--until", "decided", "--against", "x"], "has asked a part", "--blind"],
  [["--blind", "half"], '"half" is not known', "--blind"],
])("run %j is refused before anything is asked", async (flags, what, where) => {
  await using place = await Workplace.make({ LLAVA_EVAL_FLEET: "redis://127.0.0.1:1" });
  await writeRows(place.file("rows"), 4);
  await using endpoint = await startEndpoint();
  const model = flags.includes("--fleet") ? [] : ["--model", `openai:fake@${endpoint.url}`];
  const ended = await place.run("run", "--tasks", task, "--data", "rows", ...model, ...flags);
  expect(ended).toMatchObject({ exitCode: 1 });
  expect(ended.stderr).toContain(what);
  expect(ended.stderr).toContain(`at:  ${where}`);
  expect(endpoint.asked).toHaveLength(0);
});

test("boxes, and answers from a file, cannot be asked blind; a dry run counts both ways", async () => {
  await using place = await Workplace.make();
  const boxes = await place.run("run", "--tasks", "refcoco_bbox_rec", "--model", "stub", "--blind", "none");
  expect(boxes.stderr).toContain("is scored by the size of its image");
  await writeFile(place.file("one.samples.jsonl"), "");
  const replay = await place.run("run", "--tasks", "vqav2", "--model", "replay:one.samples.jsonl", "--blind", "none");
  expect(replay.stderr).toContain("says the same whether it sees or not");
  const dry = await place.run("run", "--tasks", "vqav2", "--limit", "4", "--blind", "none", "--dry-run");
  expect(dry.stdout).toMatch(
    /vqav2 v1: 4 requests.*\(1\.0 images\)[\s\S]*vqav2 without an image v1: 4 requests.*\(0\.0 images\)/,
  );
});

describe.skipIf(!hasFfmpeg)(`clips${withoutFfmpeg}`, () => {
  test("the first frame alone, then all shuffled: what the journals name is what was sent, and both gains stand", async () => {
    await using place = await Workplace.make();
    await mkdir(place.file("data", "videos"), { recursive: true });
    const names = ["bt709.mp4", "vfr.mp4"];
    for (const name of names) await copyFile(clip(name), place.file("data", "videos", name));
    const rows = names.map((video, id) => ({ id: `${id}`, video, question: "What is it?", answer: "yes" }));
    await writeFile(place.file("data", "clips.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await using endpoint = await startEndpoint({ answer: ({ images }) => (images.length > 1 ? "yes" : "no") });
    const run = (way: string) =>
      place.run(
        ...[
          "run",
          "--tasks",
          join(root, "test", "forms", "clips.ts"),
          "--data",
          "data",
          "--frames",
          "4",
          "--out",
          "out",
        ],
        ...["--model", `openai:fake@${endpoint.url}`, "--blind", way],
      );
    const first = await run("first-frame");
    expect(first, first.stderr).toMatchObject({ exitCode: 0 });
    expect(await run("shuffled-frames")).toMatchObject({ exitCode: 0 });
    const seen = await place.samples("out", "clips");
    const alone = await place.samples("out/blind-first-frame", "clips");
    const shuffled = await place.samples("out/blind-shuffled-frames", "clips");
    for (const [i, sample] of seen.entries()) {
      expect(alone[i]?.images).toEqual(sample.images?.slice(0, 1));
      expect(alone[i]?.clips?.[0]?.frames).toEqual(sample.clips?.[0]?.frames.slice(0, 1));
      expect(shuffled[i]?.images).not.toEqual(sample.images);
      expect([...(shuffled[i]?.images ?? [])].sort()).toEqual([...(sample.images ?? [])].sort());
      const named = (of: SampleLine | undefined) =>
        new Map(of?.images?.map((one, k) => [one, of.clips?.[0]?.frames[k]]));
      expect(named(shuffled[i])).toEqual(
        new Map([...named(shuffled[i])].map(([one]) => [one, named(sample).get(one)])),
      );
      expect(endpoint.asked.map(({ images }) => images)).toContainEqual(shuffled[i]?.images);
    }
    const { visionGain } = JSON.parse(await readFile(place.file("out", "clips.json"), "utf8"));
    expect(visionGain).toMatchObject({ "first-frame": { value: 1, n: 2 }, "shuffled-frames": { value: 0, n: 2 } });
  });
});
