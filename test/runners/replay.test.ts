import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import type { GenerateRequest } from "../../src/core/runner.js";
import { openRunner } from "../../src/runners/index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-replay-"));
});
afterEach(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const user = (text: string) => ({ role: "user" as const, parts: [{ type: "text" as const, text }] });
const ask = (id: string, rounds = 0): GenerateRequest => ({
  id,
  prompt: {
    messages: [
      user("q"),
      ...Array.from({ length: rounds }, () => ({
        role: "assistant" as const,
        parts: [{ type: "text" as const, text: "a" }],
      })),
    ],
  },
  options: { maxNewTokens: 9, temperature: 0 },
  seed: 0,
});
const line = (record: { readonly id: string; readonly [field: string]: unknown }) =>
  `${JSON.stringify({ index: Number(record.id), cluster: "c", ...record })}\n`;

test("answers are found by label and row, repeats and rounds included; the last line of a sample counts", async () => {
  const unscored = { status: "unscored", reason: "transport", detail: "HTTP 500" };
  await writeFile(
    join(folder, "vqav2@test.samples.jsonl"),
    line({ id: "1", score: unscored }) +
      line({ id: "1", text: "one", reasoning: "hm", finish: "length" }) +
      line({ id: "1", repeat: 1, text: "again" }) +
      line({ id: "2", text: "b", turns: ["a", "b"] }) +
      line({ id: "3", score: { ...unscored, reason: "refused", detail: "the filter" } }),
  );
  await writeFile(join(folder, "pope.samples.jsonl"), line({ id: "1", text: "yes" }));
  await using runner = await openRunner(`replay:${folder}`);
  expect(await runner.generate(ask("vqav2@test/1"), signal)).toMatchObject({
    text: "one",
    reasoning: "hm",
    finish: "length",
  });
  expect((await runner.generate(ask("vqav2@test/1 (repeat 1)"), signal)).text).toBe("again");
  expect((await runner.generate(ask("pope/1"), signal)).text).toBe("yes");
  expect((await runner.generate(ask("vqav2@test/2", 0), signal)).text).toBe("a");
  expect((await runner.generate(ask("vqav2@test/2", 1), signal)).text).toBe("b");
  await expect(runner.generate(ask("vqav2@test/3"), signal)).rejects.toMatchObject({
    reason: "refused",
    detail: "the filter",
  });
  await expect(runner.generate(ask("vqav2@test/4"), signal)).rejects.toMatchObject({ reason: "transport" });
});

test("a torn last line is no record, a whole one without a newline is, and a broken one in the middle is an error that names it", async () => {
  const file = join(folder, "pope.samples.jsonl");
  await writeFile(file, line({ id: "1", text: "yes" }));
  await appendFile(file, '{"index":1,"id":"2","te');
  await using runner = await openRunner(`replay:${file}`);
  expect((await runner.generate(ask("pope/1"), signal)).text).toBe("yes");
  await writeFile(file, `${line({ id: "1", text: "yes" })}{"id":"2","text":"no"}`);
  await using handedIn = await openRunner(`replay:${file}`);
  expect((await handedIn.generate(ask("pope/2"), signal)).text).toBe("no");
  await writeFile(file, `${line({ id: "1", text: "yes" })}{"index":1,"id":"2","te\n`);
  const error = await openRunner(`replay:${file}`).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error.where).toBe(`${file}:2`);
});

test("the fingerprint follows the journal's content", async () => {
  const file = join(folder, "pope.samples.jsonl");
  const fingerprint = async (text: string) => {
    await writeFile(file, line({ id: "1", text }));
    await using runner = await openRunner(`replay:${file}`);
    return JSON.stringify(runner.fingerprint);
  };
  const yes = await fingerprint("yes");
  expect(await fingerprint("yes")).toBe(yes);
  expect(await fingerprint("no")).not.toBe(yes);
});

test.each(["absent", "empty"])("a path that is %s is an error", async (kind) => {
  const path = kind === "absent" ? join(folder, "none") : folder;
  await expect(openRunner(`replay:${path}`)).rejects.toBeInstanceOf(UserError);
});

test("a line needs no more than id and text, which is what people hand in", async () => {
  const file = join(folder, "mmmu.samples.jsonl");
  await writeFile(file, '\ufeff{"id":"a","text":"B"}\n{"id":7,"text":"C"}\n{"id":"a","text":"B"}\n');
  await using runner = await openRunner(`replay:${file}`);
  const answers = await Promise.all(["mmmu/a", "mmmu/7", "mmmu/a#2"].map((id) => runner.generate(ask(id), signal)));
  expect(answers.map(({ text }) => text)).toEqual(["B", "C", "B"]);
  await writeFile(file, '{"text":"B"}\n');
  await expect(openRunner(`replay:${file}`)).rejects.toMatchObject({ where: `${file}:1` });
});

test("two lines that answer one id differently are refused with both; an index says that two rows have it", async () => {
  const file = join(folder, "pope.samples.jsonl");
  await writeFile(file, '{"id":"a","text":"yes"}\n{"id":"b","text":"yes"}\n{"id":"a","text":"no"}\n');
  const error: UserError = await openRunner(`replay:${file}`).catch((thrown) => thrown);
  expect(error).toMatchObject({ where: `${file}:3`, message: '"a" has another text on line 1' });
  await writeFile(file, line({ id: "a", index: 0, text: "yes" }) + line({ id: "a", index: 1, text: "no" }));
  await using runner = await openRunner(`replay:${file}`);
  const answers = await Promise.all(["pope/a", "pope/a#2"].map((id) => runner.generate(ask(id), signal)));
  expect(answers.map(({ text }) => text)).toEqual(["yes", "no"]);
});

test("a line that says it failed is no answer, whatever text it has", async () => {
  const file = join(folder, "pope.samples.jsonl");
  const failed = (reason: string) => ({ status: "unscored", reason, detail: "x" });
  await writeFile(
    file,
    '{"id":"a","text":"yes","error":"boom"}\n' +
      line({ id: "1", text: "yes", score: failed("transport") }) +
      line({ id: "2", text: "yes", score: failed("judge"), error: null }),
  );
  await using runner = await openRunner(`replay:${file}`);
  await expect(runner.generate(ask("pope/a"), signal)).rejects.toMatchObject({ detail: "the line says error: boom" });
  await expect(runner.generate(ask("pope/1"), signal)).rejects.toMatchObject({ reason: "transport", detail: "x" });
  expect((await runner.generate(ask("pope/2"), signal)).text).toBe("yes"); // the judge was away, the answer is good
});

test("a line nested deeper than the stack is an error that names it", async () => {
  const file = join(folder, "pope.samples.jsonl");
  await writeFile(file, `{"id":"a","text":${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`);
  await expect(openRunner(`replay:${file}`)).rejects.toMatchObject({
    where: `${file}:1`,
    message: expect.stringContaining("nested too deeply"),
  });
});
