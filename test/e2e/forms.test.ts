import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "./cli.js";

const forms = join(root, "test", "forms");
const evaluate = (place: Workplace, form: string, ...more: string[]) =>
  place.run("run", "--tasks", join(forms, `${form}.ts`), "--data", join(forms, "data"), "--out", "out", ...more);

test("single image: the answer is compared, and sub-scores are given by group", async () => {
  await using place = await Workplace.make();
  const run = await evaluate(place, "single-image", "--model", "stub:red");
  expect(run).toMatchObject({ exitCode: 0 });
  const result = await place.result("out", "single_image");
  expect(result.n).toEqual({ total: 3, scored: 3, unscored: { refused: 0, transport: 0, judge: 0, data: 0 } });
  expect(result.metrics[0]).toMatchObject({ name: "accuracy", value: 1 / 3, n: 3, method: "wilson" });
  expect(result.groups.length?.short?.[0]).toMatchObject({ value: 1, n: 1 });
  expect(result.groups.length?.long?.[0]).toMatchObject({ value: 0, n: 2 });
  expect(run.stdout).toContain("33.3");
});

test("interleaved images: words and images keep their order, and each image's digest is journalled", async () => {
  await using place = await Workplace.make();
  await evaluate(place, "interleaved", "--model", "stub:A");
  const samples = await place.samples("out", "interleaved");
  expect(samples.map(({ prompt }) => prompt)).toEqual(Array(2).fill("A: <image>\nB: <image>\nWhich is red, A or B?"));
  expect(samples[0]?.images?.[0]).toBe(samples[1]?.images?.[1]);
  expect(new Set(samples.flatMap(({ images }) => images)).size).toBe(3);
  expect((await place.result("out", "interleaved")).metrics[0]?.value).toBe(0.5);
});

test("judged: the verdict is the score, and it is paid for once", async () => {
  await using place = await Workplace.make();
  const judged = () => evaluate(place, "judged", "--model", "stub", "--judge", "stub:7");
  expect((await judged()).exitCode).toBe(0);
  const first = await place.result("out", "judged");
  expect(first.metrics[0]?.value).toBeCloseTo(0.7);
  expect(first.judge).toMatchObject({ model: "stub:7", asked: 2, failed: 0 });
  const journal = await place.read("out", "judge.judged.jsonl");
  await judged();
  expect(await place.read("out", "judge.judged.jsonl")).toBe(journal);
});

test("judged: a judge without a usable reply leaves samples unscored, and a later run asks the judge and not the model", async () => {
  await using place = await Workplace.make();
  const first = await evaluate(place, "judged", "--model", "stub", "--judge", "none");
  expect(first.exitCode).toBe(2);
  const result = await place.result("out", "judged");
  expect(result.n.unscored.judge).toBe(2);
  expect(result.flags).toContain("incomplete");
  expect(result.metrics[0]?.value).toBeNull();

  const answers = (await place.samples("out", "judged")).map(({ text }) => text);
  const second = await evaluate(place, "judged", "--model", "stub", "--judge", "stub:5");
  expect(second.exitCode).toBe(0);
  expect((await place.result("out", "judged")).metrics[0]?.value).toBe(0.5);
  expect((await place.samples("out", "judged")).map(({ text }) => text)).toEqual(answers);
  const asked = (await place.read("out", "timings.jsonl"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).kind);
  expect(asked).toEqual(["model", "model", "judge", "judge"]);
});

test("judged: a reply without the form asked for is asked again, a bounded number of times", async () => {
  await using place = await Workplace.make();
  const run = await evaluate(place, "judged", "--model", "stub", "--judge", "stub:no idea");
  expect(run.exitCode).toBe(2);
  const lines = (await place.read("out", "judge.judged.jsonl")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).replies)).toEqual(Array(2).fill(Array(3).fill("no idea")));
});

test("two judges: the first scores, the second is compared with it, and both are paid for once", async () => {
  await using place = await Workplace.make();
  const judged = () => evaluate(place, "judged", "--model", "stub", "--judge", "stub:7", "--judge", "stub:5");
  const run = await judged();
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain("second judge");
  const result = await place.result("out", "judged");
  expect(result.metrics[0]?.value).toBeCloseTo(0.7);
  expect(result.secondJudge).toEqual({ model: "stub:5", failed: 0, n: 2, agreement: 0, kappa: 0 });
  const journal = await place.read("out", "judge.judged.second.jsonl");
  await judged();
  expect(await place.read("out", "judge.judged.second.jsonl")).toBe(journal);
});

test("judged without a judge is refused before anything is asked", async () => {
  await using place = await Workplace.make();
  const run = await evaluate(place, "judged", "--model", "stub");
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("--judge");
});

test("log-likelihood: the likeliest continuation is the answer, its numbers are journalled", async () => {
  await using place = await Workplace.make();
  expect((await evaluate(place, "likelihood", "--model", "stub")).exitCode).toBe(0);
  const samples = await place.samples("out", "likelihood");
  expect(samples.map(({ likelihoods }) => likelihoods?.length)).toEqual([2, 3]);
  for (const { likelihoods = [], text } of samples) {
    const best = likelihoods.reduce((a, b) => (b.logprob > a.logprob ? b : a));
    expect(text).toBe(samples.find((sample) => sample.text === text)?.text);
    expect(best.logprob).toBeLessThanOrEqual(0);
  }
});

test("multi-round: the hint follows a wrong answer, and every round is journalled", async () => {
  await using place = await Workplace.make();
  await evaluate(place, "rounds", "--model", "stub:Paris");
  const [right, wrong] = await place.samples("out", "rounds");
  expect(right?.turns).toBeUndefined();
  expect(right?.score).toMatchObject({ value: 1 });
  expect(wrong?.turns).toEqual(["Paris", "Paris"]);
  expect(wrong?.prompt).toBe("user: Capital of Italy?\nassistant: Paris\nuser: It begins with R.");
});

test("circular: a question counts once, and is right only when every pass is", async () => {
  await using place = await Workplace.make();
  await evaluate(place, "circular", "--model", "stub:A");
  const result = await place.result("out", "circular");
  expect(result.n.total).toBe(5);
  expect(result.metrics[0]).toMatchObject({ value: 0, n: 2 });
});

test("whole split: F1 is folded over the split, unparsable answers are counted", async () => {
  await using place = await Workplace.make();
  await evaluate(place, "whole-split", "--model", "stub:yes");
  expect((await place.result("out", "whole_split")).metrics[0]?.value).toBeCloseTo(2 / 3);
  await evaluate(place, "whole-split", "--model", "stub:maybe", "--fresh");
  expect((await place.result("out", "whole_split")).remarks.unparsable).toBe(4);
});

test("unlabelled: a checked submission file instead of a score", async () => {
  await using place = await Workplace.make();
  const run = await evaluate(place, "unlabelled", "--model", "stub:tree");
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(await place.read("out", "submissions", "unlabelled_test.json"))).toEqual([
    { question_id: 7, answer: "tree" },
    { question_id: 8, answer: "tree" },
  ]);
  const result = await place.result("out", "unlabelled");
  expect(result.metrics).toEqual([]);
  expect(result.submission).toBe("submissions/unlabelled_test.json");
});

test("repeats: every sample is asked k times, and the value is the mean over repeats", async () => {
  await using place = await Workplace.make();
  const run = await evaluate(place, "single-image", "--model", "stub:red", "--repeats", "3");
  expect(run.exitCode).toBe(0);
  expect((await place.samples("out", "single_image")).map(({ repeat = 0 }) => repeat)).toEqual([
    0, 1, 2, 0, 1, 2, 0, 1, 2,
  ]);
  expect((await place.result("out", "single_image")).metrics[0]?.repeats).toEqual([1 / 3, 1 / 3, 1 / 3]);
});

test("score repeats the scores of a finished run without any model, byte for byte", async () => {
  await using place = await Workplace.make();
  for (const form of ["circular", "judged", "single-image"]) {
    await evaluate(place, form, "--model", "stub:red", ...(form === "judged" ? ["--judge", "stub:4"] : []), "--fresh");
    const label = form.replace("-", "_");
    const [samples, result] = [
      await place.read("out", `${label}.samples.jsonl`),
      await place.read("out", `${label}.json`),
    ];
    const again = await place.run("score", "out");
    // The task came by path: `score` finds it by the path in the run's config.
    expect(again.stderr).toBe("");
    expect(again.exitCode).toBe(0);
    expect(await place.read("out", `${label}.samples.jsonl`)).toBe(samples);
    expect(await place.read("out", `${label}.json`)).toBe(result);
  }
});
