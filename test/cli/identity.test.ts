/**
 * What makes two runs the same. Every key of a model's config, every generation option and every member of a task has a row here: what
 * a second run of one folder says when it has changed, or why it may go on. A new key without a row fails.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { taskDigest } from "../../src/api/tasks/task-digest.js";
import { packageRoot } from "../../src/core/package-root.js";
import { generationMembers, taskMembers } from "../../src/core/task-members.js";
import { modelSchemas, type RunnerName } from "../../src/runners/config.js";
import { type FakeEndpoint, startEndpoint } from "../fakes/endpoint.js";
import { drawnImage } from "../fakes/images.js";
import { noEngine } from "../runners/local/engine-here.js";
import { askableCheckpoint } from "../runners/local/golden-checkpoint.js";
import { runCommand } from "./run-command.js";

interface Row {
  /** Values of the key in the first and the second run; undefined = absent. A function makes a value in the test's folder. */
  readonly first?: unknown;
  readonly second: unknown;
  /** What the refusal names. */
  readonly says?: string;
  /** Why a run may go on although it changed. */
  readonly goesOn?: string;
  /** Why it cannot be tried here, and where it is. */
  readonly elsewhere?: string;
  /** Further keys of both runs, without which this one says nothing. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** A golden checkpoint that knows the key, where the demo's does not. */
  readonly checkpoint?: string;
  readonly flags?: readonly string[];
}

const goesOn = (second: unknown, reason: string): Row => ({ second, goesOn: reason });
const notANumber = "it changes how often, how fast or at what price is asked, and no answer";

const about: Record<string, Row> = {
  about: goesOn("another sentence", "it is for people"),
  name: { second: "another", says: "model:" },
};

const endpoint: Record<string, Row> = {
  model: { first: "fake", second: "fake-2", says: "fingerprint.model" },
  urls: { second: "other", says: "fingerprint.url" },
  apiKey: goesOn("env:OTHER_KEY", "who asks is not what is asked"),
  headers: { second: { "x-model-variant": "b" }, says: "x-model-variant" },
  body: { second: { min_p: 0.1 }, says: "fingerprint.body" },
  prices: goesOn({ input: 1, output: 2 }, notANumber),
  countsImages: goesOn(false, "it is about a check before the run"),
  images: { second: { maxSide: 64 }, says: "fingerprint.images" },
  concurrency: goesOn(3, notANumber),
  timeoutSeconds: goesOn(200, notANumber),
  attempts: goesOn(2, notANumber),
};

const sampled = ["--temperature", "0.5"];
const tables: Record<RunnerName, Record<string, Row>> = {
  openai: {
    runner: { second: "anthropic", says: "fingerprint.runner" },
    ...about,
    ...endpoint,
    maxTokensField: { second: "max_completion_tokens", says: "max_completion_tokens" },
    temperature: { second: false, says: "temperature" },
    topK: { second: true, says: "topK" },
    repetitionPenalty: { second: true, says: "repetitionPenalty" },
    seed: { second: false, says: "seed", flags: sampled },
    loglikelihood: { second: "echo", says: "loglikelihood" },
  },
  anthropic: {
    runner: { second: "gemini", says: "fingerprint.runner" },
    ...about,
    ...endpoint,
    temperature: { second: false, says: "temperature" },
    version: { second: "2024-01-01", says: "version" },
  },
  gemini: {
    runner: { second: "openai", says: "fingerprint.runner" },
    ...about,
    ...endpoint,
    temperature: { second: false, says: "temperature" },
  },
  local: {
    runner: { second: "stub", says: "fingerprint.runner", given: {} },
    ...about,
    checkpoint: { second: "a copy with another setting", says: "fingerprint.settings" },
    revision: { second: "abc", elsewhere: "it names a commit on the hub: the fingerprint has what it resolved to" },
    template: { second: "mistral_instruct", says: "fingerprint.template" },
    dtype: { first: "fp32", second: "bf16", says: "fingerprint.dtype" },
    device: goesOn("cpu", "auto is the CPU where there is no GPU; another device is in the engine's fingerprint"),
    replicas: { second: 2, elsewhere: "engines side by side give the answers of one: test/e2e/replicas.test.ts" },
    gridOrder: { first: "wh", second: "hw", says: "fingerprint.gridOrder" },
    ropeFactor: { second: 2, says: "fingerprint.ropeFactor" },
    unpadRounding: { second: "round7", says: "fingerprint.engine.unpadRounding" },
    aspectRatio: { second: "crop", says: "fingerprint.aspectRatio" },
    images: { second: "stacked-pad", says: "fingerprint.images" },
    resizer: { second: "torchvision", says: "fingerprint.resizer" },
    minPixels: { second: 6272, elsewhere: "of towers that take images of any size: runners/local/any-size.test.ts" },
    maxPixels: { second: 6272, elsewhere: "of towers that take images of any size: runners/local/any-size.test.ts" },
    resizedFirst: {
      second: "qwen-vl-utils",
      elsewhere: "of towers that take images of any size: runners/local/any-size.test.ts",
    },
    clipAs: { second: "images", says: "fingerprint.clips", checkpoint: "ov-tied-tiny" },
    clipPool: { second: "max", says: "fingerprint.clips.pool", checkpoint: "ov-tied-tiny" },
    clipPoolPlace: {
      ...{ second: "before-projector", says: "fingerprint.clips.place", checkpoint: "ov-tied-tiny" },
      given: { clipNewline: "no_token" },
    },
    clipNewline: { second: "no_token", says: "fingerprint.clips.newline", checkpoint: "ov-tied-tiny" },
    quantisation: { second: "int8", says: "fingerprint" },
    visionTower: {
      second: "tower",
      elsewhere: "for checkpoints that only name it; its weights' digest is in the fingerprint",
    },
    threads: goesOn(1, "answers do not depend on the number of threads"),
    memory: goesOn(2 ** 30, "answers do not depend on what is batched together"),
    licence: goesOn("MIT", "it is for people"),
    cite: goesOn("a paper", "it is for people"),
  },
  replay: {
    runner: { second: "stub", says: "fingerprint.runner" },
    ...about,
    file: { second: "other.samples.jsonl", says: "fingerprint.journal", given: { name: "the same" } },
  },
  stub: {
    runner: { second: "replay", elsewhere: "the row of replay" },
    ...about,
    answer: { first: "a", second: "b", says: "fingerprint.answer", given: { name: "the same" } },
  },
};

let folder: string;
let server: FakeEndpoint;
let other: FakeEndpoint;
beforeAll(async () => {
  server = await startEndpoint();
  other = await startEndpoint();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-identity-"));
  await writeTask();
  await mkdir(join(folder, "rows", "images"), { recursive: true });
  await writeFile(join(folder, "rows", "images", "a.jpg"), await drawnImage({ seed: 1, width: 96, height: 64 }));
  await writeRows("What is it?");
  for (const name of ["it", "other"]) {
    const line = { index: 0, id: "r0", cluster: "r0", text: name };
    await writeFile(join(folder, `${name === "it" ? "own" : name}.samples.jsonl`), `${JSON.stringify(line)}\n`);
  }
  await mkdir(join(folder, "it"));
  await mkdir(join(folder, "another"));
  for (const [place, text] of [
    ["it", "x"],
    ["another", "y"],
  ] as const) {
    const line = { index: 0, id: "r0", cluster: "r0", text };
    await writeFile(join(folder, place, "it.samples.jsonl"), `${JSON.stringify(line)}\n`);
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const writeRows = (question: string) =>
  writeFile(
    join(folder, "rows", "it.jsonl"),
    `${JSON.stringify({ id: "r0", question, image: "images/a.jpg", answer: "yes" })}\n`,
  );

/** A task file whose members may be replaced, as source. */
async function writeTask(members: Readonly<Record<string, string>> = {}): Promise<void> {
  const own: Record<string, string> = {
    name: '"it"',
    version: "1",
    about: '"a"',
    cite: '"c"',
    splits: '{ test: { sources: ["none/it"], split: "test", licence: "CC0-1.0", answers: "public" } }',
    row: "Type.Object({ id: Type.String(), question: Type.String(), image: Image(), answer: Type.String() })",
    id: "(row) => row.id",
    prompt: "(row) => userPrompt(row.image, row.question)",
    generation: "{ maxNewTokens: 8, temperature: 0 }",
    score: '(row, output) => ({ status: "scored", value: output.text === row.answer ? 1 : 0, answer: output.text })',
    metrics: '[mean("accuracy")]',
    ...members,
  };
  const body = Object.entries(own).map(([name, source]) => `  ${name}: ${source},`);
  const text = `import { defineTask, Image, mean, Type, userPrompt } from "llava-eval";\nexport default defineTask({\n${body.join("\n")}\n});\n`;
  await writeFile(join(folder, "it.ts"), text);
}

async function run(model: string, flags: readonly string[] = []) {
  const args = ["--tasks", join(folder, "it.ts"), "--data", join(folder, "rows"), "--out", join(folder, "out")];
  const keys = { OPENAI_API_KEY: "k".repeat(8), ONE_KEY: "k".repeat(8), OTHER_KEY: "l".repeat(8) };
  return await runCommand(["run", ...args, "--model", model, ...flags], keys);
}

async function writeModel(name: string, config: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const present = Object.entries(config).filter(([, value]) => value !== undefined);
  await writeFile(path, JSON.stringify(Object.fromEntries(present)));
  return path;
}

const base: Record<RunnerName, () => Record<string, unknown>> = {
  openai: () => ({ runner: "openai", model: "fake", urls: [server.url], apiKey: "env:ONE_KEY", name: "n" }),
  anthropic: () => ({ runner: "anthropic", model: "fake", urls: [server.url], apiKey: "env:ONE_KEY", name: "n" }),
  gemini: () => ({ runner: "gemini", model: "fake", urls: [server.url], apiKey: "env:ONE_KEY", name: "n" }),
  local: () => ({ runner: "local", checkpoint: join(packageRoot, "configs", "demo", "model"), name: "n" }),
  replay: () => ({ runner: "replay", file: join(folder, "it"), name: "n" }),
  stub: () => ({ runner: "stub", answer: "a", name: "n" }),
};

/** The config of the second run: some values are made in the test's folder. */
async function changed(runner: RunnerName, key: string, value: unknown): Promise<Record<string, unknown>> {
  if (key === "runner") return { ...base[value as RunnerName](), name: "n" };
  if (key === "urls") return { ...base[runner](), urls: [other.url] };
  if (key === "file") return { ...base[runner](), file: join(folder, "another") };
  if (key !== "checkpoint") return { ...base[runner](), [key]: value };
  const copy = join(folder, "model");
  await cp(join(packageRoot, "configs", "demo", "model"), copy, { recursive: true });
  const settings = join(copy, "preprocessor_config.json");
  await writeFile(settings, `${await readFile(settings, "utf8")}\n`);
  return { ...base[runner](), checkpoint: copy };
}

async function expectRow(row: Row, first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
  await first();
  const error = await second().then(
    () => undefined,
    (thrown) => thrown,
  );
  if (row.says === undefined) expect(error?.message, row.goesOn).toBeUndefined();
  else {
    expect(error, `nothing was said of ${row.says}`).toMatchObject({ name: "UserError" });
    expect(error.message).toContain("this folder holds a different run");
    expect(error.message).toContain(row.says);
    expect(error.fix).toContain("--fresh");
  }
}

const missing = noEngine();
for (const [runner, table] of Object.entries(tables) as [RunnerName, Record<string, Row>][]) {
  test(`every key of ${runner}'s config has a row`, () => {
    const { properties } = modelSchemas[runner] as unknown as { properties: object };
    expect(Object.keys(table).sort()).toEqual(Object.keys(properties).sort());
  });

  describe.skipIf(runner === "local" && missing !== undefined)(`a changed key of ${runner}'s config`, () => {
    test.each(Object.entries(table).filter(([, { elsewhere }]) => elsewhere === undefined))("%s", async (key, row) => {
      const { first, second, flags = [] } = row;
      await using golden = row.checkpoint === undefined ? undefined : await askableCheckpoint(row.checkpoint);
      const given = { ...row.given, ...(golden && { checkpoint: golden.path, template: golden.template }) };
      const begun = { ...base[runner](), ...given, ...(first === undefined ? {} : { [key]: first }) };
      const one = await writeModel("one", begun);
      const two = await writeModel("two", { ...(await changed(runner, key, second)), ...given });
      await expectRow(
        row,
        () => run(one, flags),
        () => run(two, flags),
      );
    });
  });
}

describe("a changed generation option", () => {
  const options: Record<string, readonly [string, string]> = {
    maxNewTokens: ["8", "9"],
    temperature: ["0", "0.5"],
    topP: ["1", "0.9"],
    topK: ["40", "50"],
    stop: ['["a"]', '["b"]'],
    repetitionPenalty: ["1", "1.1"],
  };
  test("has a row each", () => {
    expect(Object.keys(options).sort()).toEqual(Object.keys(generationMembers).sort());
  });
  test.each(Object.entries(options))("%s is named", async (name, [first, second]) => {
    const generation = (value: string) => {
      const all = { maxNewTokens: "8", temperature: "0", [name]: value };
      return `{ ${Object.entries(all)
        .map(([key, source]) => `${key}: ${source}`)
        .join(", ")} }`;
    };
    await writeTask({ generation: generation(first) });
    await expectRow(
      { second, says: `task it: generation.${name}` },
      () => run("stub:yes"),
      async () => {
        await writeTask({ generation: generation(second) });
        await run("stub:yes");
      },
    );
  });
});

describe("a changed member of a task file", () => {
  const members: Record<string, string> = {
    name: '"other"',
    aliases: '["that"]',
    version: "2",
    about: '"b"',
    cite: '"d"',
    splits: '{ test: { sources: ["none/it"], split: "test", licence: "MIT", answers: "public" } }',
    row: "Type.Object({ id: Type.String(), question: Type.String(), image: Image(), answer: Type.Unknown() })",
    tsv: '{ files: { test: "THEIRS" } }',
    expand: "(row) => [row]",
    id: "(row) => row.id + ''",
    imageKey: "() => 'a'",
    cluster: "() => 'a'",
    limitByCluster: "true",
    profiles: '["default", "short"]',
    prompt: "(row) => userPrompt(row.image, row.question + '!')",
    options: '{ in: ["question", "answer"], right: "answer", as: "text" }',
    generation: "{ maxNewTokens: 9, temperature: 0 }",
    imageSizes: "true",
    masks: "(row) => [row.image]",
    choices: '() => ["yes", "no"]',
    next: '() => "done"',
    judge: '{ model: "m", template: "t", ask: () => undefined }',
    fallbackJudge: '{ model: "m", template: "t", scorings: ["vlmevalkit"], ask: () => undefined }',
    judgesByScoring: '{ vlmevalkit: { model: "m", template: "t", ask: () => undefined } }',
    answer: "(row, output) => output.text",
    hasReference: "() => true",
    reportedAs: '{ official: { accuracy: "Overall" } }',
    defects: '{ official: ["it is kind"] }',
    score: '() => ({ status: "scored", value: 1, answer: "" })',
    metrics: '[mean("exact")]',
    groups: "{ kind: () => 'k' }",
    submission: '{ file: "s.json", entry: () => 1, schema: Type.Integer() }',
    demo: "true",
    scorings: '["official", "vlmevalkit"]',
  };
  test("has a row each", () => {
    expect(Object.keys(members).sort()).toEqual(Object.keys(taskMembers).sort());
  });
  test.each(Object.entries(members).filter(([name]) => name !== "name"))(
    "%s: the file is named",
    async (name, source) => {
      const flags = name === "judge" ? ["--judge", "none"] : [];
      await expectRow(
        { second: source, says: "the task file of it" },
        () => run("stub:yes"),
        async () => {
          await writeTask({ [name]: source });
          await run("stub:yes", flags);
        },
      );
    },
  );
  test("name: it is another task, beside the first one", async () => {
    await run("stub:yes");
    await writeTask({ name: members.name as string });
    await rm(join(folder, "rows", "it.jsonl"));
    await writeFile(
      join(folder, "rows", "other.jsonl"),
      `${JSON.stringify({ id: "r0", question: "q", image: "images/a.jpg", answer: "yes" })}\n`,
    );
    expect((await run("stub:yes")).exitCode).toBe(0);
  });
  test("a file that it imports from beside it counts as its own", async () => {
    await writeFile(join(folder, "rule.ts"), "export const rule = 1;\n");
    await writeTask({ score: '() => ({ status: "scored", value: rule, answer: "" })' });
    const text = await readFile(join(folder, "it.ts"), "utf8");
    await writeFile(join(folder, "it.ts"), `import { rule } from "./rule.js";\n${text}`);
    await expectRow(
      { second: "", says: "the task file of it" },
      () => run("stub:yes"),
      async () => {
        await writeFile(join(folder, "rule.ts"), "export const rule = 0;\n");
        await run("stub:yes");
      },
    );
  });
});

test("a changed prompt is refused with the sample's name, also where nothing else tells", async () => {
  await run("stub:yes");
  const journal = join(folder, "out", "it.samples.jsonl");
  const manifest = join(folder, "out", "run.json");
  await writeTask({ prompt: "(row) => userPrompt(row.image, 'Say: ' + row.question)" });
  // As if a new version of the package had changed a task of its own without raising its version.
  const noted = JSON.parse(await readFile(manifest, "utf8"));
  noted.identity["task it"].file = await taskDigest(join(folder, "it.ts"));
  await writeFile(manifest, JSON.stringify(noted));
  const before = await readFile(journal, "utf8");
  const error = await run("stub:yes").catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "UserError", where: `${journal}:1` });
  expect(error.message).toContain('sample "r0" was asked "<image>What is it?"');
  expect(error.message).toContain("Say: What is it?");
  expect(await readFile(journal, "utf8")).toBe(before);
});

test("a line without its prompt's digest must still be about the row: another id is refused with line and field", async () => {
  await run("stub:yes");
  const journal = join(folder, "out", "it.samples.jsonl");
  const { promptDigest, ...line } = JSON.parse(await readFile(journal, "utf8"));
  expect(promptDigest).toMatch(/^[0-9a-f]{16}$/);
  await writeFile(journal, `${JSON.stringify(line)}\n`);
  expect((await run("stub:yes")).exitCode).toBe(0);
  const other = JSON.stringify({ ...line, id: "another" });
  await writeFile(journal, `${JSON.stringify(line)}\n${other}\n`);
  const error = await run("stub:yes").catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "UserError", where: `${journal}:2` });
  expect(error.message).toBe('sample "r0" stands where the line\'s /id is "another"');
});

test("an edited row is refused, in the words of its data, and so is one more row in front", async () => {
  await run("stub:yes");
  await writeRows("What is it now?");
  const edited = await run("stub:yes").catch((thrown) => thrown);
  expect(edited.message).toContain("the rows of it have changed");
  await writeRows("What is it?");
  expect((await run("stub:yes")).exitCode).toBe(0);
  const rows = await readFile(join(folder, "rows", "it.jsonl"), "utf8");
  await writeFile(join(folder, "rows", "it.jsonl"), rows.replace("r0", "r1") + rows);
  await expect(run("stub:yes")).rejects.toThrow("the rows of it have changed");
});

test("an image file that was replaced is refused with its sample and its name; rows that were moved go on", async () => {
  await run("stub:yes");
  await cp(join(folder, "rows"), join(folder, "moved"), { recursive: true });
  const args = ["run", "--tasks", join(folder, "it.ts"), "--data", join(folder, "moved"), "--model", "stub:yes"];
  expect((await runCommand([...args, "--out", join(folder, "out")])).exitCode).toBe(0);
  await writeFile(join(folder, "rows", "images", "a.jpg"), await drawnImage({ seed: 2, width: 96, height: 64 }));
  const error = await run("stub:yes").catch((thrown) => thrown);
  expect(error.message).toContain('sample "r0" has another image now: images/a.jpg');
});

test("after score the run goes on by the task file as it is now", async () => {
  await run("stub:yes");
  await writeTask({ score: '() => ({ status: "scored", value: 1, answer: "" })' });
  await expect(run("stub:yes")).rejects.toThrow("the task file of it");
  expect((await runCommand(["score", join(folder, "out")])).exitCode).toBe(0);
  expect((await run("stub:yes")).exitCode).toBe(0);
});

test("a judge may come later, and another one is refused", async () => {
  const judge =
    '{ model: "m", template: "t", ask: (row, output, verdicts) => verdicts.length > 0 ? undefined : { prompt: userPrompt("?"), parse: Number } }';
  await writeTask({
    judge,
    score: '(row, output, { verdicts }) => ({ status: "scored", value: Number(verdicts[0]), answer: "" })',
  });
  expect((await run("stub:yes", ["--judge", "none"])).exitCode).toBe(2);
  expect((await run("stub:yes", ["--judge", "stub:1"])).exitCode).toBe(0);
  await expect(run("stub:yes", ["--judge", "stub:0"])).rejects.toThrow("judge it: fingerprint.answer");
});

test("a folder of 0.1 is not continued, and says what to do", async () => {
  const old = join(packageRoot, "test", "record", "run-of-0.1", "circular-A");
  await cp(old, join(folder, "out"), { recursive: true });
  const error = await run("stub:A").catch((thrown) => thrown);
  expect(error.message).toContain("another version of llava-eval began this run");
  expect(error.fix).toContain("--fresh");
  expect((await run("stub:A", ["--fresh"])).exitCode).toBe(0);
});

test("what the server says of itself is recorded, and another answer of it does not end the run", async () => {
  const model = await writeModel("one", base.openai());
  await run(model);
  const { server: noted } = JSON.parse(await readFile(join(folder, "out", "run.json"), "utf8"));
  expect(noted).toMatchObject({ url: server.url, models: [{ id: "fake" }] });
});
