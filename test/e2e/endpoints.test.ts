/** Endpoints at their worst, and what the user learns of it. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chat, type Question, type ScriptedReply, seeing, startScripted } from "../fakes/scripted.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const single = join(root, "test", "forms", "single-image.ts");
const cases = join(root, "test", "cases");

/** Runs the single-image form over `n` rows. */
async function evaluate(
  reply: (question: Question) => ScriptedReply | undefined,
  { n = 4, yaml = "", args = [] as readonly string[], runner = "openai" } = {},
) {
  const place = await Workplace.make();
  const server = await startScripted(reply);
  await writeRows(place.file("rows"), n);
  await writeFile(
    place.file("m.yaml"),
    `runner: ${runner}\nmodel: m\nurls: [${server.url}]\ntimeoutSeconds: 5\nattempts: 1\n${yaml}`,
  );
  const command = ["run", "--tasks", single, "--data", "rows", "--model", "m.yaml", "--out", "out", ...args];
  return {
    place,
    asked: server.asked,
    command,
    run: () => place.run(...command),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

const failure = (status: number, message: string, more: object = {}, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { error: { message, ...more } },
});

test.each([
  ["chartqa", "relaxed_accuracy", 3],
  ["pope", "f1", 3],
])("%s: content as a list is read, a message without content is unscored", async (task, _metric, scored) => {
  await using place = await Workplace.make();
  const { readFile } = await import("node:fs/promises");
  const folder = join(cases, "endpoint-content", task);
  const table = JSON.parse(await readFile(join(folder, "table.json"), "utf8")) as object[];
  await using server = await startScripted((question) => {
    const n = Number(/CASE(\d+)X/.exec(question.text)?.[1] ?? -1);
    const message = n < 0 ? { content: "ok" } : table[n];
    return seeing("", question, { choices: [{ index: 0, finish_reason: "stop", message }] });
  });
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${server.url}]\nattempts: 1\n`);
  const args = ["--data", join(folder, "data"), "--model", "m.yaml", "--out", "out"];
  const { exitCode } = await place.run("run", "--tasks", task, ...args);
  expect(exitCode).toBe(2);
  const result = await place.result("out", task);
  expect(result.n).toMatchObject({ total: 5, scored, unscored: { transport: 2 } });
  const samples = await place.samples("out", task);
  expect(samples.map(({ text }) => text)).toEqual(["yes", "yes", "yes", undefined, undefined]);
  expect(samples[2]?.reasoning).toBe("maybe no");
});

test("a server that drops images in silence is refused before a sample is asked", async () => {
  await using it = await evaluate((question) => chat("yes", question));
  const { exitCode, stderr } = await it.run();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/the server ignored the image \(2 prompt tokens with it, 2 without\)/);
  expect(stderr).toMatch(/--mmproj, --clip_model_path/);
  expect(it.asked.some(({ text }) => text.includes("Question"))).toBe(false);
});

test("a server that sees is asked with an image and the task's own options, once for each way of asking", async () => {
  await using it = await evaluate((question) => seeing("yes", question));
  expect((await it.run()).exitCode).toBe(0);
  const preflights = it.asked.filter(({ text }) => !text.includes("Question"));
  expect(preflights.map(({ hasImage }) => hasImage)).toEqual([false, true]);
  const [first] = it.asked.filter(({ text }) => text.includes("Question"));
  expect(preflights[1]?.body.max_tokens).toBe(first?.body.max_tokens);
});

test("a server that counts no images is believed when its model file says so", async () => {
  await using it = await evaluate((question) => chat("yes", question), { yaml: "countsImages: false\n" });
  expect((await it.run()).exitCode).toBe(0);
});

test("a count that never changes is no evidence, and said", async () => {
  const usage = { usage: { prompt_tokens: 10, completion_tokens: 1 } };
  await using it = await evaluate((question) => chat("yes", question, usage));
  const { exitCode, stderr } = await it.run();
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/counts 10 prompt tokens whatever is asked/);
});

test.each([
  ["llava without its vision part", failure(400, "image input is not supported - provide the mmproj"), /--mmproj/],
  ["a parameter", failure(400, "Unsupported value: 'temperature'", { param: "temperature" }), /temperature: false/],
  ["a quota", failure(429, "You exceeded your current quota", { code: "insufficient_quota" }), /check the account/],
])("what every sample would meet ends the run at once: %s", async (_, reply, fix) => {
  await using it = await evaluate((question) => (question.hasImage ? reply : seeing("ok", question)));
  const { exitCode, stderr } = await it.run();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(fix);
  expect(it.asked.some(({ text }) => text.includes("Question"))).toBe(false);
});

test.each([
  ["anthropic", "temperature: false", "temperature"],
  ["gemini", "temperature: false", "temperature"],
  ["openai", "body: {temperature: null}", "temperature"],
  ["anthropic", "body: {temperature: null}", "temperature"],
  ["gemini", "body: {generationConfig: {temperature: null}}", "temperature"],
])("%s: %s leaves the field out", async (runner, yaml, field) => {
  const yes: Record<string, ScriptedReply> = {
    anthropic: { body: { content: [{ type: "text", text: "yes" }], stop_reason: "end_turn" } },
    gemini: { body: { candidates: [{ content: { parts: [{ text: "yes" }] }, finishReason: "STOP" }] } },
  };
  await using it = await evaluate((question) => yes[runner] ?? seeing("yes", question), {
    runner,
    yaml: `${yaml}\n`,
  });
  expect((await it.run()).exitCode).toBe(0);
  expect(it.asked.length).toBeGreaterThan(4);
  for (const { text } of it.asked) expect(text).not.toContain(`"${field}"`);
});

test("the commonest reasons of failure stand on the console with their counts, and in the Result; questions are journalled", async () => {
  await using it = await evaluate(
    (question) =>
      question.text.includes("Question 1?")
        ? failure(413, "Request Entity Too Large")
        : question.text.includes("Question")
          ? failure(400, `This model's maximum context length is ${4096 + question.before} tokens`)
          : seeing("ok", question),
    { n: 5 },
  );
  const { exitCode, stdout } = await it.run();
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/not scored +5: transport: HTTP 400: This model's maximum context length .* ×4;/);
  expect(stdout).toMatch(/transport: HTTP 413: Request Entity Too Large.* ×1$/m);
  const { reasons } = await it.place.result("out", "single_image");
  expect(reasons?.map(({ n }) => n)).toEqual([4, 1]);
  for (const { prompt, images } of await it.place.samples("out", "single_image")) {
    expect(prompt).toContain("Question");
    expect(images).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  }
});

test("a model that spends its budget on thoughts is found out, and the option is named", async () => {
  const message = { content: null, reasoning_content: "let me think" };
  await using it = await evaluate((question) =>
    seeing("", question, { choices: [{ index: 0, finish_reason: "length", message }] }),
  );
  const { exitCode, stdout } = await it.run();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/4 of 4 answers are empty: the model was cut at \d+ tokens.*--max-new-tokens/);
  const { remarks, notes } = await it.place.result("out", "single_image");
  expect(remarks.truncated).toBe(4);
  expect(notes.join()).toContain("--max-new-tokens");
});

test("the model that a reply names is recorded where it is another", async () => {
  await using it = await evaluate((question) => seeing("yes", question, { model: "m-2026-01-01" }));
  expect((await it.run()).exitCode).toBe(0);
  const samples = await it.place.samples("out", "single_image");
  expect(samples.map(({ answeredBy }) => answeredBy)).toEqual(Array(4).fill("m-2026-01-01"));
  expect((await it.place.result("out", "single_image")).notes.join()).toContain("m-2026-01-01");
});

const daily = failure(
  429,
  "You exceeded your daily request limit (1000/day). Resets at 00:00 UTC",
  {},
  {
    "retry-after": "3600",
  },
);

test("a quota that lasts longer than anybody waits ends the run with exit 2 and the provider's words", async () => {
  let answers = 0;
  await using it = await evaluate(
    (question) => (question.text.includes("Question") && answers++ >= 3 ? daily : seeing("yes", question)),
    { n: 60, yaml: "concurrency: 2\n" },
  );
  const { exitCode, stdout, stderr } = await it.run();
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/asks to wait 60 min: HTTP 429: You exceeded your daily request limit/);
  expect(stdout).toContain("daily request limit");
  expect((await it.place.result("out", "single_image")).n.scored).toBe(3);
  expect(it.asked.length).toBeLessThan(20);
});

test("a quota that is used up from the start ends the run with exit 2 as well", async () => {
  await using it = await evaluate(() => daily);
  const { exitCode, stdout } = await it.run();
  expect(exitCode).toBe(2);
  expect(stdout).toContain("daily request limit");
});

test("a wait is said aloud with the server's words, and Ctrl-C ends it: nothing is lost, nothing is failed", async () => {
  const slow = failure(429, "Rate limit reached for m", {}, { "retry-after": "120" });
  let isLimited = true;
  await using it = await evaluate((question) =>
    question.text.includes("Question") && !question.text.includes("Question 0?") && isLimited
      ? slow
      : seeing("yes", question),
  );
  const child = it.place.start(...it.command);
  let stderr = "";
  const said = new Promise<void>((resolve) => {
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
      if (/waiting 2 min before asking again: HTTP 429: Rate limit reached for m/.test(stderr)) resolve();
    });
  });
  await said;
  child.kill("SIGINT");
  expect((await child.ended).exitCode).toBe(130);
  const failed = (await it.place.samples("out", "single_image")).filter(({ score }) => score?.status === "unscored");
  expect(failed).toEqual([]);
  isLimited = false;
  expect((await it.run()).exitCode).toBe(0);
  expect((await it.place.result("out", "single_image")).n.scored).toBe(4);
});

test("an endpoint that stops answering is told with its reason", async () => {
  await using it = await evaluate(
    (question) =>
      question.text.includes("Question") ? failure(500, "worker died of CUDA error 700") : seeing("ok", question),
    { n: 150, args: ["--concurrency", "4"], yaml: "concurrency: 4\n" },
  );
  const { exitCode, stderr } = await it.run();
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/stopped answering \(HTTP 500: worker died of CUDA error 700/);
});

test("a run with another temperature, header or option is another run", async () => {
  await using it = await evaluate((question) => seeing("yes", question));
  expect((await it.run()).exitCode).toBe(0);
  const { readFile } = await import("node:fs/promises");
  const yaml = await readFile(it.place.file("m.yaml"), "utf8");
  for (const more of [
    "temperature: false",
    "seed: false",
    "headers: {x-mode: other}",
    "maxTokensField: max_completion_tokens",
  ]) {
    await writeFile(it.place.file("m.yaml"), `${yaml}${more}\n`);
    const { exitCode, stderr } = await it.run();
    expect(exitCode, more).toBe(1);
    expect(stderr).toContain("error:");
  }
});
