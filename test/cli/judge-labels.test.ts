/** `judge label` and `judge worth`: what people are shown, what is kept of what they say, and what it makes of the score. */
import { appendFile, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeWorth, labelRun } from "../../src/api/report/judge-labels.js";
import { evaluate } from "../../src/api/run/evaluate.js";
import { type Judged, type JudgedTask, labelOrder } from "../../src/board/labels/strata.js";
import { worthOf } from "../../src/board/labels/worth.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import type { PersonLabel } from "../../src/record/labels.js";
import { correctedShare, labelsNeeded } from "../../src/statistics/corrected-share.js";
import { type Folder, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { root } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { runCommand } from "./run-command.js";

const warnings: string[] = [];
const options = { n: 6, by: "ann", port: 0, warn: (message: string) => void warnings.push(message) };

let folder: Folder;
let run: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeRows(join(folder.dir, "rows"), 12);
  await using endpoint = await startEndpoint({
    answer: ({ text }) => (Number(/\d+/.exec(text)?.[0]) % 3 === 0 ? "yes" : "<b>no</b>"),
  });
  run = join(folder.dir, "run");
  const task = join(root, "test", "forms", "single-image.ts");
  await evaluate({ tasks: task, data: join(folder.dir, "rows"), model: `openai:fake@${endpoint.url}`, out: run });
});
afterAll(() => folder[Symbol.asyncDispose]());

const labelsOf = async () =>
  (await readFile(join(run, "labels.single_image.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PersonLabel);

const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", body: new URLSearchParams(form), headers, redirect: "manual" });
const indexIn = (page: string) => /name="index" value="(\d+)"/.exec(page)?.[1] as string;

describe("the page", () => {
  test("shows what the score rests on and not the verdict; keeps each label at once; goes on where it was; takes one back", async () => {
    await rm(join(run, "labels.single_image.jsonl"), { force: true });
    const seen = new Set<string>();
    {
      await using server = await labelRun(run, options);
      for (const word of ["right", "wrong", "unsure"]) {
        const page = await (await fetch(server.url)).text();
        expect(page).toMatch(/Question \d+\?/);
        expect(page).toContain("data:image/jpeg;base64,");
        expect(page).not.toMatch(/accuracy|verdict|"value": ?[01]|scored/);
        expect(page, "what a model wrote is text").not.toContain("<b>no</b>");
        seen.add(indexIn(page));
        expect((await post(`${server.url}label`, { index: indexIn(page), value: word })).status).toBe(303);
      }
      expect(seen.size).toBe(3);
      expect((await labelsOf()).map(({ value, by }) => [value, by])).toEqual([
        [1, "ann"],
        [0, "ann"],
        [null, "ann"],
      ]);
      await post(`${server.url}back`, {});
      const again = await (await fetch(server.url)).text();
      expect(again).toContain("3 of 6");
      await post(`${server.url}label`, { index: indexIn(again), value: "right" });
    }
    await using later = await labelRun(run, options);
    for (let i = 0; i < 3; i++) {
      const page = await (await fetch(later.url)).text();
      expect(seen.has(indexIn(page)), "nobody is asked twice").toBe(false);
      seen.add(indexIn(page));
      await post(`${later.url}label`, { index: indexIn(page), value: "right" });
    }
    expect(await (await fetch(later.url)).text()).toContain("all 6 are labelled");
    // A second person is asked about the same samples.
    await using other = await labelRun(run, { ...options, by: "bob" });
    expect(seen.has(indexIn(await (await fetch(other.url)).text()))).toBe(true);
  });

  test("two people may label at once, each by a page of his own; half a line of one who was killed goes", async () => {
    await rm(join(run, "labels.single_image.jsonl"), { force: true });
    await using ann = await labelRun(run, options);
    await using bob = await labelRun(run, { ...options, by: "bob" });
    for (const { url } of [ann, bob, ann, ann, bob]) {
      const index = indexIn(await (await fetch(url)).text());
      expect((await post(`${url}label`, { index, value: "right" })).status).toBe(303);
    }
    await appendFile(join(run, "labels.single_image.jsonl"), '{"index":');
    const index = indexIn(await (await fetch(bob.url)).text());
    expect((await post(`${bob.url}label`, { index, value: "wrong" })).status).toBe(303);
    expect((await labelsOf()).map(({ by }) => by)).toEqual(["ann", "bob", "ann", "ann", "bob", "bob"]);
  });

  test("labels are not written through a link", async () => {
    const [copy, elsewhere] = [join(folder.dir, "linked"), join(folder.dir, "elsewhere")];
    await cp(run, copy, { recursive: true });
    await rm(join(copy, "labels.single_image.jsonl"), { force: true });
    await writeFile(elsewhere, "a token without an end of line");
    await using server = await labelRun(copy, options);
    await symlink(elsewhere, join(copy, "labels.single_image.jsonl"));
    const index = indexIn(await (await fetch(server.url)).text());
    const refused = await post(`${server.url}label`, { index, value: "right" });
    expect(refused.status).toBe(500);
    expect(await refused.text()).toContain("a link stands in the place of the labels");
    expect(await readFile(elsewhere, "utf8")).toBe("a token without an end of line");
  });

  test("is for whoever has its address, on this machine, from itself; what is no label is refused", async () => {
    await using server = await labelRun(run, { ...options, by: "carl" });
    const origin = new URL(server.url).origin;
    const before = await labelsOf();
    const status = async (
      url: string,
      ...more: Parameters<typeof post> extends [string, ...infer Rest] ? Rest : never
    ) => (await post(url, ...more)).status;
    const label = { index: "0", value: "right" };
    expect((await fetch(`${origin}/`)).status).toBe(404);
    expect((await fetch(`${origin}/${"0".repeat(32)}/`)).status).toBe(404);
    expect(await status(`${origin}/${"0".repeat(32)}/label`, label)).toBe(404);
    expect(await status(`${server.url}label`, label, { origin: "https://evil.example" })).toBe(403);
    expect(await status(`${server.url}label`, { index: "0", value: "perhaps" })).toBe(400);
    expect(await status(`${server.url}label`, { index: "-1", value: "right" })).toBe(400);
    expect(await status(`${server.url}label`, { index: "9999", value: "right" })).toBe(500);
    expect(await status(`${server.url}label`, { index: "0", value: "x".repeat(20_000) })).toBe(413);
    expect(await status(`${server.url}other`, label)).toBe(404);
    expect((await fetch(server.url, { method: "DELETE" })).status).toBe(405);
    const rebound = await new Promise<number | undefined>((resolve) => {
      request(server.url, { headers: { host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(rebound).toBe(403);
    expect(await labelsOf()).toEqual(before);
    const page = await fetch(server.url);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await page.text()).toContain("default-src 'none'");
  });

  test("the labels' file is a run's own, and a damaged line is named", async () => {
    await expect(
      runCommand(["leaderboard", run, "--format", "csv", "--out", join(run, "labels.single_image.jsonl")]),
    ).rejects.toMatchObject({ message: expect.stringContaining("is a file of the run") });
    const copy = await writeRun(folder.dir, "damaged", { tasks: { t: { samples: [sample(0, 1), sample(1, 0)] } } });
    await writeFile(join(copy, "labels.t.jsonl"), '{"index": 0, "id": "q0", "value": "yes", "by": "a", "at": "x"}\n');
    await expect(judgeWorth(copy)).rejects.toMatchObject({ where: expect.stringContaining("labels.t.jsonl:1") });
    // No page of ours takes such a score.
    await writeFile(join(copy, "labels.t.jsonl"), '{"index": 0, "id": "q0", "value": 7, "by": "a", "at": "x"}\n');
    await expect(judgeWorth(copy)).rejects.toMatchObject({
      message: 'the label of sample "q0" is 7, and scores lie between 0 and 1',
      where: expect.stringContaining("labels.t.jsonl"),
    });
  });
});

const main: MetricResult = { name: "accuracy", unit: "fraction", direction: "higher", value: 0.5, n: 2 };
const judgedTask = (samples: readonly Judged[], more: Partial<JudgedTask> = {}): JudgedTask => ({
  ...{ main, range: [0, 1], right: 1, wrong: 0, isRightOrWrong: true, samples },
  ...more,
});
const judged = (index: number, value: number, more: Partial<Judged> = {}): Judged => ({
  index,
  id: `q${index}`,
  cluster: `c${index}`,
  value,
  ...more,
});
const label = (index: number, value: number | null, by = "ann"): PersonLabel => ({
  index,
  id: `q${index}`,
  value,
  by,
  at: "2026-01-01",
});

test("whoever stops anywhere has labelled as many of each verdict, in a drawn order", () => {
  const samples = Array.from({ length: 100 }, (_, i) => judged(i, i < 80 ? 1 : 0));
  const order = labelOrder(judgedTask(samples), 0);
  expect(new Set(order.map(({ index }) => index)).size).toBe(100);
  for (const stop of [2, 10, 40])
    expect(order.slice(0, stop).filter(({ value }) => value === 0)).toHaveLength(stop / 2);
  expect(order.slice(0, 40).map(({ index }) => index)).not.toEqual(
    labelOrder(judgedTask(samples), 1)
      .slice(0, 40)
      .map(({ index }) => index),
  );
  expect(
    order
      .slice(0, 40)
      .filter(({ value }) => value === 1)
      .map(({ index }) => index),
  ).not.toEqual(Array.from({ length: 20 }, (_, i) => i));
  // Where two judges disagree is a stratum of its own: as many labels for the few as for the many.
  const two = samples.map((one, i) => ({ ...one, judgesDisagree: i % 10 === 0 }));
  expect(
    labelOrder(judgedTask(two), 0)
      .slice(0, 8)
      .filter(({ judgesDisagree }) => judgesDisagree),
  ).toHaveLength(4);
});

test("a planted judge: the corrected score, its interval and each verdict's worth are those of the labels", () => {
  // 600 verdicts of 1,000 are right; people confirm 45 of 50 of them, and call 10 of 50 wrong ones right.
  const samples = Array.from({ length: 1000 }, (_, i) => judged(i, i < 600 ? 1 : 0));
  const labels = [
    ...Array.from({ length: 50 }, (_, i) => label(i, i < 45 ? 1 : 0)),
    ...Array.from({ length: 50 }, (_, i) => label(600 + i, i < 10 ? 1 : 0)),
    label(700, null),
  ];
  const worth = worthOf("t", judgedTask(samples), labels, { halfWidth: 5 });
  const strata = [
    { judged: 400, labelled: 50, right: 10 },
    { judged: 600, labelled: 50, right: 45 },
  ];
  const share = correctedShare(strata);
  expect(worth).toMatchObject({ raw: 0.6, labels: 100, unsure: 1, by: "ann" });
  expect(worth.corrected).toMatchObject({
    method: "stratified",
    interval: share?.population,
    benchmark: share?.benchmark,
  });
  expect(worth.corrected?.value).toBeCloseTo(0.6 * 0.9 + 0.4 * 0.2, 12);
  expect(worth.verdicts).toMatchObject([
    { verdict: "right", judged: 600, labelled: 50, confirmed: 45 },
    { verdict: "wrong", judged: 400, labelled: 50, confirmed: 40 },
  ]);
  expect(worth.needed).toEqual({ halfWidth: 5, labels: labelsNeeded(strata, 0.05) });
  expect(worth.notes).toEqual([
    "1 could not be told and are left out: if they are the hard ones, the correction is too mild",
  ]);
});

test("labels needed: the number reaches the width, fewer do not, and a width that no labels give says so", () => {
  const strata = (n: number) => [
    { judged: 4000, labelled: Math.round(n / 2), right: Math.round(n / 10) },
    { judged: 6000, labelled: Math.round(n / 2), right: Math.round(0.45 * n) },
  ];
  const needed = labelsNeeded(strata(100), 0.04) as number;
  const half = (n: number) => {
    const [low = Number.NaN, high = Number.NaN] = correctedShare(strata(n))?.population ?? [];
    return (high - low) / 2;
  };
  // Equal halves need a little more than the best split.
  expect(half(Math.round(needed * 1.15))).toBeLessThan(0.04);
  expect(half(Math.round(needed * 0.8))).toBeGreaterThan(0.04);
  expect(labelsNeeded(strata(100), 0.005)).toBeUndefined();
});

test("labels that were drawn from fewer samples than there are now say nothing of the others, and that is said", () => {
  const samples = Array.from({ length: 40 }, (_, i) => judged(i, i % 2));
  const labels = [0, 1, 2, 3].map((i) => ({ ...label(i, i % 2), of: i < 3 ? 10 : 40 }));
  expect(worthOf("t", judgedTask(samples), labels).notes).toEqual([
    "3 labels were drawn when 10 samples had a score, of the 40 that have one now: they say nothing of the others",
  ]);
  expect(worthOf("t", judgedTask(samples.slice(0, 10)), labels.slice(0, 3)).notes).toEqual([]);
});

test("a verdict without labels corrects nothing; two people's agreement stands beside", () => {
  const samples = [judged(0, 1, { cluster: "a" }), judged(1, 1, { cluster: "a" }), judged(2, 0)];
  const one = worthOf("t", judgedTask(samples), [label(0, 1), label(1, 1)]);
  expect(one.corrected).toBeUndefined();
  expect(one.notes).toContain("a verdict has no label yet: nothing says how often it is wrong");
  const two = worthOf("t", judgedTask(samples), [label(0, 1), label(2, 0), label(0, 0, "bob"), label(2, 0, "bob")]);
  expect(two).toMatchObject({ by: "ann", labels: 2, people: { n: 2, agreement: 0.5 } });
});

test("questions about one image: samples like these vary by images, these samples and the number needed as they do", () => {
  const of = (cluster: (i: number) => string) => {
    const samples = Array.from({ length: 1000 }, (_, i) => judged(i, i % 200 < 120 ? 1 : 0, { cluster: cluster(i) }));
    const rightOnes = samples.filter(({ value }) => value === 1);
    const wrongOnes = samples.filter(({ value }) => value === 0);
    const labels = [
      ...rightOnes.slice(0, 50).map(({ index }, i) => label(index, i < 45 ? 1 : 0)),
      ...wrongOnes.slice(0, 50).map(({ index }, i) => label(index, i < 10 ? 1 : 0)),
    ];
    return worthOf("t", judgedTask(samples), labels, { halfWidth: 10 });
  };
  const widthOf = (worth: ReturnType<typeof of>) => {
    const [low = Number.NaN, high = Number.NaN] = worth.corrected?.interval ?? [];
    return high - low;
  };
  const alone = of((i) => `${i}`);
  // Each image's questions are all judged alike, or as often right as all are.
  const alike = of((i) => `${Math.floor(i / 20)}`);
  const mixed = of((i) => `${i % 50}`);
  expect(alike.corrected?.benchmark).toEqual(alone.corrected?.benchmark);
  expect(widthOf(alike)).toBeGreaterThan(1.5 * widthOf(alone));
  // At most as if every image were one sample: 50 of them.
  expect(widthOf(alike)).toBeLessThan(2 * Math.sqrt((2.01 ** 2 * 0.25) / 50 + (widthOf(alone) / 2) ** 2));
  expect(widthOf(mixed)).toBeCloseTo(widthOf(alone), 1);
  expect(alike.needed?.labels ?? Number.POSITIVE_INFINITY).toBeGreaterThan(alone.needed?.labels as number);
});

describe.skipIf(!hasFfmpeg)(`clips${withoutFfmpeg}`, () => {
  test("are shown by the frames that the model saw, each with its time; one that is gone is named", async () => {
    const data = join(folder.dir, "clips");
    await mkdir(join(data, "videos"), { recursive: true });
    await copyFile(clip("bt709.mp4"), join(data, "videos", "bt709.mp4"));
    await writeFile(
      join(data, "clips.jsonl"),
      ["yes", "no"]
        .map((answer, id) => `{"id":"${id}","video":"bt709.mp4","question":"What?","answer":"${answer}"}\n`)
        .join(""),
    );
    await using endpoint = await startEndpoint({ answer: () => "yes" });
    const out = join(folder.dir, "clip-run");
    const tasks = join(root, "test", "forms", "clips.ts");
    await evaluate({ tasks, data, frames: 4, model: `openai:fake@${endpoint.url}`, out });
    {
      await using server = await labelRun(out, options);
      const page = await (await fetch(server.url)).text();
      expect(
        page.match(/<figure><img alt="frame at [\d.]+ s" src="data:image\/webp;base64,[\w+/=]{100,}"/g),
      ).toHaveLength(4);
      expect(page).not.toContain("not shown here");
    }
    await rm(join(data, "videos", "bt709.mp4"));
    await writeFile(join(data, "videos", "bt709.mp4"), "no clip any more");
    await using server = await labelRun(out, options);
    const page = await (await fetch(server.url)).text();
    expect(page).toContain("Its clip is not shown here (");
    expect(page).not.toContain("<figure>");
  });
});

test("graded verdicts: labels alone while there are few, then prediction-powered; the page asks for a number", async () => {
  const grades = Array.from({ length: 400 }, (_, i) => judged(i, (i % 5) / 4));
  const task = judgedTask(grades, { isRightOrWrong: false });
  const few = worthOf(
    "t",
    task,
    grades.slice(0, 50).map(({ index, value }) => label(index, value)),
  );
  expect(few.corrected?.method).toBe("labels alone");
  const said = grades
    .slice(0, 150)
    .map(({ index, value }, i) => label(index, i % 3 === 0 ? Math.max(0, value - 0.25) : value));
  const many = worthOf("t", task, said);
  expect(many.corrected?.method).toBe("prediction-powered");
  expect(many.corrected?.value).toBeLessThan(many.raw);
  expect(many.corrected?.interval?.[1]).toBeLessThan(many.raw);

  const samples = [0, 0.3, 1].map((value, i) => sample(i, value));
  const graded = await writeRun(folder.dir, "graded", { tasks: { vqa: { samples } } });
  await using server = await labelRun(graded, { ...options, n: 3 });
  const page = await (await fetch(server.url)).text();
  expect(page).toContain('min="0" max="1"');
  expect((await post(`${server.url}label`, { index: indexIn(page), value: "score", score: "2" })).status).toBe(400);
  expect((await post(`${server.url}label`, { index: indexIn(page), value: "score", score: "0.6" })).status).toBe(303);
  expect(warnings.at(-1)).toContain("images are not shown");
});

test("judge worth prints the judge's score, the corrected one and what more labels would give; another run's labels calibrate", async () => {
  const judge = { model: "openai:j", expected: "j", promptDigest: "0123", asked: 100, failed: 0 };
  const write = (name: string, right: number) =>
    writeRun(folder.dir, name, {
      tasks: { t: { samples: Array.from({ length: 100 }, (_, i) => sample(i, i < right ? 1 : 0)), result: { judge } } },
    });
  const [here, there] = [await write("here", 60), await write("there", 50)];
  const say = (dir: string, of: readonly PersonLabel[]) =>
    writeFile(join(dir, "labels.t.jsonl"), of.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await expect(runCommand(["judge", "worth", here])).rejects.toMatchObject({ message: "nobody has labelled t" });
  await say(here, [
    ...Array.from({ length: 20 }, (_, i) => label(i, i < 18 ? 1 : 0)),
    ...Array.from({ length: 20 }, (_, i) => label(60 + i, i < 4 ? 1 : 0)),
  ]);
  await say(there, [
    ...Array.from({ length: 25 }, (_, i) => label(i, i < 24 ? 1 : 0)),
    ...Array.from({ length: 25 }, (_, i) => label(50 + i, i < 2 ? 1 : 0)),
  ]);
  const { stdout } = await runCommand(["judge", "worth", here, "--calibration", there]);
  expect(stdout).toMatch(
    /^t accuracy: 60\.0 by the judge over 100 samples; 40 labels by ann\n {2}corrected {5}62\.0 \[\d+\.\d, \d+\.\d\] \(stratified/,
  );
  expect(stdout).toMatch(/said right +60: people agree in 18 of 20 \[/);
  expect(stdout).toMatch(/calibrated +\d+\.\d \[.*sensitivity 92\.3, specificity 95\.8/);
  expect(stdout).toContain("cannot be had with any number of labels");
  const json = JSON.parse((await runCommand(["judge", "worth", here, "--json", "--width", "15"])).stdout);
  expect(json.needed).toMatchObject({ halfWidth: 15, labels: expect.any(Number) });
  const other = await writeRun(folder.dir, "other-judge", {
    tasks: { t: { samples: [sample(0, 1), sample(1, 0)], result: { judge: { ...judge, model: "openai:k" } } } },
  });
  await expect(runCommand(["judge", "worth", here, "--calibration", other])).rejects.toMatchObject({
    where: "--calibration",
  });
  await expect(runCommand(["judge", "labl", here])).rejects.toMatchObject({ fix: expect.stringContaining("label") });
  await expect(runCommand(["judge", "worth", here, "--task", "x"])).rejects.toMatchObject({ where: "--task" });
});

test("two judges: where their last verdicts differ is read from both their files", async () => {
  const dir = await writeRun(folder.dir, "two-judges", {
    tasks: { t: { samples: Array.from({ length: 8 }, (_, i) => sample(i, i % 2)) } },
  });
  const lines = (verdictOf: (i: number) => string) =>
    Array.from(
      { length: 8 },
      (_, i) =>
        `${JSON.stringify({ index: i, id: `q${i}`, step: 0, digest: "d", model: "m", replies: ["r"], verdict: verdictOf(i) })}\n`,
    ).join("");
  await writeFile(
    join(dir, "judge.t.jsonl"),
    lines((i) => (i % 2 === 1 ? "yes" : "no")),
  );
  await writeFile(
    join(dir, "judge.t.second.jsonl"),
    lines((i) => (i < 2 ? "maybe" : i % 2 === 1 ? "yes" : "no")),
  );
  await using server = await labelRun(dir, { ...options, n: 4 });
  const asked: string[] = [];
  for (let i = 0; i < 4; i++) {
    const page = await (await fetch(server.url)).text();
    asked.push(indexIn(page));
    await post(`${server.url}label`, { index: indexIn(page), value: "right" });
  }
  expect(asked).toEqual(expect.arrayContaining(["0", "1"]));
});
