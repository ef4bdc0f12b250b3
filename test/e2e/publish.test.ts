/** `publish` and `verify`: a folder that carries its proof, and every change of it named. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { runCommand } from "../cli/run-command.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { drawnImage } from "../fakes/images.js";
import { root } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const answers = ["yes", "no", "red", "2"];

let place: string;
const file = (...parts: readonly string[]) => join(place, ...parts);
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "llava-eval-publish-"));
  await writeRows(file("rows"), 12);
  await using endpoint = await startEndpoint({
    answer: ({ text, images }) => (images.length > 0 ? (answers[Number(/\d+/.exec(text)?.[0]) % 4] as string) : "no"),
  });
  const model = `openai:fake@${endpoint.url}`;
  await evaluate({ tasks: task, data: file("rows"), model, name: "org/fake", blind: "none", out: file("run") });
  await runCommand(["publish", file("run"), "--out", file("bundle")]);
});
afterAll(() => rm(place, { recursive: true, force: true }));

/** A copy of the bundle, changed. @returns what `verify` says of it */
async function verifyChanged(change: (bundle: string) => Promise<void>, ...args: readonly string[]) {
  const bundle = await mkdtemp(file("changed-"));
  await cp(file("bundle"), bundle, { recursive: true });
  await change(bundle);
  const { stdout, exitCode } = await runCommand(["verify", bundle, "--json", "--tasks", task, ...args]);
  return { exitCode, ...(JSON.parse(stdout) as Record<"problems" | "checked" | "unchecked", string[]>) };
}

/** As somebody would who knows of the checksums. */
async function withSums(bundle: string): Promise<void> {
  const lines = (await readFile(join(bundle, "SHA256SUMS"), "utf8")).trim().split("\n");
  const again = await Promise.all(
    lines.map(async (line) => {
      const name = line.slice(66);
      return `${createHash("sha256")
        .update(await readFile(join(bundle, name)))
        .digest("hex")}  ${name}\n`;
    }),
  );
  await writeFile(join(bundle, "SHA256SUMS"), again.join(""));
}

const edited = (name: string, edit: (text: string) => string) => async (bundle: string) => {
  const before = await readFile(join(bundle, name), "utf8");
  const after = edit(before);
  expect(after).not.toBe(before);
  await writeFile(join(bundle, name), after);
};
const honestly = (change: (bundle: string) => Promise<void>) => async (bundle: string) => {
  await change(bundle);
  await withSums(bundle);
};

test("a bundle has all that is needed to look, to check and to repeat, and no machine's name", async () => {
  const entries = await readdir(file("bundle"), { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(file("bundle"), join(entry.parentPath, entry.name)));
  for (const name of ["README.md", "SHA256SUMS", "eval_results.yaml", "page/index.html", "repeat.sh", "run/run.json"])
    expect(names).toContain(name);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const folder of folders) expect(await readdir(folder), folder).not.toEqual([]);
  expect(names).toContain("run/single_image.samples.jsonl");
  expect(names).toContain("run/blind-none/single_image.json");
  for (const path of ["run/run.json", "run/blind-none/run.json"]) {
    const manifest = JSON.parse(await readFile(file("bundle", path), "utf8"));
    expect(manifest.host, path).not.toHaveProperty("hostname");
    expect(manifest, path).not.toHaveProperty("seal");
  }
  expect(await readFile(file("bundle", "repeat.sh"), "utf8")).toMatch(/^npx llava-eval run --model .* --blind none/m);
  expect(await readFile(file("bundle", "README.md"), "utf8")).toContain("# org/fake");
  // Anybody's own tool accepts the checksums.
  expect(execFileSync("sha256sum", ["-c", "--quiet", "SHA256SUMS"], { cwd: file("bundle"), encoding: "utf8" })).toBe(
    "",
  );
});

test("a bundle as it was written: bytes, questions, scores and counts are looked at, and what is not is said", async () => {
  const verified = await verifyChanged(async () => {});
  expect(verified).toMatchObject({ exitCode: 0, problems: [] });
  for (const way of ["single_image", "single_image (blind-none)"])
    expect(verified.checked).toEqual(
      expect.arrayContaining([
        `${way}: every question, its words and images, from its rows`,
        `${way}: every answer scored again, from its rows`,
        `${way}: the result counted again from its samples`,
      ]),
    );
  expect(verified.checked).toContain("single_image: what the image was worth, from both journals");
  expect(verified.unchecked).toContainEqual(expect.stringMatching(/^that the model gave these answers/));
  const text = (await runCommand(["verify", file("bundle"), "--tasks", task])).stdout;
  expect(text).toContain("nothing that was looked at was changed");
  expect((await runCommand(["verify", file("run")])).stdout).toContain("a run's folder has no SHA256SUMS");
});

test("one changed byte of any file is named by its file", async () => {
  for (const name of ["run/single_image.samples.jsonl", "page/index.html", "README.md", "run/timings.jsonl"]) {
    const { problems, exitCode } = await verifyChanged(async (bundle) => {
      const bytes = await readFile(join(bundle, name));
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
      await writeFile(join(bundle, name), bytes);
    });
    expect(exitCode).toBe(3);
    expect(problems, name).toContain(`${name}: its bytes were changed`);
  }
  const { problems } = await verifyChanged(async (bundle) => {
    await rm(join(bundle, "repeat.sh"));
    await writeFile(join(bundle, "more.txt"), "");
  });
  expect(problems).toEqual(["repeat.sh: is missing", "more.txt: stands in no line of SHA256SUMS"]);
});

const journal = "run/single_image.samples.jsonl";
const lineOf = (text: string, id: number) => text.split("\n")[id] as string;

test.each<[string, (bundle: string) => Promise<void>, string]>([
  [
    "a score",
    edited(journal, (text) => text.replace(lineOf(text, 5), lineOf(text, 5).replace('"value":1', '"value":0'))),
    'single_image: sample "5" says {"answer":"no","status":"scored","targets":["no"],"value":0}, and its answer earns',
  ],
  [
    "an answer",
    edited(journal, (text) => text.replace(lineOf(text, 6), lineOf(text, 6).replace('"text":"red"', '"text":"blue"'))),
    'single_image: sample "6" says',
  ],
  [
    "a score in the blind run",
    edited("run/blind-none/single_image.samples.jsonl", (text) =>
      text.replace(lineOf(text, 4), lineOf(text, 4).replace('"value":0', '"value":1')),
    ),
    'single_image (blind-none): sample "4" says',
  ],
  [
    "a number",
    edited("run/single_image.json", (text) => text.replace(/"value": 1,/, '"value": 0.9,')),
    "single_image: accuracy is 0.9, and its samples give 1",
  ],
  [
    "a flag",
    edited("run/single_image.json", (text) => text.replace('"flags": []', '"flags": ["partial"]')),
    "single_image: flags is",
  ],
  [
    "a row of the journal",
    edited(journal, (text) => text.replace(`${lineOf(text, 7)}\n`, "")),
    "the journal of single_image has 11 of the 12 scored samples",
  ],
  [
    "a sample's name",
    edited(journal, (text) => text.replace(lineOf(text, 7), lineOf(text, 7).replace('"id":"7"', '"id":"70"'))),
    'single_image: row 7 is "7", and the journal\'s is "70"',
  ],
  [
    "an image that was shown",
    edited(journal, (text) => text.replace(/"images":\["[0-9a-f]{4}/, '"images":["0000')),
    'single_image: sample "0" was shown another image than its row\'s',
  ],
  [
    "the words that were asked",
    edited(journal, (text) => text.replace(lineOf(text, 3), lineOf(text, 3).replace("Question 3?", "Say no."))),
    'single_image: sample "3" was asked other words than its row\'s',
  ],
  [
    "an interval alone",
    edited("run/single_image.json", (text) =>
      text
        .replace(/"n": 12,\n {6}"interval": \[\n {8}[\d.]+/, (one) => `${one}1`)
        .replace(/"interval": \[\n {8}0\.\d/, '"interval": [\n        0.1'),
    ),
    "interval of accuracy is",
  ],
  [
    "where its rows are from",
    edited("run/single_image.json", (text) => text.replace('"kind": "folder"', '"kind": "hub"')),
    'single_image: dataset.kind is "hub", and of its rows it is "folder"',
  ],
  [
    "how it was generated",
    edited("run/single_image.json", (text) => text.replace('"temperature": 0', '"temperature": 1')),
    'single_image: generation is {"maxNewTokens":8,"temperature":1}, and run.json says {"maxNewTokens":8,"temperature":0}',
  ],
  [
    "what the image was worth",
    edited("run/single_image.json", (text) => text.replace(/("none": \{\n +"metric"[^}]*?"value": )[\d.]+/, "$10.9")),
    "single_image: value of visionGain (none) is 0.9, and both journals give 0.75",
  ],
  [
    "what the image was worth, of a blind run that is not there",
    edited("run/single_image.json", (text) =>
      text.replace('"visionGain": {\n    "none"', '"visionGain": {\n    "other"'),
    ),
    "single_image: visionGain (none) is missing, and both journals give 0.75\nsingle_image: visionGain (other) stands in the result, and no blind run gives it",
  ],
  [
    "what the image was worth, on the board",
    edited("run/leaderboard.json", (text) => text.replace(/("none": \{\n +"metric"[^}]*?"value": )[\d.]+/, "$10.9")),
    "leaderboard.json: single_image is not as its result says",
  ],
  [
    "the board",
    edited("run/leaderboard.json", (text) => text.replace('"value": 1,', '"value": 0.99,')),
    "leaderboard.json: single_image is not as its result says",
  ],
  [
    "the model's name",
    edited("run/run.json", (text) => text.replace('"model": "org/fake"', '"model": "org/better"')),
    "its model, or what it is, is another in run.json",
  ],
])("%s that was changed, checksums and all, is named", async (_what, change, says) => {
  const { problems, exitCode } = await verifyChanged(honestly(change));
  expect(exitCode).toBe(3);
  expect(problems.join("\n")).toContain(says);
  expect(problems.join("\n")).not.toContain("bytes were changed");
});

test("a licence that is known by another name since is no other result, and is said", async () => {
  const known = edited("run/single_image.json", (text) =>
    text.replace('"licence": "CC0-1.0"', '"licence": "not stated"'),
  );
  const { exitCode, problems, unchecked } = await verifyChanged(honestly(known));
  expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
  expect(unchecked).toContain(
    'single_image: the licence of its rows: "not stated" in the result, "CC0-1.0" as it is known here',
  );
});

test("a run of before a metric had its authors' name is the same result; another name is another number", async () => {
  await writeFile(
    file("named.ts"),
    `import task from ${JSON.stringify(task)};\nexport default { ...task, reportedAs: { official: { accuracy: "Overall" } } };\n`,
  );
  const older = await runCommand(["verify", file("bundle"), "--json", "--tasks", file("named.ts")]);
  expect(JSON.parse(older.stdout)).toMatchObject({ problems: [] });
  const other = await verifyChanged(
    honestly(
      edited("run/single_image.json", (text) =>
        text.replace('"name": "accuracy",', '"name": "accuracy",\n      "reportedAs": "Average",'),
      ),
    ),
  );
  expect(other.exitCode).toBe(3);
  expect(other.problems.join("\n")).toContain('single_image: reportedAs of accuracy is "Average"');
});

test("rows that are others now are named: a reference, a question, an image; without rows it says what it could not check", async () => {
  const rows = async (name: string, change: (folder: string) => Promise<void>) => {
    await cp(file("rows"), file(name), { recursive: true });
    await change(file(name));
    return verifyChanged(async () => {}, "--data", file(name));
  };
  const edit = (from: string, to: string) => async (folder: string) => {
    const path = join(folder, "single_image.jsonl");
    await writeFile(path, (await readFile(path, "utf8")).replace(from, to));
  };
  expect((await rows("same", async () => {})).problems).toEqual([]);
  const reference = await rows(
    "reference",
    edit(
      '"id":2,"image":"images/0.jpg","question":"Question 2?","answer":"red"',
      '"id":2,"image":"images/0.jpg","question":"Question 2?","answer":"blue"',
    ),
  );
  expect(reference.exitCode).toBe(3);
  expect(reference.problems.join("\n")).toContain("single_image: the rows have changed");
  expect(reference.problems.join("\n")).toContain('single_image: sample "2" says');
  const question = await rows("question", edit("Question 3?", "Question three?"));
  expect(question.problems.join("\n")).toContain('sample "3" was asked other words than its row\'s');
  const image = await rows("image", async (folder) =>
    writeFile(join(folder, "images", "1.jpg"), await drawnImage({ seed: 99, width: 32, height: 24 })),
  );
  expect(image.problems.join("\n")).toContain('sample "4" was shown another image than its row\'s');

  const without = await verifyChanged(async () => {}, "--data", file("nowhere"));
  expect(without).toMatchObject({ exitCode: 0, problems: [] });
  expect(without.unchecked).toContainEqual(expect.stringContaining("single_image: its scores against its rows"));
  expect(without.checked).toContain("single_image: the result counted again from its samples");
  // What follows from the samples is looked at all the same.
  const counted = await verifyChanged(
    honestly(
      edited(journal, (text) => text.replace(lineOf(text, 5), lineOf(text, 5).replace('"value":1', '"value":0'))),
    ),
    ...["--data", file("nowhere")],
  );
  expect(counted.problems.join("\n")).toContain("single_image: accuracy is 1, and its samples give");
});

test("a run by a link is copied, not written to, without what the user put there", async () => {
  const original = file("linked-run");
  await cp(file("run"), original, { recursive: true });
  await writeFile(join(original, "private.txt"), "mine");
  await symlink(join(original, "private.txt"), join(original, "of-mine.txt"));
  await writeFile(join(original, "notes.jsonl"), "");
  await writeFile(join(original, "notes.jsonl.gz"), gzipSync("mine"));
  await mkdir(join(original, "report"));
  await writeFile(join(original, "report", "index.html"), "page");
  await symlink(original, file("latest"));
  const before = await readFile(join(original, "run.json"), "utf8");
  expect(before).toContain("hostname");
  expect(before).toContain('"seal": "');
  await runCommand(["publish", file("latest"), "--out", file("by-link")]);
  expect(await readFile(join(original, "run.json"), "utf8")).toBe(before);
  expect(await readdir(join(original, "blind-none"))).toContain("run.json");
  const names = await readdir(file("by-link", "run"));
  expect(names).toContain("single_image.samples.jsonl");
  expect(names).toContain("blind-none");
  for (const own of ["private.txt", "of-mine.txt", "report", "notes.jsonl"]) expect(names).not.toContain(own);
  expect((await runCommand(["verify", file("by-link")])).exitCode).toBe(0);
  await runCommand(["score", file("latest"), "--reasoning-tags", "all", "--out", file("again")]);
  expect(await readFile(join(original, "run.json"), "utf8")).toBe(before);
  await expect(runCommand(["publish", file("latest"), "--out", join(original, "in")])).rejects.toMatchObject({
    where: "--out",
  });
});

test("a link in the place of a run's file is refused by name: whatever file of this machine it leads to is not given away", async () => {
  await writeFile(file("secret"), "secret");
  for (const [name, target] of [
    ["single_image.samples.jsonl", file("secret")],
    ["timings.jsonl", file("secret")],
    ["submissions", file("run")],
    [join("blind-none", "single_image.json"), file("run", "blind-none", "single_image.json")],
    ["judge.single_image.jsonl.gz", file("secret")],
  ] as const) {
    const original = await mkdtemp(file("with-link-"));
    await cp(file("run"), original, { recursive: true });
    await rm(join(original, name), { recursive: true, force: true });
    await symlink(target, join(original, name));
    await expect(runCommand(["publish", original, "--out", `${original}-out`]), name).rejects.toMatchObject({
      where: join(original, name),
      message: expect.stringContaining(`a link to ${target}`),
    });
    expect(existsSync(`${original}-out`)).toBe(false);
  }
});

test("of a fleet it is told which worker asked what, and not on which machine", async () => {
  const original = file("fleets-run");
  await cp(file("run"), original, { recursive: true });
  const lines = (await readFile(join(original, "timings.jsonl"), "utf8")).trim().split("\n");
  const asked = lines.map((line, i) => ({ ...JSON.parse(line), worker: `gpu-box-${(i % 2) + 7}-4711-ab12` }));
  await writeFile(join(original, "timings.jsonl"), asked.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await runCommand(["publish", original, "--out", file("fleets-bundle")]);
  const told = (await readFile(file("fleets-bundle", "run", "timings.jsonl"), "utf8")).trim().split("\n");
  expect(told.map((line) => JSON.parse(line))).toEqual(
    asked.map((line, i) => ({ ...line, worker: `worker-${(i % 2) + 1}` })),
  );
  expect((await runCommand(["verify", file("fleets-bundle")])).exitCode).toBe(0);
});

test("lines that lost the digest of their question are not called checked", async () => {
  const without = honestly(edited(journal, (text) => text.replace(/"promptDigest":"[0-9a-f]{16}",/g, "")));
  const { problems, unchecked } = await verifyChanged(without);
  expect(problems).toEqual([]);
  expect(unchecked).toContain("single_image: what 12 samples were asked: their lines have no digest of it");
});

test("links, pipes and folders in a bundle are named, and nothing behind them is read", async () => {
  const link = await verifyChanged(async (bundle) => {
    await rm(join(bundle, "run", "single_image.json"));
    await symlink(file("run", "single_image.json"), join(bundle, "run", "single_image.json"));
  });
  expect(link).toMatchObject({ exitCode: 3, problems: ["run/single_image.json: is no plain file"] });
  const pipe = await verifyChanged(async (bundle) => {
    execFileSync("mkfifo", [join(bundle, "run", "more.jsonl")]);
  });
  expect(pipe.problems).toEqual(["run/more.jsonl: is no plain file"]);
  const named = await verifyChanged(edited("SHA256SUMS", (text) => `${text}${"0".repeat(64)}  run\n`));
  expect(named).toMatchObject({ exitCode: 3, problems: ["run: is missing"] });
});

test("a stranger's bundle runs nothing here: task files that it names are not loaded", async () => {
  const script = file("evil.mjs");
  await writeFile(
    script,
    `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(file("ran"))}, "");\nexport default {};\n`,
  );
  const named = honestly(edited("run/run.json", (text) => text.replace(JSON.stringify(task), JSON.stringify(script))));
  const bundle = await mkdtemp(file("evil-"));
  await cp(file("bundle"), bundle, { recursive: true });
  await named(bundle);
  const { stdout } = await runCommand(["verify", bundle]);
  expect(stdout).toMatch(/not checked {2}single_image: its scores: no task of the package has this name; --tasks/);
  expect(await readdir(place)).not.toContain("ran");
});

test("what is no bundle, no finished run, or stands already is refused", async () => {
  await expect(runCommand(["verify", file("rows")])).rejects.toMatchObject({
    message: expect.stringContaining("neither a bundle"),
  });
  await expect(runCommand(["publish", file("run"), "--out", file("bundle")])).rejects.toMatchObject({ where: "--out" });
  await expect(runCommand(["publish", file("run"), "--out", file("run", "inside")])).rejects.toMatchObject({
    where: "--out",
  });
  await cp(file("run"), file("unfinished"), { recursive: true });
  await edited("run.json", (text) => text.replace('"status": "done"', '"status": "interrupted"'))(file("unfinished"));
  await expect(runCommand(["publish", file("unfinished"), "--out", file("b2")])).rejects.toMatchObject({
    message: "the run is interrupted",
  });
  expect(await readdir(place)).not.toContain("b2");
});
