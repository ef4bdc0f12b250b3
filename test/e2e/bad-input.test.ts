import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const form = (name: string) => join(root, "test", "forms", `${name}.ts`);
const task = form("single-image");

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly says: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  { name: "no command", args: [], says: ["no command", "--help"] },
  { name: "an unknown command", args: ["rnu"], says: ['no command "rnu"', 'did you mean "run"'] },
  {
    name: "an unknown command, and a flag whose value is the name of one",
    args: ["rnu", "--out", "data"],
    says: ['no command "rnu"', 'did you mean "run"'],
  },
  {
    name: "a flag before the command, its value the name of another",
    args: ["--out", "data", "run"],
    says: ["no task was named", "--tasks"],
  },
  { name: "no task", args: ["run"], says: ["no task was named", "--tasks"] },
  { name: "an unknown task", args: ["run", "--tasks", "mmu"], says: ['no task named "mmu"', "did you mean"] },
  { name: "an unknown split", args: ["run", "--tasks", "mmmu@tset"], says: ['no split "tset"', 'did you mean "test"'] },
  { name: "an unknown flag", args: ["run", "--task", "mmmu"], says: ['"task"', 'did you mean "tasks"'] },
  { name: "a flag without a value", args: ["run", "--tasks"], says: ["--tasks needs a value"] },
  {
    name: "a limit that is no number",
    args: ["run", "--tasks", "mmmu", "--limit", "abc"],
    says: ['"abc" is not a whole number', "--limit"],
  },
  {
    name: "a limit of zero",
    args: ["run", "--tasks", "mmmu", "--limit", "0"],
    says: ["0 is out of range", "at least 1"],
  },
  {
    name: "a flag given twice",
    args: ["run", "--tasks", "mmmu", "--limit", "1", "--limit", "2"],
    says: ["more than once"],
  },
  {
    name: "a wrong environment variable",
    args: ["run", "--tasks", "mmmu"],
    environment: { LLAVA_EVAL_LIMIT: "many" },
    says: ["LLAVA_EVAL_LIMIT"],
  },
  {
    name: "an unknown model",
    args: ["run", "--tasks", "mmmu", "--model", "llava-next-27b"],
    says: ['"llava-next-27b"', 'did you mean "llava-next-72b"'],
  },
  {
    name: "an unknown scoring",
    args: ["run", "--tasks", "mmmu", "--scoring", "offical"],
    says: ["--scoring", "official"],
  },
  {
    name: "an unknown prompt profile",
    args: ["run", "--tasks", task, "--prompt-profile", "x", "--model", "stub", "--data", "rows"],
    says: ["--prompt-profile", "default"],
  },
  {
    name: "a local option for a remote model",
    args: ["run", "--tasks", "mmmu", "--model", "stub", "--dtype", "bf16"],
    says: ["--dtype is for local models"],
  },
  {
    name: "a budget without a judge",
    args: ["run", "--tasks", "mmmu", "--model", "stub", "--judge-budget", "1"],
    says: ["--judge-budget without a judge"],
  },
  {
    name: "a wrong failure limit",
    args: ["run", "--tasks", task, "--model", "stub", "--data", "rows", "--max-failed", "some"],
    says: ["--max-failed"],
  },
  {
    name: "no such folder",
    args: ["run", "--tasks", task, "--model", "stub", "--data", "nowhere"],
    says: ["nowhere", "--data"],
  },
  {
    name: "malformed YAML",
    args: ["run", "--config", "c.yaml"],
    files: { "c.yaml": "tasks: [mmmu\nmodel: stub\n" },
    says: ["c.yaml:2:"],
  },
  {
    name: "an unknown key in YAML",
    args: ["run", "--config", "c.yaml"],
    files: { "c.yaml": "tasks: mmmu\nlimt: 3\n" },
    says: ["c.yaml:2:1", 'did you mean "limit"'],
  },
  {
    name: "a wrong value in YAML",
    args: ["run", "--config", "c.yaml"],
    files: { "c.yaml": "tasks: mmmu\nlimit: many\n" },
    says: ["c.yaml:2:8", "limit"],
  },
  { name: "a missing config", args: ["run", "--config", "none.yaml"], says: ["none.yaml"] },
  {
    name: "a task file that does not load",
    args: ["run", "--tasks", "./t.ts", "--model", "stub"],
    files: { "t.ts": "export default {{" },
    says: ["t.ts", "does not load"],
  },
  {
    name: "a task file without a task",
    args: ["run", "--tasks", "./t.ts", "--model", "stub"],
    files: { "t.ts": "export default 3;" },
    says: ["t.ts", "defineTask"],
  },
  {
    name: "a first row without a field",
    args: ["run", "--tasks", form("whole-split"), "--model", "stub", "--data", "bad"],
    files: { "bad/whole_split.jsonl": '{"id": "1", "answer": "yes"}\n' },
    says: ["question", "is missing"],
  },
  {
    name: "a first row with a mistyped field",
    args: ["run", "--tasks", form("whole-split"), "--model", "stub", "--data", "bad"],
    files: { "bad/whole_split.jsonl": '{"id": "1", "question": 5, "answer": "yes"}\n' },
    says: ["question", "must be string"],
  },
  {
    name: "a run of a newer version",
    args: ["run", "--tasks", task, "--model", "stub", "--data", "rows", "--out", "newer"],
    files: { "newer/run.json": '{"schema": "llava-eval/run@2"}' },
    says: ["newer llava-eval"],
  },
  {
    name: "an endpoint that is not there",
    args: ["run", "--tasks", task, "--data", "rows", "--model", "openai:m@http://127.0.0.1:9/v1"],
    says: ["http://127.0.0.1:9/v1"],
  },
  {
    name: "a key in a URL",
    args: ["run", "--tasks", task, "--data", "rows", "--model", "openai:m@http://me:secret@host/v1"],
    says: ["env:NAME"],
  },
];

for (const { name, args, says, files = {}, environment = {} } of cases) {
  test(`${name}: says what, where and what to do, and exits with 1`, async () => {
    await using place = await Workplace.make(environment);
    await writeRows(place.file("rows"), 4);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(place.file(path), ".."), { recursive: true });
      await writeFile(place.file(path), text);
    }
    const run = await place.run(...args);
    expect(run.stderr).toMatch(/error: .+\n {2}at: {2}.+\n {2}fix: .+/);
    for (const words of says) expect(run.stderr).toContain(words);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).not.toContain("secret");
    expect(run.stdout).toBe("");
  });
}

test("a wrong key, model or URL stops the run at once, before a sample is asked, and the key is not shown", async () => {
  await using place = await Workplace.make({ FAKE_KEY: "sk-very-secret-1234" });
  await writeRows(place.file("rows"), 4);
  await using endpoint = await startEndpoint({ apiKey: "right", models: ["known"] });
  const yaml = (model: string, url = endpoint.url) =>
    `runner: openai\nmodel: ${model}\nurls: [${url}]\napiKey: env:FAKE_KEY\n`;
  for (const [text, words] of [
    [yaml("known"), "FAKE_KEY"],
    [yaml("known", `${endpoint.origin}/nothing`), "/nothing"],
  ] as const) {
    await writeFile(place.file("m.yaml"), text);
    const run = await place.run("run", "--tasks", task, "--data", "rows", "--model", "m.yaml", "--out", "out");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(words);
    expect(run.stderr).not.toContain("very-secret");
  }
  expect(endpoint.asked.filter(({ text }) => text.startsWith("Question"))).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)(
  "a results folder that cannot be written is named (skipped as root: root may write anywhere)",
  async () => {
    await using place = await Workplace.make();
    await writeRows(place.file("rows"), 4);
    await mkdir(place.file("results"));
    await chmod(place.file("results"), 0o500);
    const run = await place.run("run", "--tasks", task, "--data", "rows", "--model", "stub");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("--out");
  },
);

test("a results folder that is a file is named", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 4);
  await writeFile(place.file("results"), "");
  const run = await place.run("run", "--tasks", task, "--data", "rows", "--model", "stub");
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("--out");
});

test("a bad row in the middle and an image that is none cost those samples and nothing else", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 8, 1);
  const { readFile } = await import("node:fs/promises");
  const file = place.file("rows", "single_image.jsonl");
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  lines[3] = '{"id": "three", "image": "images/3.jpg", "question": null, "answer": "yes"}';
  lines[6] = String(lines[6]).replace("images/6.jpg", "../../../etc/passwd");
  await writeFile(file, `${lines.join("\n")}\n`);
  await writeFile(place.file("rows", "images", "5.jpg"), "this is no image");
  const run = await place.run("run", "--tasks", task, "--data", "rows", "--model", "stub:yes", "--out", "out");
  expect(run.exitCode).toBe(2);
  const samples = await place.samples("out", "single_image");
  const unscored = samples.flatMap(({ index, score }) => (score?.status === "unscored" ? [[index, score.reason]] : []));
  expect(unscored).toEqual([
    [3, "data"],
    [5, "data"],
    [6, "data"],
  ]);
  expect((await place.result("out", "single_image")).n.scored).toBe(5);
});
