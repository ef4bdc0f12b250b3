import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { SampleRecord } from "../../src/record/samples.js";
import { failedSample, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { Workplace } from "../e2e/cli.js";
import { runCommand } from "./run-command.js";

const run = (...args: string[]) => runCommand(["compare", ...args]);
const base = Array.from({ length: 300 }, (_, i) => sample(i, i % 4 === 0 ? 0 : 1));
const worse = base.map((record, i) => (i % 5 === 1 ? sample(i, 0) : record));

async function twoRuns(root: string, b: readonly SampleRecord[] = worse) {
  const a = await writeRun(root, "a", { tasks: { vqav2: { samples: base }, gqa: { samples: base } } });
  return [a, await writeRun(root, "b", { tasks: { vqav2: { samples: b }, gqa: { samples: base } } })] as const;
}

test("compare prints a table and exits with 0 unless a gate is asked for, then with 3", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  const open = await run(a, b);
  expect(open.exitCode).toBe(0);
  expect(open.stdout).toMatch(/vqav2 v1 +accuracy +75\.0 +60\.0 +-15\.0 .*regression: significantly worse/);
  expect(open.stdout).toMatch(/gqa v1 .*no regression: all answers are identical/);
  expect(open.stdout).toContain("vqav2: 45 worse, 0 better; the first 20");
  const closed = await run(a, b, "--fail-on", "regression");
  expect(closed.exitCode).toBe(3);
  expect(closed.stderr).toContain("gate closed: regression: vqav2\n");
  const back = await run(b, a, "--fail-on", "regression");
  expect(back.exitCode).toBe(0);
});

test("--fail-on inconclusive closes on too little evidence, --min-effect says what counts", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(
    folder.dir,
    base.map((record, i) => (i < 3 ? sample(i, 1 - (i % 4 === 0 ? 0 : 1)) : record)),
  );
  expect((await run(a, b, "--fail-on", "regression")).exitCode).toBe(0);
  const closed = await run(a, b, "--fail-on", "regression,inconclusive");
  expect(closed.exitCode).toBe(3);
  expect(closed.stderr).toContain("not enough evidence: vqav2");
  expect((await run(a, b, "--fail-on", "regression,inconclusive", "--min-effect", "5")).exitCode).toBe(0);
});

test("a task that vanished from B closes the gate, unless --tasks leaves it out", async () => {
  await using folder = await temporaryFolder();
  const [a] = await twoRuns(folder.dir);
  const b = await writeRun(folder.dir, "less", { tasks: { gqa: { samples: base } } });
  const closed = await run(a, b, "--fail-on", "regression");
  expect(closed.exitCode).toBe(3);
  expect(closed.stderr).toContain("missing in B: vqav2");
  expect((await run(a, b, "--fail-on", "regression", "--tasks", "gqa")).exitCode).toBe(0);
  const junit = join(folder.dir, "c.xml");
  const open = await run(a, b, "--save", `junit=${junit}`);
  expect(open.stdout).toContain("verdict: not enough evidence; not in B: vqav2\n");
  expect(await readFile(junit, "utf8")).toMatch(
    /tests="2" failures="0" errors="0" skipped="1"[\s\S]*name="vqav2">\s*<skipped message="not in B"\/>/,
  );
  await run(a, b, "--fail-on", "regression", "--save", `junit=${junit}`);
  expect(await readFile(junit, "utf8")).toMatch(/failures="1" errors="0" skipped="0"[\s\S]*<failure type="missing"/);
});

test("a number that vanished closes the gate: F1 of a model that no longer says yes, a run that was never answered", async () => {
  await using place = await Workplace.make();
  for (const said of ["yes", "no"])
    await place.run(
      "run",
      "--tasks",
      "pope",
      "--data",
      "demo",
      "--limit",
      "12",
      "--model",
      `stub:${said}`,
      "--out",
      said,
    );
  const junit = place.file("gate.xml");
  const closed = await place.run("compare", "yes", "no", "--fail-on", "regression", "--save", `junit=${junit}`);
  expect(closed.exitCode).toBe(3);
  expect(closed.stderr).toContain("gate closed: no value in B: pope\n");
  expect(closed.stdout).toMatch(/pope .*f1 has a value in A and none in B/);
  expect(await readFile(junit, "utf8")).toMatch(/failures="1" errors="0" skipped="0"/);
  // Had A none either, nothing was lost.
  expect((await place.run("compare", "no", "no", "--fail-on", "regression")).exitCode).toBe(0);

  const a = await writeRun(place.path, "a", { tasks: { vqav2: { samples: base.slice(0, 4) } } });
  const silent = [0, 1, 2, 3].map((i) => failedSample(i));
  const b = await writeRun(place.path, "b", { tasks: { vqav2: { samples: silent } } });
  expect(await run(a, b, "--fail-on", "regression")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("gate closed: no value in B: vqav2\n"),
  });
});

test("mistakes are named with the flag and a fix", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  await expect(run(a, b, "--alpha", "abc")).rejects.toMatchObject({
    where: "--alpha",
    message: '"abc" is not a number from 0.0001 to 0.5',
  });
  await expect(run(a, b, "--fail-on", "worse")).rejects.toMatchObject({ where: "--fail-on" });
  await expect(run(a, b, "--save", "pdf=x")).rejects.toMatchObject({ where: "--save" });
  await expect(run(a, join(folder.dir, "nothing"))).rejects.toThrow(/neither a run folder/);
  // A folder that is named is meant to be there, whether or not its models are needed.
  for (const command of [
    ["compare", a, b],
    ["explain", a, b],
    ["leaderboard", a],
    ["power", "--task", "pope"],
    ["history"],
  ])
    await expect(runCommand([...command, "--results", join(folder.dir, "nothing")])).rejects.toMatchObject({
      ...{ message: "there is no such folder", where: `--results ${join(folder.dir, "nothing")}` },
    });
  await expect(runCommand(["leaderboard", a, "--suite", "./nothing.yaml"])).rejects.toMatchObject({
    fix: "check the path given to --suite",
  });
});

test("one call gives a table, a JUnit file and a comment; JSON goes to --out", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  const path = (name: string) => join(folder.dir, name);
  await run(a, b, "--format", "json", "--out", path("c.json"), "--save", `junit=${path("c.xml")},md=${path("c.md")}`);
  const json = JSON.parse(await readFile(path("c.json"), "utf8"));
  expect(json).toMatchObject({ schema: "llava-eval/comparison@1", verdict: "regression" });
  expect(await readFile(path("c.xml"), "utf8")).toContain('<testsuites tests="2" failures="1" errors="0">');
  expect(await readFile(path("c.md"), "utf8")).toContain("### ❌ llava-eval: regression");
});

test("in GitHub Actions the log gets annotations and the job's page a summary", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  const summary = join(folder.dir, "summary.md");
  await writeFile(summary, "before\n");
  const { stderr } = await runCommand(["compare", a, b], {
    GITHUB_ACTIONS: "true",
    GITHUB_STEP_SUMMARY: summary,
  });
  expect(stderr).toMatch(/^::error title=vqav2%3A regression::vqav2 accuracy: 75\.0 → 60\.0, -15\.0/m);
  expect(await readFile(summary, "utf8")).toMatch(/^before\n### ❌ llava-eval: regression/);
});

/** What a model may write to harm whoever reads the comparison. */
const hostile = [
  "\n::error::owned",
  "##[add-path]/evil",
  "\x1b]0;title\x07\x1b[2J",
  "<script>alert(1)</script>",
  "](http://evil.example) ![x](http://evil.example/p.png) @everyone #1 | `cell`",
  "=HYPERLINK(1)",
  "]]>\u0000\ufffe\ud800</failure>",
  "\u202egnp.exe",
  "=1+1\u2028::warning::x",
];

const hostileAt = (i: number) => hostile[Math.floor(i / 5) % hostile.length] as string;

let outputs: Readonly<Record<string, string>>;
beforeAll(async () => {
  await using folder = await temporaryFolder();
  const b = worse.map((record, i) => {
    const text = hostileAt(i);
    return i % 5 === 1
      ? { ...sample(i, 0), id: text + i, text, score: { status: "scored" as const, value: 0, answer: text } }
      : record;
  });
  const a = base.map((record, i) => (i % 5 === 1 ? { ...record, id: hostileAt(i) + i } : record));
  const dirA = await writeRun(folder.dir, "a", { model: "m\n::error::model", tasks: { vqav2: { samples: a } } });
  const dirB = await writeRun(folder.dir, "b", { tasks: { vqav2: { samples: b } } });
  const forms = ["table", "text", "latex", "json", "md", "junit", "github"];
  const found: Record<string, string> = {};
  for (const form of forms) found[form] = (await run(dirA, dirB, "--format", form, "--flips", "50")).stdout;
  outputs = found;
});

test("hostile answers give no workflow command, no escape sequence and no bidi override in a terminal or log", () => {
  const { table = "", text = "", latex = "" } = outputs;
  expect(table).toContain("⏎::error::owned");
  expect(table).toContain("\\x1b]0;title\\x07");
  for (const form of [table, text, latex]) {
    expect(form).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    for (const line of form.split("\n")) expect(line.trim().startsWith("::")).toBe(false);
    expect(form).not.toContain("##[");
  }
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(12);
  expect(text.split("\n")[0]).toMatch(/^❌ llava-eval: regression \(A .*, B /);
});

test("annotations are our own lines only", () => {
  const lines = (outputs.github ?? "").trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/^::(error|warning|notice) title=(vqav2%3A|llava-eval compare)/);
});

test("hostile answers stay inside code in Markdown: no tag, link, image, mention or further cell", () => {
  const { md = "" } = outputs;
  const outside = md.replace(/`[^`\n]*`/g, "").replace(/<\/?(details|summary)>/g, "");
  expect(outside).not.toMatch(/<(?!0)|@|`|evil|http|::|##\[/);
  const rows = md.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(row.split("|")).toHaveLength(7);
});

test("hostile answers leave JSON as they are, for programs", () => {
  const { tasks } = JSON.parse(outputs.json ?? "");
  const texts = tasks[0].flips.shown.map((flip: { b: { text: string } }) => flip.b.text);
  expect(texts).toContain("<script>alert(1)</script>");
});

const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;

test.skipIf(!hasXmllint)(
  "JUnit XML with hostile answers is read by libxml2 (skipped without xmllint: apt install libxml2-utils)",
  async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.dir, "junit.xml");
    await writeFile(path, outputs.junit ?? "");
    const xpath = (query: string) => spawnSync("xmllint", ["--xpath", query, path], { encoding: "utf8" });
    const checked = spawnSync("xmllint", ["--noout", path], { encoding: "utf8" });
    expect(checked.stderr).toBe("");
    expect(xpath("count(//testcase[failure])").stdout.trim()).toBe("1");
    expect(xpath("string(//testsuite/@failures)").stdout.trim()).toBe("1");
    const failure = xpath("string(//failure)").stdout;
    expect(failure).toContain("]]>\ufffd\ufffd\ufffd</failure>");
    expect(failure).toContain("<script>alert(1)</script>");
  },
);

test("what is significantly better is called an improvement, and opens no gate", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  const better = await run(b, a, "--fail-on", "regression");
  expect(better.exitCode).toBe(0);
  expect(better.stdout).toMatch(/vqav2 v1 .*improvement: significantly better/);
});

test("a comparison for a paper: columns of one's own choice, digits, the better side bold; unknown columns are named", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  const { stdout } = await run(a, b, "--format", "latex", "--columns", "A,B,difference,verdict", "--digits", "2");
  expect(stdout).toContain("vqav2 v1 & \\textbf{75.00} & 60.00 & -15.00 & regression \\\\");
  const turned = await run(a, b, "--format", "md", "--columns", "A,B", "--transpose");
  expect(turned.stdout).toMatch(/^\| {2}\| gqa v1 \| vqav2 v1 \|$/m);
  await expect(run(a, b, "--columns", "diff")).rejects.toMatchObject({ where: "--columns" });
});

test("a run against a published model: unpaired, twice its own variance, every caveat said; it closes no gate", async () => {
  await using folder = await temporaryFolder();
  const whole = await writeRun(folder.dir, "own", { tasks: { mmmu: { samples: base }, docvqa: { samples: base } } });
  const { stdout, exitCode } = await run(whole, "llava-1.5-7b");
  expect(exitCode).toBe(0);
  // 75.0 of 300 samples: 1.96 standard errors of 2.5 are 4.9, of the difference 1.414 times as much.
  expect(stdout).toMatch(/mmmu v1 +accuracy +75\.0 +35\.3ᵇ +\+39\.7 +\[\+32\.8, \+46\.6\] +above +LMMs-Eval paper/);
  expect(stdout).toMatch(/docvqa v1 +anls .* not comparable/);
  expect(stdout).toMatch(/^ᵇ scored by lmms-eval there, by official here$/m);
  expect(stdout).toMatch(/^unpaired: nobody printed their answers/m);
  expect(stdout).toMatch(/^LMMs-Eval paper: .*transcribed from a copy of it/m);
  const json = JSON.parse((await run("LLaVA-1.5-7B", whole, "--format", "json", "--tasks", "mmmu")).stdout);
  expect(json).toMatchObject({ published: "LLaVA-1.5-7B", lines: [{ task: "mmmu", own: 75, verdict: "above" }] });
  expect((await run(whole, "LLaVA-1.5-7B", "--format", "text")).stdout.split("\n").length).toBeLessThanOrEqual(13);
  await expect(run(whole, "LLaVA-1.5-7B", "--fail-on", "regression")).rejects.toMatchObject({ where: "--fail-on" });
  await expect(run(whole, "LLaVA-1.5-7B", "--format", "junit")).rejects.toMatchObject({ where: "--format" });
  await expect(run(whole, "LLaVA-9B")).rejects.toThrow(/neither a run folder/);
  const part = await writeRun(folder.dir, "part", {
    tasks: { mmmu: { samples: base, result: { flags: ["partial"] } } },
  });
  await expect(run(part, "GPT-4V")).rejects.toThrow(/no whole result of .*: mmmu \(partial\)/);
  expect((await run(part, "GPT-4V", "--force")).stdout).toMatch(/^ᵇ ours is partial$/m);
});
