/** Judges at their worst: a verdict is in the form asked for, or there is none. */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodePng } from "../../src/images/png.js";
import type { JudgeRecord } from "../../src/record/judge-record.js";
import { chat, type Question, type ScriptedServer, startScripted } from "../fakes/scripted.js";
import { root, Workplace } from "./cli.js";

const cases = join(root, "test", "cases");
const judged = join(root, "test", "forms", "judged.ts");
const forms = join(root, "test", "forms", "data");

/** Grades a journal of given answers with a judge whose replies are given by number, `CASE<i>X` in the answer. */
async function grade(place: Workplace, folder: string, task: string, judge: ScriptedServer, ...more: string[]) {
  await writeFile(place.file("j.yaml"), `runner: openai\nmodel: j\nurls: [${judge.url}]\nattempts: 1\n`);
  const journal = join(cases, folder, `${task}.samples.jsonl`);
  return place.run(
    ...["run", "--tasks", task, "--data", join(cases, folder, "data"), "--model", `replay:${journal}`],
    ...["--judge", "j.yaml", "--out", "out", ...more],
  );
}

async function tableOf(folder: string): Promise<readonly unknown[]> {
  return JSON.parse(await readFile(join(cases, folder, "table.json"), "utf8")) as unknown[];
}

function fromTable(table: readonly unknown[]): (question: Question) => ReturnType<typeof chat> {
  return (question) => {
    const n = Number(/CASE(\d+)X/.exec(question.text)?.[1] ?? -1);
    const reply = n < 0 ? "ok" : table[n];
    if (typeof reply !== "object" || reply === null) return chat(reply, question);
    return chat("", question, { choices: [{ index: 0, finish_reason: "stop", message: reply }] });
  };
}

test("HallusionBench: a judge that says none of the three words has not judged", async () => {
  await using place = await Workplace.make();
  await using judge = await startScripted(fromTable(await tableOf("judge-not-in-form")));
  expect((await grade(place, "judge-not-in-form", "hallusion_bench_image", judge)).exitCode).toBe(2);
  const result = await place.result("out", "hallusion_bench_image");
  expect(result.n).toMatchObject({ scored: 1, unscored: { judge: 3 } });
  expect(result.judge).toMatchObject({ asked: 1, failed: 3 });
});

test("LLaVA-Bench: scores are two numbers from 1 to 10 alone on the first line", async () => {
  const table = (await tableOf("llava-bench-scores")) as (string | null)[];
  await using place = await Workplace.make();
  await using judge = await startScripted(fromTable(table));
  expect((await grade(place, "llava-bench-scores", "llava_in_the_wild", judge)).exitCode).toBe(2);
  const scored = (await place.samples("out", "llava_in_the_wild")).flatMap(({ index, score }) =>
    score?.status === "scored" ? [table[index]] : [],
  );
  // The script's own rule; thoughts are taken out before it.
  expect(scored).toEqual(["8 9", "8.5 9", "<think>3 4</think>\n8 9", "8 9\nboth are good", "８ ９", "8 9."]);
  const replies = (await place.read("out", "judge.llava_in_the_wild.jsonl")).trim().split("\n");
  const asked = replies.map((line) => JSON.parse(line) as JudgeRecord);
  expect(asked.find(({ index }) => table[index] === "-1 -1")?.replies).toEqual(["-1 -1", "-1 -1", "-1 -1"]);
});

const judging = (place: Workplace, out = "out", ...more: string[]) =>
  place.run(
    ...["run", "--tasks", judged, "--data", forms, "--model", "stub", "--judge", "j.yaml", "--out", out, ...more],
  );

async function judge(place: Workplace, reply: (question: Question) => ReturnType<typeof chat>) {
  const server = await startScripted(reply);
  await writeFile(place.file("j.yaml"), `runner: openai\nmodel: j\nurls: [${server.url}]\nattempts: 1\n`);
  return server;
}

const questions = ({ asked }: ScriptedServer) => asked.filter(({ text }) => text.includes("Grade from"));

test("a reply without the form is asked again at the judge, not at the cache; when the judge is well again it is asked again", async () => {
  await using place = await Workplace.make();
  let isWell = false;
  await using server = await judge(place, (question) =>
    chat(isWell ? "7" : "Service temporarily overloaded, please retry", question),
  );
  expect((await judging(place)).exitCode).toBe(2);
  expect(questions(server)).toHaveLength(2 * 3);
  isWell = true;
  expect((await judging(place)).exitCode).toBe(0);
  expect(questions(server)).toHaveLength(2 * 3 + 2);
  // Verdicts are cached: another run does not pay for them.
  expect((await judging(place, "other")).exitCode).toBe(0);
  expect(questions(server)).toHaveLength(2 * 3 + 2);
  // --fresh asks the judge too.
  expect((await judging(place, "out", "--fresh")).exitCode).toBe(0);
  expect(questions(server)).toHaveLength(2 * 3 + 4);
});

test("a judge that thinks is given room for it, and its thoughts are no verdict", async () => {
  await using place = await Workplace.make();
  await using server = await judge(place, (question) => {
    const isCut = question.body.max_tokens < 2000;
    const message = isCut
      ? { content: "", reasoning_content: "The answer deserves a 3, or" }
      : { content: "<think>3? No.</think>\n\n7" };
    return chat("", question, { choices: [{ index: 0, finish_reason: isCut ? "length" : "stop", message }] });
  });
  expect((await judging(place)).exitCode).toBe(0);
  expect((await place.result("out", "judged")).metrics[0]?.value).toBeCloseTo(0.7);
  expect(
    questions(server)
      .map(({ body }) => body.max_tokens)
      .sort(),
  ).toEqual([1024, 1024, 4096, 4096]);
});

test("a judge whose model changes under its name is told", async () => {
  await using place = await Workplace.make();
  await using _ = await judge(place, (question) => chat("7", question, { model: `j-v${(question.before % 2) + 1}` }));
  expect((await judging(place)).exitCode).toBe(0);
  const { judge: facts, notes } = await place.result("out", "judged");
  expect(facts?.answeredBy).toBe("j-v1 (1), j-v2 (1)");
  expect(notes.join()).toContain("the judge's replies name as their model: j-v1 (1), j-v2 (1)");
});

test("a judge whose quota is used up is not asked for every sample", async () => {
  await using place = await Workplace.make();
  await using server = await judge(place, (question) =>
    question.text.includes("Grade from")
      ? { status: 429, headers: { "retry-after": "7200" }, body: { error: { message: "daily limit" } } }
      : chat("ok", question),
  );
  const { exitCode, stdout } = await judging(place, "out", "--concurrency", "1");
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/not scored +2: judge: the endpoint asks to wait 2 h: HTTP 429: daily limit.* ×2/);
  expect(questions(server).length).toBeLessThanOrEqual(2);
});

test("a verdict in the judge's journal counts as far as the replies beside it say so; else it is asked again", async () => {
  await using place = await Workplace.make();
  await using server = await judge(place, (question) => chat("7", question));
  expect((await judging(place)).exitCode).toBe(0);
  const path = place.file("out", "judge.judged.jsonl");
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  const edited = lines.map((line) => ({ ...(JSON.parse(line) as JudgeRecord), verdict: 10 }));
  await writeFile(path, edited.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const samples = place.file("out", "judged.samples.jsonl");
  const unscored = (await place.samples("out", "judged")).map(({ score: _, ...sample }) => ({
    ...sample,
    state: "answered",
  }));
  await writeFile(samples, unscored.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await rm(place.file(".cache"), { recursive: true });
  const before = questions(server).length;
  expect((await judging(place)).exitCode).toBe(0);
  expect((await place.result("out", "judged")).metrics[0]?.value).toBeCloseTo(0.7);
  expect(questions(server).length - before).toBe(2);
});

test("MathVerse: an extraction whose comparison has no verdict is asked again too, past the cache", async () => {
  await using place = await Workplace.make();
  const row = {
    ...{ sample_index: "1", problem_index: "1", problem_version: "Text Dominant", question_type: "multi-choice" },
    ...{ question: "AC?", query_wo: "AC?", query_cot: "AC?", question_for_eval: "AC?", answer: "A" },
    metadata: { split: "testmini", source: "made", subject: "plane", subfield: "length" },
    image: Buffer.from(await encodePng(Buffer.alloc(12), 2, 2)).toString("base64"),
  };
  await mkdir(place.file("rows"));
  await writeFile(place.file("rows", "mathverse.jsonl"), JSON.stringify(row));
  let isWell = false;
  await using server = await judge(place, (question) => {
    const isMatching = question.text.includes("[Model_answer]");
    if (isWell) return chat(isMatching ? "1" : "A", question);
    return chat(isMatching ? "No healthy upstream" : "the option", question);
  });
  const run = () =>
    place.run(
      ...["run", "--tasks", "mathverse", "--data", "rows", "--model", "stub:So the option is A", "--judge", "j.yaml"],
      ...["--out", "out"],
    );
  expect((await run()).exitCode).toBe(2);
  expect((await place.result("out", "mathverse")).n).toMatchObject({ scored: 0, unscored: { judge: 1 } });
  isWell = true;
  const before = server.asked.length;
  expect(await run()).toMatchObject({ exitCode: 0 });
  expect(server.asked.slice(before).filter(({ text }) => text.includes("the option is A"))).toHaveLength(1);
  expect((await place.result("out", "mathverse")).metrics[0]).toMatchObject({ value: 1 });
  // And then nothing is asked again.
  const after = server.asked.length;
  expect(await run()).toMatchObject({ exitCode: 0 });
  expect(server.asked.length - after).toBeLessThanOrEqual(1);
});

test.each(["worldvqa", "simplevqa"])(
  "%s: the question that comes back names every verdict, and is none",
  async (task) => {
    await using place = await Workplace.make();
    const image = Buffer.from(await encodePng(Buffer.alloc(12), 2, 2)).toString("base64");
    const example = JSON.parse(await readFile(join(root, "tasks", "vqa", `${task}.example.json`), "utf8")) as object;
    await mkdir(place.file("rows"));
    await writeFile(place.file("rows", `${task}.jsonl`), JSON.stringify({ ...example, image }));
    await using server = await judge(place, (question) => {
      const said = question.body.messages.map(({ content }: { content: string | { text?: string }[] }) =>
        typeof content === "string" ? content : content.map(({ text = "" }) => text).join(""),
      );
      return chat(`You asked: ${said.join("\n")}\n`, question);
    });
    const args = ["--data", "rows", "--model", "stub:a cat", "--judge", "j.yaml", "--out", "out"];
    expect(await place.run("run", "--tasks", task, ...args)).toMatchObject({ exitCode: 2 });
    expect((await place.result("out", task)).n).toMatchObject({ scored: 0, unscored: { judge: 1 } });
    expect(server.asked.length).toBeGreaterThanOrEqual(3);
  },
);

const ownJudge = `import { defineTask, mean, notJudged, Type, userPrompt } from "llava-eval";
export default defineTask({
  name: "own", version: 1, about: "A judge that is shown the answer alone.", cite: "none",
  splits: { val: { sources: ["none/own"], split: "val", licence: "CC0-1.0", answers: "public" } },
  row: Type.Object({ id: Type.String() }),
  id: ({ id }) => id,
  hasReference: () => true,
  prompt: ({ id }) => userPrompt("Is it " + id + "?"),
  generation: { maxNewTokens: 8, temperature: 0 },
  judge: {
    model: "none", template: "{answer}",
    ask: (_, { text }, verdicts) => verdicts.length > 0 ? undefined : {
      prompt: userPrompt(text), parse: (reply) => (reply.trim() === "yes" ? 1 : undefined),
    },
  },
  score: (_, { text }, { verdicts: [right] }) => right === undefined ? notJudged : { status: "scored", value: right, answer: text },
  metrics: [mean("acc")],
});
`;

test.each([
  ["a verdict that is the question's only word", "yes", () => "yes", 1],
  ["a verdict behind the question", "yes, it is redder than red", (asked: string) => `${asked}\nyes`, 1],
  ["the question alone", "yes, it is redder than red", (asked: string) => `> ${asked}`, 0],
])("a judge of one's own: %s", async (_, answer, reply, scored) => {
  await using place = await Workplace.make();
  await writeFile(place.file("own.ts"), ownJudge);
  await mkdir(place.file("rows"));
  await writeFile(place.file("rows", "own.jsonl"), '{"id":"red"}\n');
  await using server = await judge(place, (question) => chat(reply(answer), question));
  await place.run(
    ...[
      "run",
      "--tasks",
      "./own.ts",
      "--data",
      "rows",
      "--model",
      `stub:${answer}`,
      "--judge",
      "j.yaml",
      "--out",
      "out",
    ],
  );
  expect((await place.result("out", "own")).n.scored).toBe(scored);
  expect(server.asked.length).toBeGreaterThan(0);
});
