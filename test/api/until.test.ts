/** `--until decided`: a run that stops, over real files, against what the whole run says. */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compare } from "../../src/api/board/compare.js";
import { itemForms, itemsOf } from "../../src/api/board/items.js";
import { verify } from "../../src/api/publish/verify.js";
import { type EvaluateOptions, evaluate } from "../../src/api/run/evaluate.js";
import { score } from "../../src/api/run/score.js";
import { resultLines } from "../../src/cli/report-lines.js";
import type { Result } from "../../src/core/result.js";
import type { Until } from "../../src/core/until.js";
import { rankOf, selectionOf } from "../../src/record/selection.js";
import { ReportSource } from "../../src/report/report-source.js";
import { InformativeOrder } from "../../src/run/informative-order.js";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { Workplace } from "../e2e/cli.js";

/** Questions without images: 2,000 of them are read in a moment. */
const taskFile = `import { defineTask, mean, Type, userPrompt } from "llava-eval";
const row = Type.Object({ id: Type.Integer(), image: Type.Integer(), question: Type.String(), answer: Type.String() });
export default defineTask({
  name: "plain",
  version: 1,
  about: "One short answer.",
  cite: "none",
  splits: { test: { sources: ["none/plain"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => String(id),
  cluster: ({ image }) => String(image),
  prompt: ({ question }) => userPrompt(question),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ answer }, { text }) => ({ status: "scored", value: text === answer ? 1 : 0, answer: text, targets: [answer] }),
  metrics: [mean("accuracy")],
});
`;
const targets = ["yes", "no", "red", "2"];

interface Shape {
  readonly rows: number;
  /** Questions that share an image. */
  readonly perImage?: number;
}

/** A folder of rows, and the answers of a model that is right in 70 of 100. */
async function benchmark(place: Workplace, { rows: n, perImage = 1 }: Shape) {
  await mkdir(place.file("rows"));
  const rows = Array.from({ length: n }, (_, id) => ({
    ...{ id, image: Math.floor(id / perImage), question: `Question ${id}?`, answer: targets[id % 4] as string },
  }));
  await writeFile(place.file("rows", "plain.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeFile(place.file("plain.ts"), taskFile);
  const random = seededRandom("answers");
  const answers = rows.map(({ answer }) => (random.next() < 0.7 ? answer : "wrong"));
  const asked = { tasks: place.file("plain.ts"), data: place.file("rows") };
  const write = async (name: string, given: readonly (string | null)[]) => {
    await mkdir(place.file(name));
    const lines = given.flatMap((text, id) => (text === null ? [] : `${JSON.stringify({ id: String(id), text })}\n`));
    await writeFile(place.file(name, "plain.samples.jsonl"), lines.join(""));
    return `replay:${place.file(name)}`;
  };
  /** A copy that says something else to some of what it was right about, so that it is `points` worse or nearly so. */
  const spoiled = async (points: number, seed = 0, text: string | null = "spoiled") => {
    const chance = seededRandom("spoiled", points, seed);
    const given = answers.map((answer, id) =>
      answer === targets[id % 4] && chance.next() < points / 70 ? text : answer,
    );
    return await write(`spoiled-${points}-${seed}-${text}`, given);
  };
  const run = async (model: string, out: string) =>
    (await evaluate({ ...asked, model, out: place.file(out) })).results.plain as Result;
  const until = async (model: string, out: string, more: Partial<EvaluateOptions> = {}) => {
    const options = { ...asked, model, until: "decided", against: place.file("whole"), out: place.file(out) } as const;
    return (await evaluate({ ...options, ...more })).results.plain as Result & { until: Until };
  };
  await run(await write("answers", answers), "whole");
  return { asked, answers, write, spoiled, run, until };
}

/** The soak asks with four seeds. */
const seeds = process.env.LLAVA_EVAL_TEST_NIGHTS === undefined ? [0] : [0, 1, 2, 3];

test("of 2,000 rows a copy that is 8 points worse is found out with under half, one of 3 or 1 is never called better, and no verdict is against the whole run's", async () => {
  await using place = await Workplace.make();
  const { spoiled, until, run } = await benchmark(place, { rows: 2000 });
  const early: boolean[] = [];
  for (const seed of seeds) {
    for (const points of [8, 3, 1]) {
      const model = await spoiled(points, seed);
      const stopped = await until(model, `until-${points}-${seed}`, { seed });
      const { verdict, samples, of } = stopped.until;
      if (points === 8) early.push(verdict === "worse" && samples < 1000);
      else expect(points === 3 ? ["worse", "undecided"] : ["worse", "equal", "undecided"]).toContain(verdict);
      expect([of, stopped.n.total]).toEqual([2000, samples]);
      expect(stopped.flags).toEqual(samples < 2000 ? ["partial"] : []);
      const whole = await run(model, `all-${points}-${seed}`);
      const [compared] = (await compare(place.file("whole"), place.file(`all-${points}-${seed}`))).tasks;
      const says = { worse: "regression", equal: "no regression" }[verdict as string];
      if (says !== undefined && points !== 1) expect(compared?.verdict).toBe(says);
      expect(whole.metrics[0]?.value).toBeLessThan(0.71);
    }
  }
  expect(early.filter(Boolean).length).toBeGreaterThanOrEqual((3 * seeds.length) / 4);
});

test("the same answers are equal, and the same run ends with the same bytes however fast its answers come", async () => {
  await using place = await Workplace.make();
  const { until } = await benchmark(place, { rows: 400, perImage: 2 });
  const model = `replay:${place.file("answers")}`;
  const first = await until(model, "first", { delta: 5 });
  expect(first.until).toMatchObject({
    verdict: "equal",
    difference: 0,
    gained: 0,
    lost: 0,
    against: place.file("whole"),
  });
  await until(model, "second", { delta: 5, concurrency: 1 });
  const read = (out: string) => readFile(place.file(out, "plain.json"), "utf8");
  expect(await read("second")).toBe(await read("first"));
  // Asked again it has all it needs, and says the same.
  await until(model, "first", { delta: 5 });
  expect(await read("second")).toBe(await read("first"));
  await expect(until(model, "first", { delta: 2 })).rejects.toThrow(/until.delta: 5 in the folder, 2 now/);
});

test("scored again it counts the samples that it counted, by the rules that stopped it and no others", async () => {
  await using place = await Workplace.make();
  const { spoiled, until } = await benchmark(place, { rows: 600 });
  await until(await spoiled(20), "stopped");
  const read = () => readFile(place.file("stopped", "plain.json"), "utf8");
  const before = await read();
  await score(place.file("stopped"));
  expect(await read()).toBe(before);
  await expect(score(place.file("stopped"), { scoring: "lmms-eval", out: place.file("other") })).rejects.toThrow(
    /stopped when its official scores/,
  );
});

test("what has no score is out of the comparison, and how far it could have moved it is said", async () => {
  await using place = await Workplace.make();
  const { spoiled, until } = await benchmark(place, { rows: 200 });
  const result = await until(await spoiled(10, 0, null), "holes");
  const { unscored, bounds, difference, of, samples } = result.until;
  expect([of, samples]).toEqual([200, 200]);
  expect(unscored).toEqual({ here: result.n.total - result.n.scored, there: 0 });
  expect(unscored?.here).toBeGreaterThan(5);
  // Each of them was right there: lost they cost their share, won they change nothing.
  expect(difference).toBe(0);
  expect(bounds?.[0]).toBeCloseTo(-(unscored?.here as number) / 200, 12);
  expect(bounds?.[1]).toBe(0);
  const { difference: _, interval: _i, forecast: _f, ...cut } = { ...result.until, looks: 0, samples: 47 };
  expect(resultLines({ ...result, until: cut })).toContain(
    "not decided after 47 of 200 (0 looks): it ended before its first look",
  );
  expect(resultLines({ ...result, until: { ...cut, looks: 1 } })).toContain("no sample is scored in both runs");
  expect(resultLines(result)).toMatch(/\d+ unscored here and 0 there are out of it: -\d\.\d to 0\.0 if they all/);
});

test("verify misses no row behind the place where a run was decided, and each row before it", async () => {
  await using place = await Workplace.make();
  const options = { tasks: "vqav2", data: "demo" };
  // The references say what a good model would: a run that is told nothing of use has them all.
  await evaluate({ ...options, model: "stub:yes", out: place.file("asked") });
  const asked = (await readFile(place.file("asked", "vqav2.samples.jsonl"), "utf8")).trimEnd().split("\n");
  const good = asked.map((line) => JSON.parse(line)).map(({ id, score: { targets } }) => ({ id, text: targets[0] }));
  await mkdir(place.file("good"));
  await writeFile(place.file("good", "vqav2.samples.jsonl"), good.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await evaluate({ ...options, model: `replay:${place.file("good")}`, out: place.file("whole") });
  const out = place.file("stopped");
  const { results } = await evaluate({
    ...options,
    model: "stub:never",
    until: "decided",
    against: place.file("whole"),
    out,
  });
  const { verdict, samples, of, through, seed } = (results.vqav2 as Result & { until: Until }).until;
  expect([verdict, of, samples < of]).toEqual(["worse", 256, true]);
  expect((await verify(out)).problems).toEqual([]);
  const journal = place.file("stopped", "vqav2.samples.jsonl");
  const lines = (await readFile(journal, "utf8")).trimEnd().split("\n");
  const counted = lines.findIndex((line) => rankOf(seed, JSON.parse(line).cluster) <= through);
  await writeFile(
    journal,
    lines
      .filter((_, i) => i !== counted)
      .map((line) => `${line}\n`)
      .join(""),
  );
  expect((await verify(out)).problems.join()).toMatch(
    /rows have no sample, and \d+ of them lie behind|has \d+ of the \d+ scored/,
  );
});

test("compare takes the interval and p of the run's own looks, either way round, and says what a third run cannot know", async () => {
  await using place = await Workplace.make();
  const { spoiled, until, run } = await benchmark(place, { rows: 800 });
  const stopped = await until(await spoiled(12), "stopped");
  const { interval, p, difference, samples } = stopped.until;
  const [there] = (await compare(place.file("whole"), place.file("stopped"))).tasks;
  expect(there).toMatchObject({ verdict: "regression", test: "betting", interval, p, samples: { paired: samples } });
  expect(there?.delta).toBeCloseTo(difference as number, 12);
  const [back] = (await compare(place.file("stopped"), place.file("whole"))).tasks;
  expect(back).toMatchObject({ verdict: "no regression", improved: true, test: "betting" });
  expect(back?.interval).toEqual([-(interval?.[1] as number), -(interval?.[0] as number)]);
  await run(await spoiled(3), "third");
  const [third] = (await compare(place.file("third"), place.file("stopped"))).tasks;
  expect(third).toMatchObject({ test: "mcnemar-exact", samples: { paired: samples } });
  expect(third?.notes.join()).toContain("stopped by how it compares with");
  expect(there?.notes.join()).not.toContain("neither of these two");
  const pattern =
    /decided after \d+ of 800 \(\d+ looks?\): worse by \d+\.\d \[\d+\.\d, \d+\.\d\].*\n.*the whole run would show -\d+\.\d to [-+]?\d+\.\d \(95%\)/;
  expect(resultLines(stopped)).toMatch(pattern);
  const page = await (await ReportSource.open([place.file("stopped")], { live: false, store: "files" })).summary();
  expect(page.tasks[0]?.results[0]?.compared?.join("\n")).toMatch(pattern);
});

test("several tasks share the 5 %", async () => {
  await using place = await Workplace.make();
  const { spoiled, until, asked } = await benchmark(place, { rows: 300 });
  const model = await spoiled(20);
  await writeFile(place.file("other.ts"), taskFile.replace('"plain"', '"other"'));
  await writeFile(place.file("rows", "other.jsonl"), await readFile(place.file("rows", "plain.jsonl")));
  const both = { ...asked, tasks: `${asked.tasks},${place.file("other.ts")}` };
  for (const folder of [place.file("answers"), model.replace("replay:", "")]) {
    await cp(join(folder, "plain.samples.jsonl"), join(folder, "other.samples.jsonl"));
  }
  await evaluate({ ...both, model: `replay:${place.file("answers")}`, out: place.file("both") });
  const alone = await until(model, "alone");
  const options = { ...both, model, until: "decided", against: place.file("both"), out: place.file("two") } as const;
  const { results } = await evaluate(options);
  expect(alone.until.alpha).toBe(0.05);
  expect([results.plain?.until?.alpha, results.other?.until?.alpha]).toEqual([0.025, 0.025]);
  expect(results.plain?.until?.samples).toBeGreaterThanOrEqual(alone.until.samples);
});

test("a second task that cannot be decided is refused before the first one is asked", async () => {
  await using place = await Workplace.make();
  const { asked } = await benchmark(place, { rows: 60 });
  const whole = taskFile
    .replace('"plain"', '"other"')
    .replace('mean("accuracy")', "half")
    .replace(
      "export default",
      `const half = { ...mean("accuracy"), start: () => { let n = 0; return { add: () => { n++; }, finish: () => ({ value: 0.1234, n }) }; } };\nexport default`,
    );
  await writeFile(place.file("other.ts"), whole);
  await cp(place.file("rows", "plain.jsonl"), place.file("rows", "other.jsonl"));
  const both = { data: asked.data, tasks: `${asked.tasks},${place.file("other.ts")}`, model: "stub:yes" };
  await evaluate({ ...both, out: place.file("both") });
  const out = place.file("refused");
  await expect(evaluate({ ...both, until: "decided", against: place.file("both"), out })).rejects.toThrow(
    /accuracy cannot be decided early: it is no mean of its samples' scores/,
  );
  await expect(readFile(place.file("refused", "run.json"))).rejects.toThrow(/ENOENT/);
});

test("what cannot be decided is refused before the first question", async () => {
  await using place = await Workplace.make();
  const { until, asked } = await benchmark(place, { rows: 60 });
  const options = { ...asked, model: `replay:${place.file("answers")}` };
  const whole = place.file("whole");
  const refused = (more: Partial<EvaluateOptions>) => evaluate({ ...options, out: place.file("refused"), ...more });
  await expect(refused({ until: "decided" })).rejects.toThrow(/needs a run to compare with/);
  await expect(refused({ against: whole })).rejects.toThrow(/--against goes with --until/);
  await expect(refused({ until: "decided", against: whole, repeats: 2 })).rejects.toThrow(/--repeats does not go with/);
  await expect(refused({ until: "decided", against: place.file("rows") })).rejects.toThrow(/neither a run folder/);
  const stopped = await until(options.model, "stopped");
  expect(stopped.until.verdict).toBe("undecided");
  await expect(refused({ until: "decided", against: place.file("stopped") })).rejects.toThrow(/stopped early itself/);
  await cp(place.file("rows"), place.file("changed"), { recursive: true });
  const rows = place.file("changed", "plain.jsonl");
  await writeFile(rows, (await readFile(rows, "utf8")).replace("Question 7?", "Question seven?"));
  await expect(refused({ until: "decided", against: whole, data: place.file("changed") })).rejects.toThrow(
    /cannot be compared/,
  );
});

/** Three earlier runs: all right about the first 700 of 1,000 rows, and about every third of the others or so. */
async function withItems(place: Workplace, { perImage = 1 }: { readonly perImage?: number } = {}) {
  const { asked, write } = await benchmark(place, { rows: 1000, perImage });
  const model = (name: string, right: (id: number) => boolean) =>
    write(
      name,
      Array.from({ length: 1000 }, (_, id) => (right(id) ? (targets[id % 4] as string) : "wrong")),
    );
  const folders: string[] = [];
  for (const n of [0, 1, 2]) {
    const earlier = await model(`earlier-answers-${n}`, (id) => id < 700 || id % 3 === n);
    const out = place.file(`earlier-${n}`);
    await evaluate({ ...asked, model: earlier, out });
    folders.push(out);
  }
  const { report } = await itemsOf("plain", { runs: folders, results: "", onWarning: () => {} });
  const order = place.file("items.jsonl");
  await writeFile(order, itemForms.jsonl(report));
  const whole = folders[0] as string;
  const until = async (of: string, out: string, more: Partial<EvaluateOptions> = {}) => {
    const options = { ...asked, model: of, until: "decided", against: whole, order, out: place.file(out) } as const;
    return (await evaluate({ ...options, ...more })).results.plain as Result & { until: Until };
  };
  return { order, model, until, whole };
}

test("by difficulties of earlier runs it asks fewer of the items that all solve, and everybody who reads it counts the same samples", async () => {
  await using place = await Workplace.make();
  const { order, model, until, whole } = await withItems(place);
  const worse = await model("worse-answers", (id) => (id < 700 ? id % 50 !== 0 : id % 6 === 0));
  const stopped = await until(worse, "stopped");
  const { verdict, samples, of, interval, difference, through, seed } = stopped.until;
  expect([verdict, of, samples < 700]).toEqual(["worse", 1000, true]);
  expect(stopped.n.total).toBe(samples);
  expect(stopped.until.order).toMatch(/^[0-9a-f]{16}$/);
  expect(stopped.until).not.toHaveProperty("forecast");
  // True: 14 of 700 and half of 100 of 1,000. Counted without weights it would be nearer to -0.08.
  expect(interval?.[0]).toBeLessThan(-0.064);
  expect(interval?.[1]).toBeGreaterThan(-0.064);
  expect(Math.abs((difference as number) + 0.064)).toBeLessThan(0.03);
  expect(resultLines(stopped)).toMatch(/worse by .*\n.*no forecast of the whole run: .* items that tell models apart/);
  expect(resultLines(stopped)).not.toContain("the whole run would show");

  const lines = (await readFile(place.file("stopped", "plain.samples.jsonl"), "utf8")).trimEnd().split("\n");
  const counted = lines.map((line) => JSON.parse(line)).filter(({ cluster }) => rankOf(seed, cluster) <= through);
  expect(counted).toHaveLength(samples);
  const hard = counted.filter(({ index }) => index >= 700).length / samples;
  expect(hard).toBeGreaterThan(0.34);
  expect((await verify(place.file("stopped"))).problems).toEqual([]);
  const read = (out: string) => readFile(place.file(out, "plain.json"), "utf8");
  const before = await read("stopped");
  await score(place.file("stopped"));
  expect(await read("stopped")).toBe(before);
  const [compared] = (await compare(whole, place.file("stopped"))).tasks;
  expect(compared).toMatchObject({ verdict: "regression", test: "betting", interval, samples: { paired: samples } });
  // Their plain difference is of items that tell models apart, and the interval is not about it.
  expect(compared?.delta).toBe(difference);
  expect((await compare(place.file("stopped"), whole)).tasks[0]?.delta).toBe(-(difference as number));
  expect(compared?.notes.join()).toContain("weighs each by its chance to be asked");
  // Asked again, and by one request at a time: the same.
  await until(worse, "stopped");
  expect(await read("stopped")).toBe(before);
  await until(worse, "slowly", { concurrency: 1 });
  expect(await read("slowly")).toBe(before);

  const journal = await readFile(order, "utf8");
  await writeFile(`${order}.gz`, gzipSync(journal));
  await rm(order);
  await until(worse, "stopped");
  expect(await read("stopped")).toBe(before);

  await writeFile(order, journal.replace(/"difficulty":1,/, '"difficulty":0.5,'));
  await expect(until(worse, "stopped")).rejects.toThrow(/until.order.plain: "\w+" in the folder, "\w+" now/);
});

test("a limit that cuts a cluster leaves it in its place: with a larger one the run ends as if there had been none", async () => {
  await using place = await Workplace.make();
  const { order, model, until } = await withItems(place, { perImage: 2 });
  // Of each image everybody knows one answer and half of them the other: alone, the first would be asked half as often.
  const lines = (await readFile(order, "utf8")).trimEnd().split("\n");
  const items = lines.map((line) => JSON.parse(line));
  for (const item of items) Object.assign(item, { runs: 1000, difficulty: item.index % 2 === 0 ? 1 : 0.5 });
  await writeFile(order, items.map((item) => `${JSON.stringify(item)}\n`).join(""));
  const drawn = new InformativeOrder("", new Map(items.map((item) => [item.index, item])));
  const moved = items.find(
    ({ index }) =>
      index > 200 &&
      index % 2 === 0 &&
      drawn.isLater(0, String(index / 2), drawn.chanceOf([index])) &&
      !drawn.isLater(0, String(index / 2), drawn.chanceOf([index, index + 1])),
  );
  const better = await model("better", (id) => id < 700 || id % 3 !== 1);
  const read = (out: string) => readFile(place.file(out, "plain.json"), "utf8");
  await until(better, "whole-limit", { limit: moved.index + 1 });
  await until(better, "whole-limit");
  await until(better, "no-limit");
  expect(await read("whole-limit")).toBe(await read("no-limit"));
});

test("not decided by the items drawn it asks all that stand behind them, and ends as two whole runs are compared", async () => {
  await using place = await Workplace.make();
  const { model, until } = await withItems(place);
  const alike = await model("alike-answers", (id) => id < 700 || id % 3 === 1);
  const { until: ended, flags } = await until(alike, "undecided");
  expect(ended).toMatchObject({ verdict: "undecided", samples: 1000, of: 1000, difference: 0, forecast: [0, 0] });
  expect(flags).toEqual([]);
  const lines = (await readFile(place.file("undecided", "plain.samples.jsonl"), "utf8")).trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line));
  const later = records.filter((record) => record.later === true);
  expect(later.length).toBeGreaterThan(150);
  expect(later.filter(({ index }) => index < 700).length / later.length).toBeGreaterThan(0.9);
  expect(records.every(selectionOf({ until: ended }))).toBe(true);
  // What was asked behind the order counts for nothing where the order itself decides.
  const inOrder = { ...ended, through: 2 ** 48 - 1 };
  expect(records.filter(selectionOf({ until: inOrder }))).toHaveLength(1000 - later.length);
});

test("difficulties of other rows, of another task or of nobody are refused before the first question", async () => {
  await using place = await Workplace.make();
  const { order, model, until, whole } = await withItems(place);
  const any = await model("any", () => true);
  await expect(
    evaluate({ tasks: place.file("plain.ts"), data: place.file("rows"), model: any, order }),
  ).rejects.toThrow(/--order goes with --until/);
  const journal = await readFile(order, "utf8");
  await expect(until(any, "refused", { order: whole })).rejects.toThrow(/cannot be read/);
  await writeFile(order, journal.replace('"id":"7"', '"id":"seven"'));
  await expect(until(any, "refused")).rejects.toThrow(/row 7 of plain is "7", and its item is "seven"/);
  await writeFile(order, journal.replaceAll('"task":"plain"', '"task":"other"'));
  await expect(until(any, "refused")).rejects.toThrow(/no item of plain/);
  await writeFile(order, "{}\n");
  await expect(until(any, "refused")).rejects.toThrow(/task/);
  await writeFile(order, journal + journal.replace(/"difficulty":1,/, '"difficulty":0.5,'));
  await expect(until(any, "refused")).rejects.toThrow(/row \d+ of plain is there twice, and differs/);
  await expect(until(any, "refused", { order: place.file("none.jsonl") })).rejects.toThrow(/there is no such file/);
  await expect(readFile(place.file("refused", "run.json"))).rejects.toThrow(/ENOENT/);
});
