/** What a run leaves behind, read by everything that reads it: one rule for each question. */

import { appendFile, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { drawnImage } from "../fakes/images.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const singleImage = join(root, "test", "forms", "single-image.ts");
const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** MMBench's form: every question once in each rotation, the rotations after each other. */
async function writeRotations(folder: string, questions: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const image = `data:image/jpeg;base64,${(await drawnImage({ seed: 1 })).toString("base64")}`;
  const rows = [0, 1, 2, 3].flatMap((k) =>
    Array.from({ length: questions }, (_, i) => ({
      ...{ index: i + 1_000_000 * k, question: `Q${i}?`, hint: null, A: "a", B: "b", C: "c", D: "d" },
      ...{ answer: "ABCD"[k], category: "c", image },
    })),
  );
  await writeFile(join(folder, "dev.jsonl"), jsonl(rows));
}

test("compare reads the samples that the Result counts: a limit of questions holds all of their rotations", async () => {
  await using place = await Workplace.make();
  await writeRotations(place.file("rows", "mmbench_en"), 6);
  for (const answer of ["A", "B"]) {
    const args = ["run", "--tasks", "mmbench_en", "--data", "rows", "--model", `stub:${answer}`, "--out", answer];
    expect(await place.run(...args, "--limit", "6")).toMatchObject({ exitCode: 0 });
    expect(await place.run(...args, "--limit", "4")).toMatchObject({ exitCode: 0 });
    expect((await place.result(answer, "mmbench_en")).n.total).toBe(16);
  }
  const compared = await place.run("compare", "A", "B", "--fail-on", "regression", "--format", "json");
  expect(compared.exitCode).toBe(0);
  expect(JSON.parse(compared.stdout).tasks[0]).toMatchObject({ a: 0, b: 0, delta: 0, samples: { paired: 16 } });
});

test("an offset of questions asks their rotations, and score finds the same rows again", async () => {
  await using place = await Workplace.make();
  await writeRotations(place.file("rows", "mmbench_en"), 6);
  const args = ["--data", "rows", "--model", "stub:A", "--offset", "1", "--limit", "2", "--out", "out"];
  expect(await place.run("run", "--tasks", "mmbench_en", ...args)).toMatchObject({ exitCode: 0 });
  const samples = await place.samples("out", "mmbench_en");
  expect(samples.map(({ index }) => index)).toEqual([1, 2, 7, 8, 13, 14, 19, 20]);
  expect(await place.run("score", "out", "--out", "again")).toMatchObject({ exitCode: 0 });
  expect(await place.samples("again", "mmbench_en")).toEqual(samples);
});

const twoSplits = `import { defineTask, exactMatch, mean, Type, userPrompt } from "llava-eval";
const split = (name) => ({ sources: ["none/two"], split: name, licence: "CC0-1.0", answers: name === "secret" ? "secret" : "public" });
export default defineTask({
  name: "two", version: 1, about: "Two splits with the same ids.", cite: "none",
  splits: { val: split("val"), dev: split("dev"), secret: split("secret") },
  row: Type.Object({ id: Type.String(), answer: Type.String() }),
  id: ({ id }) => id,
  prompt: ({ id }) => userPrompt("Which colour is " + id + "?"),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: (row, output) => ({ status: "scored", value: output.text === row.answer ? 1 : 0, answer: output.text }),
  metrics: [mean("acc")],
  submission: { file: "s.json", entry: ({ id }, answer) => ({ id, answer: ENTRY }), schema: Type.Object({ id: Type.String(), answer: Type.String() }) },
});
`.replace("exactMatch, ", "");

async function writeTwoSplits(place: Workplace, entry = "answer"): Promise<void> {
  await writeFile(place.file("two.ts"), twoSplits.replace("ENTRY", entry));
  await mkdir(place.file("rows", "two"), { recursive: true });
  const rows = Array.from({ length: 5 }, (_, i) => ({ id: `r${i}`, answer: i < 2 ? "red" : "blue" }));
  for (const name of ["val", "dev", "secret"]) await writeFile(place.file("rows", "two", `${name}.jsonl`), jsonl(rows));
}

test("ids that rows share are counted in a note, once for all repeats, and all of the rows count", async () => {
  await using place = await Workplace.make();
  await writeTwoSplits(place);
  const run = async (rows: readonly object[], ...args: readonly string[]) => {
    await writeFile(place.file("rows", "two", "val.jsonl"), jsonl(rows));
    await rm(place.file("out"), { recursive: true, force: true });
    await place.run("run", "--tasks", "./two.ts", "--data", "rows", "--model", "stub:red", "--out", "out", ...args);
    return place.result("out", "two");
  };
  const row = (id: string) => ({ id, answer: "red" });
  const broken = { answer: "red" };
  expect((await run([row("a"), row("b"), broken, broken])).notes).toEqual([]);
  const note = "2 rows have the id of a row before: what stands in the data twice counts twice";
  const twice = await run([row("a"), row("b"), row("a"), row("a")], "--repeats", "2");
  expect(twice).toMatchObject({ n: { total: 8 }, notes: [note] });
  expect((await run([row("a"), row("a")])).notes).toEqual([note.replace("2 rows have", "1 row has")]);
});

test("a replay gives each split its own answers, and each split shows its own timings", async () => {
  await using place = await Workplace.make();
  await writeTwoSplits(place);
  const run = (tasks: string, model: string, out: string) =>
    place.run("run", "--tasks", tasks, "--data", "rows", "--model", model, "--out", out);
  await run("./two.ts", "stub:red", "red");
  await run("./two.ts@dev", "stub:blue", "blue");
  await mkdir(place.file("mixed"));
  await rename(place.file("red", "two.samples.jsonl"), place.file("mixed", "two.samples.jsonl"));
  await rename(place.file("blue", "two@dev.samples.jsonl"), place.file("mixed", "two@dev.samples.jsonl"));
  expect(await run("./two.ts,./two.ts@dev", "replay:mixed", "again")).toMatchObject({ exitCode: 0 });
  expect((await place.result("again", "two")).metrics[0]?.value).toBe(0.4);
  expect((await place.result("again", "two@dev")).metrics[0]?.value).toBe(0.6);
  const timings = (await place.read("again", "timings.jsonl")).trim().split("\n");
  const labels = timings.map((line) => JSON.parse(line).task);
  expect(labels.filter((label) => label === "two")).toHaveLength(5);
  expect(labels.filter((label) => label === "two@dev")).toHaveLength(5);
});

test("equal requests of a replay have the answers that they had, whatever the order", async () => {
  await using place = await Workplace.make();
  await mkdir(place.file("rows"), { recursive: true });
  const image = `data:image/jpeg;base64,${(await drawnImage({ seed: 1 })).toString("base64")}`;
  const categories = ["adversarial", "popular", "random"];
  const rows = categories.map((category) => ({
    ...{ id: `${category}-1`, question_id: "1", question: "Is there a dog in the image?", answer: "yes", category },
    ...{ image_source: "one", image },
  }));
  await writeFile(place.file("rows", "pope.jsonl"), jsonl(rows));
  const lines = ["yes", "no", "no"].map((text, index) => {
    const id = `${categories[index]}-1`;
    return { index, id, cluster: id, text };
  });
  await writeFile(place.file("pope.samples.jsonl"), jsonl(lines));
  for (const cache of [[], ["--cache", "cache"]]) {
    const args = ["--data", "rows", "--model", "replay:pope.samples.jsonl", ...cache, "--out", `out${cache.length}`];
    expect(await place.run("run", "--tasks", "pope", ...args)).toMatchObject({ exitCode: 0 });
    const samples = await place.samples(`out${cache.length}`, "pope");
    expect(samples.map(({ text }) => text)).toEqual(["yes", "no", "no"]);
    expect((await place.result(`out${cache.length}`, "pope")).metrics[0]?.value).toBeCloseTo(0.5);
  }
});

test("rows with one id are told apart by their order, in a replay and in a comparison", async () => {
  await using place = await Workplace.make();
  await writeTwoSplits(place);
  const rows = ["red", "blue", "red"].map((answer) => ({ id: "same", answer }));
  await writeFile(place.file("rows", "two", "val.jsonl"), jsonl(rows));
  const lines = ["red", "red", "blue"].map((text, index) => ({ index, id: "same", cluster: "same", text }));
  await writeFile(place.file("two.samples.jsonl"), jsonl(lines));
  const args = ["--data", "rows", "--model", "replay:two.samples.jsonl", "--out", "a"];
  expect(await place.run("run", "--tasks", "./two.ts", ...args)).toMatchObject({ exitCode: 0 });
  expect((await place.samples("a", "two")).map(({ text }) => text)).toEqual(["red", "red", "blue"]);
  await place.run("run", "--tasks", "./two.ts", "--data", "rows", "--model", "stub:red", "--out", "b");
  const { tasks } = JSON.parse((await place.run("compare", "a", "b", "--format", "json")).stdout);
  expect(tasks[0]).toMatchObject({ samples: { paired: 3 }, flips: { gained: 1, lost: 0 } });
});

test("score writes the submission file that follows from the task as it is now", async () => {
  await using place = await Workplace.make();
  await writeTwoSplits(place);
  const args = ["--data", "rows", "--model", "stub:red", "--out", "out"];
  await place.run("run", "--tasks", "./two.ts@secret", ...args);
  expect(JSON.parse(await place.read("out", "submissions", "s.json"))[0]).toEqual({ id: "r0", answer: "red" });
  await writeTwoSplits(place, "answer.toUpperCase()");
  expect(await place.run("score", "out")).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(await place.read("out", "submissions", "s.json"))[0]).toEqual({ id: "r0", answer: "RED" });
});

test("a page calls no sample wrong that has no value of its own", async () => {
  await using place = await Workplace.make();
  await writeTwoSplits(place);
  const states = async (out: string) => {
    await place.run("view", out, "--out", `${out}-page`);
    return /"states":\["([a-z-]*)"\]/.exec(await place.read(`${out}-page`, "index.html"))?.[1];
  };
  await place.run(
    "run",
    "--tasks",
    "coco2017_cap",
    "--data",
    "demo",
    "--limit",
    "4",
    "--model",
    "stub:a kite",
    "--out",
    "captions",
  );
  expect(await states("captions")).toBe("nnnn");
  await place.run("run", "--tasks", "./two.ts@secret", "--data", "rows", "--model", "stub:red", "--out", "secret");
  expect(await states("secret")).toBe("nnnnn");
  await place.run("run", "--tasks", "./two.ts", "--data", "rows", "--model", "stub:red", "--out", "plain");
  expect(await states("plain")).toBe("ccwww");
});

const runRows = async (place: Workplace, url: string, ...more: string[]) =>
  await place.run(
    ...["run", "--tasks", singleImage, "--data", "rows", "--model", `openai:fake@${url}`, "--out", "out", ...more],
  );

test.each([
  ["a value outside the metric's range", (line: string) => line.replace(/"value":[01]/, '"value":5'), "accuracy"],
  ["a line that is null", () => "null", "no sample"],
  ["a field of another type", (line: string) => line.replace(/"text":"[^"]*"/, '"text":7'), "/text"],
] as const)("%s ends the run with the line and the field", async (_, spoil, field) => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 6);
  await using endpoint = await startEndpoint();
  expect(await runRows(place, endpoint.url)).toMatchObject({ exitCode: 0 });
  const lines = (await place.read("out", "single_image.samples.jsonl")).trim().split("\n");
  lines[2] = spoil(lines[2] as string);
  await writeFile(place.file("out", "single_image.samples.jsonl"), `${lines.join("\n")}\n`);
  for (const command of [() => runRows(place, endpoint.url), () => place.run("compare", "out", "out")]) {
    const ended = await command();
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("single_image.samples.jsonl:3");
    expect(ended.stderr).toContain(field);
  }
});

test("answers without a run.json, or under a schema that nobody knows, are not taken for this run's", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 4);
  await using endpoint = await startEndpoint();
  await runRows(place, endpoint.url);
  const manifest = await place.read("out", "run.json");
  await rm(place.file("out", "run.json"));
  const without = await place.run(
    "run",
    "--tasks",
    singleImage,
    "--data",
    "rows",
    "--model",
    "stub:red",
    "--out",
    "out",
  );
  expect(without.exitCode).toBe(1);
  expect(without.stderr).toContain("no run.json");
  await writeFile(place.file("out", "run.json"), manifest.replace("llava-eval/run@1", "llava-eval/run@0"));
  const unknown = await runRows(place, endpoint.url);
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toContain("/schema");
  expect(unknown.stderr).not.toContain("newer");
});

test("a line that another program appends under the run ends it early, and every answer is still there", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 60);
  await using endpoint = await startEndpoint({ latencyMs: 60 });
  const running = place.start(
    ...["run", "--tasks", singleImage, "--data", "rows", "--model", `openai:fake@${endpoint.url}`],
    ...["--concurrency", "2", "--out", "out"],
  );
  const journal = place.file("out", "single_image.samples.jsonl");
  const lines = async () => (await readFile(journal, "utf8").catch(() => "")).split("\n").length - 1;
  while ((await lines()) < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  await appendFile(journal, "not ours\n");
  const ended = await running.ended;
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toContain("another program changed the journal");
  expect(endpoint.asked.length).toBeLessThan(50);
  const kept = (await readFile(journal, "utf8")).split("\n").filter((line) => line.startsWith("{"));
  expect(kept.length).toBeGreaterThanOrEqual(4);
  await writeFile(journal, `${kept.join("\n")}\n`);
  expect(await runRows(place, endpoint.url)).toMatchObject({ exitCode: 0 });
  expect((await place.samples("out", "single_image")).map(({ index }) => index)).toEqual([...Array(60).keys()]);
});

test("a folder that is deleted under the run ends it early", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 60);
  await using endpoint = await startEndpoint({ latencyMs: 60 });
  const running = place.start(
    ...["run", "--tasks", singleImage, "--data", "rows", "--model", `openai:fake@${endpoint.url}`],
    ...["--concurrency", "2", "--out", "out"],
  );
  while (endpoint.asked.length < 8) await new Promise((resolve) => setTimeout(resolve, 20));
  await rm(place.file("out"), { recursive: true });
  const ended = await running.ended;
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toContain("gone");
  expect(endpoint.asked.length).toBeLessThan(50);
});

test("a limit on the size of files ends the run with the limit's name, and the same command goes on without it", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 120);
  await using endpoint = await startEndpoint();
  const args = [
    "run",
    "--tasks",
    singleImage,
    "--data",
    "rows",
    "--model",
    `openai:fake@${endpoint.url}`,
    "--out",
    "out",
  ];
  const limited = await place.runLimited("ulimit -f 16", ...args);
  expect(limited.exitCode).toBe(1);
  expect(limited.stderr).toContain("ulimit -f");
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });
  expect((await place.result("out", "single_image")).n.total).toBe(120);
});

test("a finished run that lost a Result, lines of a journal, or the end of a packed one, is refused with the file's name", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 6);
  const args = ["--tasks", singleImage, "--data", "rows", "--model", "stub:yes", "--out", "results/whole"];
  expect(await place.run("run", ...args)).toMatchObject({ exitCode: 0 });
  const copy = async (name: string) => {
    await cp(place.file("results", "whole"), place.file(name), { recursive: true });
    return (file: string) => place.file(name, file);
  };
  const lost = await copy("lost");
  await rm(lost("single_image.json"));
  for (const command of [
    ["score", "lost", "--out", "again"],
    ["compare", "lost", "results/whole"],
  ]) {
    const ended = await place.run(...command);
    expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ended.stderr).toContain('run.json names the task "single_image", and its Result is not there');
  }
  const cut = await copy("cut");
  const lines = await readFile(cut("single_image.samples.jsonl"), "utf8");
  await writeFile(cut("single_image.samples.jsonl"), lines.slice(lines.indexOf("\n") + 1));
  for (const command of [
    ["score", "cut", "--out", "again"],
    ["compare", "results/whole", "cut"],
    ["samples", "cut", "--worse-than", "results/whole"],
  ]) {
    const ended = await place.run(...command);
    expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ended.stderr).toContain("the journal of single_image has 5 of the 6 scored samples");
  }
  const swapped = await copy("swapped");
  const exchanged = lines.split("\n").map((line, i, all) => {
    const other = [1, 0][i];
    const id = (text = "") => /"id":("[^"]*")/.exec(text)?.[1] ?? "";
    return other === undefined ? line : line.replace(id(line), id(all[other]));
  });
  await writeFile(swapped("single_image.samples.jsonl"), exchanged.join("\n"));
  const found = await place.run("score", "swapped", "--out", "again");
  expect(found).toMatchObject({ exitCode: 1, stdout: "" });
  expect(found.stderr).toMatch(/the row at this place is "[^"]+", and the line's \/id is "[^"]+"/);
  expect(found.stderr).toContain("single_image.samples.jsonl:1");
  const accepted = await place.run("baseline", "accept", "results/whole", "--allow", "demo,partial,incomplete");
  expect(accepted).toMatchObject({ exitCode: 0 });
  const packed = place.file("results", "baselines", "whole", "single_image.samples.jsonl.gz");
  const bytes = await readFile(packed);
  for (const damaged of [bytes.subarray(0, -20), Buffer.from("not gzip"), Buffer.alloc(0)]) {
    await writeFile(packed, damaged);
    for (const command of [
      ["score", "results/baselines/whole"],
      ["view", "results/baselines/whole"],
    ]) {
      const ended = await place.run(...command, "--out", `${command[0]} again`);
      expect(ended.exitCode, ended.stderr).toBe(1);
      expect(ended.stderr).toContain("single_image.samples.jsonl.gz");
    }
  }
});
