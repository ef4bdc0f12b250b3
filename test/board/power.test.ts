import { expect, test } from "vitest";
import { type SideTask, sideOf } from "../../src/board/compare/side.js";
import { powerText, repeatsText } from "../../src/board/power/as-text.js";
import { measureDiscordance, powerLines } from "../../src/board/power/power.js";
import { repeatsOf } from "../../src/board/repeats.js";
import { openRun } from "../../src/record/read.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { failedSample, sample, temporaryFolder, writeRun } from "./run-fixture.js";

async function opened(root: string, name: string, samples: readonly SampleRecord[], repeats = 1): Promise<SideTask> {
  const dir = await writeRun(root, name, { tasks: { mmmu: { samples, result: { repeats } } } });
  return sideOf(name, await openRun(dir)).tasks.get("mmmu") as SideTask;
}

test("powerLines says how many samples a difference needs and what the task's own number shows", () => {
  const lines = powerLines({ n: 900, delta: 0.05, alpha: 0.05, power: 0.8 });
  expect(lines.map(({ discordance }) => discordance)).toEqual([0.05, 0.1, 0.2, 0.3]);
  const fifth = lines.find(({ discordance }) => discordance === 0.2);
  expect(fifth).toMatchObject({ samplesNeeded: 626, designEffect: 1, from: "assumed" });
  expect(fifth?.detectable).toBeCloseTo(0.0417, 3);
});

test("discordance and the design effect are measured on two runs", async () => {
  await using folder = await temporaryFolder();
  // 200 questions, four to an image; one image in ten changes with all its questions.
  const records = (flip: boolean) =>
    Array.from({ length: 200 }, (_, i) => ({
      ...sample(i, flip && Math.floor(i / 4) % 10 === 0 ? 0 : 1),
      cluster: `image${Math.floor(i / 4)}`,
    }));
  const [a, b] = [await opened(folder.dir, "a", records(false)), await opened(folder.dir, "b", records(true))];
  const measured = await measureDiscordance(a, b);
  expect(measured).toMatchObject({ n: 200, discordance: expect.closeTo(0.1, 12) });
  expect(measured.designEffect).toBeCloseTo(4, 0);
  const [line] = powerLines({ n: 200, delta: 0.02, alpha: 0.05, power: 0.8 }, measured);
  const independent = powerLines({ n: 200, delta: 0.02, alpha: 0.05, power: 0.8 }).find(
    ({ discordance }) => discordance === 0.1,
  );
  expect((line?.samplesNeeded ?? 0) / (independent?.samplesNeeded ?? 1)).toBeCloseTo(measured.designEffect, 1);
});

test("repeats give mean, variance between and within samples, and pass@k", async () => {
  await using folder = await temporaryFolder();
  // Half of the samples always right, a quarter never, a quarter right in two of four answers.
  const value = (i: number, repeat: number) => (i % 4 < 2 ? 1 : i % 4 === 2 ? 0 : repeat % 2);
  const records = Array.from({ length: 400 }, (_, i) =>
    [0, 1, 2, 3].map((repeat) => ({ ...sample(i, value(i, repeat)), repeat })),
  ).flat();
  const { run, result } = await opened(folder.dir, "a", records, 4);
  const report = await repeatsOf(run, result);
  expect(report).toMatchObject({
    repeats: 4,
    samples: 400,
    mean: 0.625,
    perRepeat: [0.5, 0.75, 0.5, 0.75],
    consistency: 0.75,
  });
  expect(report?.varianceWithin).toBeCloseTo(0.25 / 3, 12); // a quarter of the samples at 1/3
  const pass = Object.fromEntries(report?.passAtK.map(({ k, value }) => [k, value]) ?? []);
  expect(pass[1]).toBeCloseTo(0.625, 12);
  expect(pass[2]).toBeCloseTo(0.5 + 0.25 * (5 / 6), 12);
  expect(pass[4]).toBeCloseTo(0.75, 12);
  const once = await opened(
    folder.dir,
    "b",
    records.filter(({ repeat }) => repeat === 0),
  );
  expect(await repeatsOf(once.run, once.result)).toBeUndefined();
});

test("the majority of the first answers counts what was read, under lmms-eval scoring whole texts; an answer without a score leaves its sample out", async () => {
  await using folder = await temporaryFolder();
  const said = (index: number, texts: readonly string[]) =>
    texts.map((text, repeat): SampleRecord => {
      if (text === "-") return { ...failedSample(index), repeat };
      const answer = /[A-D]/.exec(text)?.[0];
      const score = { status: "scored", value: answer === "B" ? 1 : 0, answer: answer ?? "C", targets: ["B"] } as const;
      return { ...sample(index, 0), repeat, text, score: answer ? score : { ...score, remark: "unparsable" } };
    });
  const records = [
    // B four times in four forms, A three times in one.
    ...said(0, ["A", "B", "A", "(B)", "B.", "A", "so B", "none", "A", "A"]),
    // As often as each other: the first.
    ...said(1, ["B", "A", "A", "B", "A", "B", "B", "A", "A", "A"]),
    // Guesses do not outvote what was read.
    ...said(2, ["no", "no", "no", "no", "no", "no", "no", "B", "no", "no"]),
    ...said(3, ["B", "B", "-", "B", "B", "B", "B", "B", "B", "B"]),
  ];
  const of = async (scoring: "official" | "lmms-eval") => {
    const dir = await writeRun(folder.dir, scoring, {
      tasks: { mmmu: { samples: records, result: { repeats: 10, scoring } } },
    });
    const side = sideOf(scoring, await openRun(dir)).tasks.get("mmmu") as SideTask;
    return await repeatsOf(side.run, side.result);
  };
  const official = await of("official");
  expect(official?.firstK).toEqual([
    { k: 8, samples: 3, majority: 1, best: 1 },
    { k: 10, samples: 3, majority: 1 / 3, best: 1 },
  ]);
  const theirs = await of("lmms-eval");
  expect(theirs?.firstK).toEqual([
    { k: 8, samples: 3, majority: 1 / 3, best: 1 },
    { k: 10, samples: 3, majority: 0, best: 1 },
  ]);
  expect(repeatsText(official as never)).toContain(
    "of the first 8 answers: the most frequent 100.0, the best 100.0 (of 3 samples with a score for each)",
  );
});

test("the table fits a terminal, and says what it left out", () => {
  const question = { n: 900, delta: 0.02, alpha: 0.05, power: 0.8 };
  const text = powerText("mmmu", question, powerLines(question), { width: 80 });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toContain("left out to fit 80 columns: design effect");
});
