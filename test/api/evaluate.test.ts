import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, expectTypeOf, test, vi } from "vitest";
import * as api from "../../src/api/index.js";
import { type EvaluateOptions, evaluate, type Progress } from "../../src/api/run/evaluate.js";
import type { RunSettings } from "../../src/api/settings.js";
import { UserError } from "../../src/core/errors.js";
import { root, Workplace } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";
import { startEndpoint } from "../fakes/endpoint.js";

const task = join(root, "test", "forms", "single-image.ts");
const isQuestion = ({ text }: { text: string }) => text.startsWith("Question");

test("llava-eval/api is six functions and no more", () => {
  expect(Object.keys(api).sort()).toEqual(["compare", "evaluate", "explain", "leaderboard", "readRun", "score"]);
});

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
/** What only a command line does. */
type ForTerminals = "view" | "json" | "dry-run";

test("the options of evaluate are the settings of a run, in camel case", () => {
  type Named = Camel<Exclude<keyof RunSettings, ForTerminals>>;
  expectTypeOf<Exclude<keyof EvaluateOptions, "signal">>().toEqualTypeOf<Named>();
});

test("evaluate writes what the command writes, byte for byte, tells how it goes on, and prints nothing", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 20);
  await using endpoint = await startEndpoint();
  const model = `openai:fake@${endpoint.url}`;
  const data = place.file("rows");
  const args = ["run", "--tasks", task, "--data", data, "--model", model, "--limit", "12", "--out", "by-command"];
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });

  const printed = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
  const run = evaluate({ tasks: task, data, model, limit: 12, out: place.file("by-program") });
  const progress: Progress[] = [];
  for await (const one of run) progress.push(one);
  const { results, folder, flags } = await run;
  const words = printed.map((spy) => spy.mock.calls.length);
  for (const spy of printed) spy.mockRestore();

  expect(words).toEqual([0, 0]);
  expect(folder).toBe(place.file("by-program"));
  expect(flags).toEqual(["partial"]);
  expect(results.single_image).toEqual(await place.result("by-command", "single_image"));
  for (const file of ["single_image.json", "single_image.samples.jsonl"]) {
    expect(await place.read("by-program", file)).toBe(await place.read("by-command", file));
  }
  expect(progress[0]).toEqual({ type: "task", label: "single_image", planned: 12 });
  expect(progress.filter(({ type }) => type === "samples").at(-1)).toMatchObject({ done: 12, unscored: 0 });
  expect(progress.at(-1)).toEqual({ type: "task end", label: "single_image", how: "complete" });
});

test("an evaluation that is aborted in the middle rejects with the reason; the same call ends with the same bytes", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 60);
  await using endpoint = await startEndpoint({ latencyMs: 20 });
  const options = (out: string) => ({
    ...{ tasks: [task], data: place.file("rows"), model: `openai:fake@${endpoint.url}` },
    ...{ concurrency: 4, out: place.file(out) },
  });
  await evaluate(options("whole"));
  const whole = endpoint.asked.filter(isQuestion).length;
  expect(whole).toBe(60);
  endpoint.asked.length = 0;

  const stop = new AbortController();
  const run = evaluate({ ...options("stopped"), signal: stop.signal });
  const reason = new Error("enough for today");
  await expect(async () => {
    for await (const one of run) if (one.type === "samples" && one.done >= 10) stop.abort(reason);
  }).rejects.toBe(reason);
  await expect(run).rejects.toBe(reason);
  expect(JSON.parse(await place.read("stopped", "run.json"))).toMatchObject({ status: "interrupted" });
  expect(endpoint.asked.filter(isQuestion).length).toBeLessThan(60);

  const { results } = await evaluate(options("stopped"));
  expect(endpoint.asked.filter(isQuestion).length, "nothing is asked twice").toBe(60);
  expect(results.single_image?.n).toMatchObject({ total: 60, scored: 60 });
  for (const file of (await readdir(place.file("whole"))).filter((name) => name.startsWith("single_image"))) {
    expect(await place.read("stopped", file), file).toBe(await place.read("whole", file));
  }
});

test("a signal that is aborted before anything is asked leaves nothing behind", async () => {
  await using place = await Workplace.make();
  await expect(
    evaluate({ tasks: "vqav2", model: "stub", data: "demo", out: place.file("out"), signal: AbortSignal.abort("no") }),
  ).rejects.toBe("no");
  expect(await readdir(place.path)).toEqual([]);
});

test.each([
  [{ tasks: "vqav2", limt: 3 }, "unknown option", "evaluate: limt", 'did you mean "limit"?'],
  [{ tasks: "vqav2", limit: 0 }, "0 is out of range", "evaluate: limit", "at least 1"],
  [{ tasks: "vqav2", maxNewTokens: "many" }, '"many" is not a whole number', "evaluate: maxNewTokens", ""],
  [{ tasks: "vqav2", scoring: "offical" }, '"offical" is not known', "evaluate: scoring", "official"],
  [{ tasks: [] }, "no task was named", "--tasks", ""],
  [{ tasks: "mmu" }, 'no task named "mmu"', "--tasks", "did you mean"],
])("evaluate(%j) rejects with a UserError that says what, where and what to do", async (options, what, where, fix) => {
  const error = await evaluate(options as EvaluateOptions).then(
    () => undefined,
    (thrown: unknown) => thrown as UserError,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error?.message).toContain(what);
  expect(error?.where).toContain(where);
  expect(error?.fix).toContain(fix);
});

test("the example in docs/api.md runs as it stands", async () => {
  const text = await readFile(join(root, "docs", "api.md"), "utf8");
  const example = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  // Below the repository the package's own name is found, as it is beside an installed one.
  await mkdir(join(root, "build"), { recursive: true });
  const folder = await mkdtemp(join(root, "build", "api-example-"));
  try {
    await writeFile(join(folder, "example.mjs"), example);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["example.mjs"], { cwd: folder });
    expect(stdout).toMatch(/vqav2: 50 new samples\n/);
    expect(stdout).toMatch(/accuracy [\d.]+ from 50 samples \(demo, partial\), in .*yes\n/);
    expect(stdout).toMatch(/vqav2 -?[\d.]+/);
    expect(stderr).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});
