import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { temporaryFolder } from "../board/run-fixture.js";
import { Workplace } from "../e2e/cli.js";
import { runCommand } from "./run-command.js";

/** A night's line, as a run leaves it. */
function line(task: string, night: number, value: number, more: object = {}) {
  return {
    schema: "llava-eval/history@1",
    ...{
      finishedAt: `2026-10-${String(night + 1).padStart(2, "0")}T02:30:00.000Z`,
      run: "nightly",
      model: "house model",
    },
    ...{ task, version: 1, scoring: "official", promptProfile: "default", dataset: { source: "demo", split: "val" } },
    metric: {
      name: "accuracy",
      unit: "fraction",
      direction: "higher",
      value,
      interval: [value - 0.05, value + 0.05],
      n: 256,
    },
    ...{ n: { total: 256, scored: 256 }, flags: ["demo"] },
    ...more,
  };
}

/** Thirty nights of two tasks; one of them gets worse on the 19th. */
async function thirtyNights(dir: string, worse: boolean): Promise<void> {
  const random = seededRandom("history", 7);
  const share = (p: number) =>
    Array.from({ length: 256 }, () => (random.next() < p ? 1 : 0)).reduce<number>((a, b) => a + b, 0) / 256;
  const lines = Array.from({ length: 30 }, (_, night) => [
    line("vqav2", night, share(worse && night >= 18 ? 0.7 : 0.8)),
    line("pope", night, share(0.9)),
  ]).flat();
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "history.jsonl"), lines.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

test("history finds the planted change among 30 nights, with its first run, and none in 30 equal ones", async () => {
  await using folder = await temporaryFolder();
  await thirtyNights(join(folder.dir, "worse"), true);
  await thirtyNights(join(folder.dir, "equal"), false);
  const { stdout } = await runCommand(["history", "--results", join(folder.dir, "worse")]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^pope +house model +30 .*[▁▂▃▄▅▆▇█]{30}$/);
  expect(lines[2]).toMatch(/^vqav2 +house model +30 /);
  expect(lines[2]).toMatch(/ \d\d\.\dᵃ /);
  expect(lines[4]).toMatch(/^ᵃ worse since 2026-10-19 02:30, run nightly: 79\.9 → 71\.1 \(-8\.8, p <0\.001\)$/);
  expect((await runCommand(["history", "--results", join(folder.dir, "equal")])).stdout).not.toContain("since");
});

test("nights that stopped when decided, in a drawn order or an informative one, are other series than whole nights of as many samples", async () => {
  await using folder = await temporaryFolder();
  const kinds = [{}, { until: "decided" }, { until: "decided by order 0f" }];
  const lines = [0, 1, 2].flatMap((night) => kinds.map((kind, i) => line("pope", 3 * night + i, 0.8, kind)));
  await writeFile(join(folder.dir, "history.jsonl"), lines.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const { stdout } = await runCommand(["history", "--results", folder.dir]);
  expect(stdout.split("\n").filter((row) => /^pope .* 3 /.test(row))).toHaveLength(3);
  for (const setup of ["until none", "until decided", "until decided by order 0f"]) expect(stdout).toContain(setup);
});

test("a history for a paper, a README and a chat", async () => {
  await using folder = await temporaryFolder();
  await thirtyNights(folder.dir, true);
  const as = async (format: string, ...more: string[]) =>
    (await runCommand(["history", "--results", folder.dir, "--format", format, ...more])).stdout;
  expect(await as("latex", "--digits", "2")).toMatch(
    /vqav2 & house model & 30 & 7\d\.\d\d\\textsuperscript\{a\} & [\s\S]*textsuperscript\{a\}~worse since 2026-10-19/,
  );
  expect(await as("latex", "--columns", "last,course,runs")).toMatch(/vqav2 & 7\d\.\d\\textsuperscript\{a\} & 30 \\\\/);
  expect(await as("md", "--columns", "runs,last", "--transpose")).toMatch(
    /^\| {2}\| pope \| vqav2 \|\n.*\n\| runs \| 30 \| 30 \|\n/,
  );
  await expect(as("table", "--columns", "rums")).rejects.toMatchObject({
    ...{ where: "--columns", fix: expect.stringContaining('did you mean "runs"') },
  });
  expect(await as("md")).toMatch(/^\| vqav2 \| house model \| 30 \| 7\d\.\dᵃ \| [\s\S]*^- ᵃ worse since 2026-10-19/m);
  const chat = (await as("text")).trimEnd().split("\n");
  expect(chat).toHaveLength(2);
  expect(chat[0]).toMatch(/^vqav2 of house model: 7\d\.\d [▁▂▃▄▅▆▇█]{30}, worse since 2026-10-19 02:30, run nightly: /);
});

test("what is not comparable stands in series of their own; tasks and models are chosen, and misspelt ones are named", async () => {
  await using folder = await temporaryFolder();
  await thirtyNights(folder.dir, false);
  const others = [line("vqav2", 3, 0.1, { n: { total: 20, scored: 20 } }), line("vqav2", 4, 0.2, { model: "other" })];
  await appendFile(join(folder.dir, "history.jsonl"), others.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const { stdout } = await runCommand([
    "history",
    "--results",
    folder.dir,
    "--tasks",
    "vqav2",
    "--models",
    "house model",
  ]);
  const [, many, few] = stdout.split("\n");
  expect(many).toMatch(/^vqav2 \(n=256\) +house model +30 /);
  expect(few).toMatch(/^vqav2 \(n=20\) +house model +1 +10\.0 /);
  await expect(runCommand(["history", "--results", folder.dir, "--tasks", "vqav"])).rejects.toMatchObject({
    ...{ where: "--tasks", fix: expect.stringContaining("vqav2") },
  });
  await expect(runCommand(["history", "--results", join(folder.dir, "nothing")])).rejects.toMatchObject({
    message: "there is no such folder",
  });
});

test("--format csv has a row for each run and marks the first of a new level; json has the points", async () => {
  await using folder = await temporaryFolder();
  await thirtyNights(folder.dir, true);
  const rows = parse((await runCommand(["history", "--results", folder.dir, "--format", "csv"])).stdout, {
    columns: true,
  }) as Record<string, string>[];
  expect(rows).toHaveLength(60);
  expect(rows.filter(({ changed }) => changed === "1").map(({ task, finished_at }) => [task, finished_at])).toEqual([
    ["vqav2", "2026-10-19T02:30:00.000Z"],
  ]);
  const json = JSON.parse((await runCommand(["history", "--results", folder.dir, "--format", "json"])).stdout);
  expect(json[1]).toMatchObject({ task: "vqav2", changes: [{ index: 18 }] });
});

test("--format html is a page without scripts: a chart for each series of several runs, and nothing of a model's name is markup", async () => {
  await using folder = await temporaryFolder();
  await thirtyNights(folder.dir, true);
  const hostile = line("vqav2", 1, 0.5, { model: '<script>"x"</script>' });
  await appendFile(join(folder.dir, "history.jsonl"), `${JSON.stringify(hostile)}\n`);
  const { stdout } = await runCommand(["history", "--results", folder.dir, "--format", "html"]);
  // A single run is told, and not drawn.
  expect(stdout.match(/<svg /g)).toHaveLength(2);
  expect(stdout).toContain("one run, last 50.0 [45.0, 55.0]");
  expect(stdout.match(/class="change"/g)).toHaveLength(1);
  expect(stdout).toContain("worse since 2026-10-19 02:30");
  expect(stdout).not.toMatch(/<script|NaN/);
});

test("every finished run below results/ adds its lines; a run found finished, or one elsewhere, adds none", async () => {
  await using place = await Workplace.make();
  const run = (answer: string, ...more: string[]) =>
    place.run(
      ...["run", "--tasks", "vqav2,pope", "--data", "demo", "--limit", "8", "--name", "m"],
      "--model",
      `stub:${answer}`,
      ...more,
    );
  await run("no", "--out", "results/nightly");
  await run("no", "--out", "results/nightly");
  await run("yes", "--out", "results/nightly", "--fresh");
  await run("yes", "--out", "elsewhere");
  const lines = (await readFile(place.file("results", "history.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(lines.map(({ task, run }) => [task, run])).toEqual([
    ...[
      ["vqav2", "nightly"],
      ["pope", "nightly"],
    ].sort(),
    ...[
      ["vqav2", "nightly"],
      ["pope", "nightly"],
    ].sort(),
  ]);
  expect(lines[0]).toMatchObject({ model: "m", flags: ["demo", "partial"], n: { total: 8, scored: 8 } });
  const shown = await place.run("history");
  // The board's site draws what led to the numbers on it, and nothing of what it leaves out.
  await place.run("leaderboard", "--site", "without");
  expect(await place.read("without", "index.html")).not.toContain("history.html");
  await place.run("leaderboard", "--include", "demo,partial", "--site", "site");
  expect(await place.read("site", "index.html")).toContain('href="history.html"');
  expect((await place.read("site", "history.html")).match(/<svg /g)).toHaveLength(1); // an F1 of nothing but "no" is no value
  expect(shown.stdout).toMatch(/^vqav2 +m +2 /m);
  await appendFile(place.file("results", "history.jsonl"), '{"schema": "llava-eval/history@1"}\n');
  const damaged = await place.run("history");
  expect(damaged.exitCode).toBe(1);
  expect(damaged.stderr).toContain("history.jsonl:5");
});
