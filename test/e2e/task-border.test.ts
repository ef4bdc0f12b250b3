import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entryOf, loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";

/** A task file in a folder of its own; `change` puts the mistake in. */
async function placeWith(files: Readonly<Record<string, (text: string) => string>>): Promise<Workplace> {
  const place = await Workplace.make();
  for (const [file, change] of Object.entries(files)) await writeFile(place.file(file), change(right));
  const rows = Array.from({ length: 5 }, (_, i) => ({ id: `q${i}`, question: `Question ${i}?`, answer: "red" }));
  await writeFile(place.file("colour.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return place;
}

const right = `import { defineTask, mean, type Static, Type, userPrompt } from "llava-eval";

interface Unused {
  readonly gone: true; // types vanish before the file runs, lines must not
}
const row = Type.Object({ id: Type.String(), question: Type.String(), answer: Type.String() });

export default defineTask<Static<typeof row>>({
  name: "colour",
  version: 1,
  about: "One word.",
  cite: "none",
  splits: { test: { sources: ["none/colour"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ question }) => userPrompt(question),
  generation: { maxNewTokens: 8, temperature: 0 },
  score({ answer }, output) {
    return { status: "scored", value: output.text === answer ? 1 : 0, answer: output.text };
  },
  metrics: [mean("accuracy")],
});
`;

const run = (...tasks: string[]) => [
  ...[
    "run",
    "--tasks",
    tasks.map((task) => `./${task}`).join(","),
    "--data",
    ".",
    "--model",
    "stub:red",
    "--out",
    "out",
  ],
];

test("the task without a mistake runs", async () => {
  await using place = await placeWith({ "colour.ts": (text) => text });
  expect(await place.run(...run("colour.ts"))).toMatchObject({ exitCode: 0 });
  expect((await place.result("out", "colour")).metrics[0]).toMatchObject({ name: "accuracy", value: 1, n: 5 });
});

// Each was exit 0 and a number, or a defect of ours, before the border was there.
test.each([
  ["score({", "scores({", ['unknown member "scores"', 'did you mean "score"?']],
  ["id: ({ id }) => id", "id: ({ id }) => id, imageKeys: () => '1'", ["imageKeys", 'did you mean "imageKey"?']],
  ["metrics: [", "group: { half: () => 'a' }, metrics: [", ['unknown member "group"', 'did you mean "groups"?']],
  ["score({", "wrong() {}, score({", ['unknown member "wrong"', "members: name,"]],
  [/ {2}score[\s\S]*?\n {2}},\n/, "", ['split "test": its answers are public', "no `score`"]],
  ["version: 1", "version: -1", ["version is -1"]],
  ['metrics: [mean("accuracy")]', "metrics: []", ["metrics is empty"]],
  ["version: 1", 'version: "1"', ['`version` is the string "1"', "a number"]],
  ["row,", "", ["no `row`"]],
  ["id: ({ id }) => id", 'id: "id"', ['`id` is the string "id"', "a function"]],
  ['licence: "CC0-1.0"', 'license: "CC0-1.0"', ['split "test": unknown member "license"', 'did you mean "licence"?']],
  ["maxNewTokens: 8", "maxTokens: 8", ['generation: unknown member "maxTokens"']],
  ["maxNewTokens: 8", "maxNewTokens: 0", ["generation: maxNewTokens is 0"]],
  ['mean("accuracy")', 'mean("accuracy"), mean("accuracy")', ['two metrics are named "accuracy"']],
  ['mean("accuracy")', '{ ...mean("accuracy"), unit: "percents" }', ["unit", 'did you mean "percent"?']],
  ['name: "colour"', 'name: "../colour"', ["its name cannot name files"]],
  ["score({", "reportedAs: { vlmevalkit: {} }, score({", ['reportedAs: scoring is "vlmevalkit"']],
  ["score({", 'reportedAs: { official: { acuracy: "Acc" } }, score({', ["metric", 'did you mean "accuracy"?']],
  ["score({", "reportedAs: { official: { accuracy: 1 } }, score({", ["reportedAs official: accuracy is the number"]],
  ["score({", 'defects: { vlmevalkit: ["x"] }, score({', ['defects: scoring is "vlmevalkit"', "official, lmms-eval"]],
  ["score({", 'defects: { official: "it is kind" }, score({', ["defects official: the string", "a list of strings"]],
])("%s written as %s is refused when the file is loaded", async (from, to, says) => {
  await using place = await placeWith({ "colour.ts": (text) => text.replace(from, to) });
  const ended = await place.run(...run("colour.ts"));
  expect(ended.stderr).toContain(place.file("colour.ts"));
  for (const words of says) expect(ended.stderr).toContain(words);
  expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
});

const value = "value: output.text === answer ? 1 : 0";
test.each([
  [value, "value: Number.NaN", ["value is NaN, not a finite number"]],
  [value, "value: 50", ["value is 50, outside 0 to 1", '"accuracy"']],
  [value, "value: '1'", ['value is "1", not a finite number']],
  [value, "value: { accurracy: 1 }", ['value has "accurracy"; the metrics take the single number']],
  ['status: "scored", ', "", ['status is undefined; write "scored" or "unscored"']],
  [", answer: output.text }", " }", ["answer is undefined, not a string"]],
  ["return {", "if (answer) return undefined; return {", ["it is undefined, not { status, value, answer }"]],
])(
  "a score with %s written as %s ends the run with the sample's name, and keeps what was answered",
  async (from, to, says) => {
    await using place = await placeWith({ "colour.ts": (text) => text.replace(from, to) });
    const ended = await place.run(...run("colour.ts"));
    expect(ended.stderr).toMatch(/error: `score` of task "colour": .*\n {2}at: {2}.*colour\.ts, sample q\d\n {2}fix: /);
    for (const words of says) expect(ended.stderr).toContain(words);
    expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
  },
);

test.each([
  ["score", "return {", "answer.nothing.there; return {", 19],
  ["prompt", "userPrompt(question)", "question.nothing.there", 16],
  ["id", "({ id }) => id", "({ id }) => id.nothing.there", 15],
])("an exception in a task's %s is the author's: file, line and sample, exit 1", async (member, from, to, line) => {
  await using place = await placeWith({ "colour.ts": (text) => text.replace(from, to) });
  const ended = await place.run(...run("colour.ts"));
  expect(ended.stderr).toContain(
    `\`${member}\` of task "colour": it threw TypeError: Cannot read properties of undefined`,
  );
  expect(ended.stderr).toContain(`at:  ${place.file("colour.ts")}:${line}${member === "id" ? "\n" : ", sample q0\n"}`);
  expect(ended.stderr).not.toContain("defect");
  expect(ended.exitCode).toBe(1);
});

test.each([
  ["id", "({ id }) => id", "() => 5", "it returned 5, not a string"],
  ["prompt", "=> userPrompt(question)", "=> question", "not a prompt; userPrompt(...) makes one"],
  ["prompt", "=> userPrompt(question)", "=> null", "it returned null, not a prompt"],
  [
    "prompt",
    "=> userPrompt(question)",
    "=> Promise.resolve(userPrompt(question))",
    "it returned a promise, not a prompt",
  ],
  ["masks", "metrics: [", "masks: ({ id }) => [id], metrics: [", "not a list of images of the row"],
  ["masks", "metrics: [", "masks: () => undefined, metrics: [", "it returned undefined, not a list"],
  ["group half", "metrics: [", "groups: { half: () => Number.NaN }, metrics: [", "it returned NaN, not a string"],
  ["group half", "metrics: [", "groups: { half: () => null }, metrics: [", "it returned null, not a string"],
  ["score", value, "value: 10n", "value is 10, not a finite number"],
  ["score", value, `${value}, data: { seen: Number.NaN }`, "data.seen is NaN, which JSON cannot hold"],
  ["score", value, `${value}, data: { seen: () => 1 }`, "which JSON cannot hold"],
  ["score", "return {", "const data = {}; data.self = data; return { data,", "data.self holds itself"],
  [
    "metric accuracy",
    'mean("accuracy")',
    '{ ...mean("accuracy"), start: () => ({ add() {} }) }',
    "not { add, finish }",
  ],
])("%s that returns something else (%s as %s) is the author's error, exit 1", async (member, from, to, says) => {
  await using place = await placeWith({ "colour.ts": (text) => text.replace(from, to) });
  const ended = await place.run(...run("colour.ts"));
  expect(ended.stderr).toContain(`\`${member}\` of task "colour": `);
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).toContain(place.file("colour.ts"));
  expect(ended.exitCode).toBe(1);
});

test.each([
  ["a promise that nobody waits for", 'void Promise.reject(new Error("late")); return {', "colour.ts:19"],
  ["a timer", 'setTimeout(() => { throw new Error("late"); }, 1); return {', "colour.ts:19"],
])("%s that fails behind a task's function is the author's: file and line, exit 1", async (_what, to, at) => {
  await using place = await placeWith({ "colour.ts": (text) => text.replace("return {", to) });
  // A stub would be done before the timer is.
  await using endpoint = await startEndpoint({ answer: () => "red", latencyMs: 200 });
  const ended = await place.run(
    ...["run", "--tasks", "./colour.ts", "--data", ".", "--model", `openai:fake@${endpoint.url}`, "--concurrency", "1"],
    ...["--out", "out"],
  );
  expect(ended.stderr).toContain("error: a task file threw outside of the functions that are called: late");
  expect(ended.stderr).toContain(place.file(at));
  expect(ended.exitCode).toBe(1);
});

test("a task that ends the process ends no run in silence", async () => {
  await using place = await placeWith({ "colour.ts": (text) => text.replace("return {", "process.exit(0); return {") });
  const ended = await place.run(...run("colour.ts"));
  expect(ended.stderr).toContain("error: the program was ended from within (process.exit in a task file)");
  expect(ended.exitCode).toBe(1);
});

test("two tasks of one name are refused, whichever files they are in, and a built-in's name too", async () => {
  await using place = await placeWith({
    "colour.ts": (text) => text,
    "other.ts": (text) => text,
    "vq.ts": (text) => text.replace('"colour"', '"vqav2"'),
    "twice.ts": (text) => text.replace("export default", "const task =").concat("export default [task, task];\n"),
  });
  const refused = async (says: readonly string[], ...args: string[]) => {
    const ended = await place.run("run", "--data", ".", "--model", "stub:red", "--out", "out", "--tasks", ...args);
    for (const words of says) expect(ended.stderr).toContain(words);
    expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
  };
  const both = `${place.file("colour.ts")} and ${place.file("other.ts")}`;
  await refused(['two tasks are named "colour"', both], "./colour.ts,./other.ts");
  await refused(['two tasks are named "vqav2"', place.file("vq.ts"), "the package's own"], "vqav2,./vq.ts");
  await refused(['two tasks are named "vqav2"', place.file("vq.ts"), "the package's own"], "./vq.ts");
  await refused(['two tasks are named "colour"', place.file("twice.ts")], "./twice.ts");
  expect(await place.run(...run("colour.ts", "colour.ts"))).toMatchObject({ exitCode: 0 });
});

test("a run loads the tasks that it names and no other, and the build's list of them is what their files define", async () => {
  const defined = (await loadDefinitions()).map(entryOf);
  const listed = JSON.parse(await readFile(join(root, "dist/tasks/index.json"), "utf8")) as typeof defined;
  const compiled = defined.map((entry) => ({ ...entry, file: entry.file.replace(/\.ts$/, ".js") }));
  expect(listed).toEqual(compiled);
  expect(listed.length).toBeGreaterThan(40);

  await using place = await Workplace.make({ NODE_V8_COVERAGE: "coverage" });
  const named = [
    "run",
    "--tasks",
    "pope,mmmu_val",
    "--model",
    "stub",
    "--data",
    "demo",
    "--limit",
    "1",
    "--out",
    "out",
  ];
  expect(await place.run(...named)).toMatchObject({ exitCode: 0 });
  const loaded = new Set<string>();
  for (const file of await readdir(place.file("coverage"))) {
    const { result } = JSON.parse(await place.read("coverage", file)) as { result: { url: string }[] };
    for (const { url } of result)
      if (/dist\/tasks\/.*task\.js$/.test(url)) loaded.add(url.replace(/.*dist\/tasks\//, ""));
  }
  expect([...loaded].sort()).toEqual(
    listed.flatMap(({ name, file }) => (name === "pope" || name === "mmmu" ? [file] : [])).sort(),
  );
});
