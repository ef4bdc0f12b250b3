import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { chooseTasks, readSuite, suiteNames } from "../../src/api/tasks/catalogue.js";
import { requireScoring } from "../../src/api/tasks/require-scoring.js";
import { isFallback, judgeOf } from "../../src/core/task.js";
import { temporaryFolder } from "../board/run-fixture.js";
import { reportRows } from "./report-rows.js";
import { runCommand } from "./run-command.js";

const demo = fileURLToPath(new URL("../../configs/demo", import.meta.url));

test("every suite names tasks and splits that exist", async () => {
  const names = await suiteNames();
  expect(names).toEqual(expect.arrayContaining(["lite", "llava-1.5-suite", "llava-next-suite"]));
  for (const name of names) expect((await chooseTasks([name])).chosen.length, name).toBeGreaterThan(0);
});

test("the suites state the scoring that their published numbers have", async () => {
  expect((await chooseTasks(["llava-1.5-suite"])).scoring).toBe("official");
  expect((await chooseTasks(["llava-next-suite"])).scoring).toBe("lmms-eval");
  expect((await chooseTasks(["llava-onevision-1.5-suite"])).scoring).toBe("lmms-eval");
});

// What of each report is not here, as a reader of the report would look for it.
test.each([
  ["llava-onevision-suite", ["ConBench", "Vibe-Eval", "Mantis-Eval", "Q-Bench", "SciVerse-mv", "the video benchmarks"]],
  ["llava-onevision-2-suite", ["VideoEval-Pro", "MMVU", "MMOU", "JumpScore", "ReVSI", "SAT", "DAVIS, MeViS, ReVOS"]],
  ...Object.entries(reportRows).map(([suite, rows]): [string, string[]] => [
    suite,
    rows.filter(([, task]) => task === undefined).map(([row]) => row),
  ]),
])(
  "%s has a line for each row that it lacks, in docs/suites.md too, and no line for what it asks",
  async (suite, rows) => {
    const { lacks = [], tasks } = await readSuite(suite);
    const missing = lacks.map((line) => line.slice(0, line.indexOf(":")));
    expect(missing).toEqual(expect.arrayContaining([...rows]));
    expect(new Set(missing).size).toBe(missing.length);
    const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
    expect(missing.filter((name) => tasks.map(plain).includes(plain(name)))).toEqual([]);
    const docs = await readFile(new URL("../../docs/suites.md", import.meta.url), "utf8");
    const [, section = ""] = docs.split(`### \`${suite}\`\n`);
    const [own = ""] = section.split("\n### ");
    expect(lacks.filter((line) => !own.includes(`- ${line}\n`))).toEqual([]);
    expect(tasks.filter((task) => !own.includes(`\`${task}\``))).toEqual([]);
  },
);

test.each(Object.entries(reportRows))(
  "%s asks every row of its report or has a line for it, and nothing else",
  async (suite, rows) => {
    const { lacks = [], tasks } = await readSuite(suite);
    const missing = lacks.map((line) => line.slice(0, line.indexOf(":")));
    expect(rows.flatMap(([, ...asking]) => asking).sort()).toEqual([...tasks].sort());
    const names = rows.map(([row]) => row);
    expect(missing.filter((name) => !names.includes(name))).toEqual([]);
    expect(rows.filter(([row, ...asking]) => asking.length === 0 && !missing.includes(row))).toEqual([]);
  },
);

test("a row that a suite leaves for want of its rule names a task that is here, and has not the rule", async () => {
  const left = new Set<string>();
  for (const name of await suiteNames()) {
    const { lacks = [], scoring } = await readSuite(name);
    for (const line of lacks) {
      const asked = /ask (\S+) by its name$/.exec(line)?.[1];
      if (asked === undefined) continue;
      left.add(asked);
      const [one] = (await chooseTasks([asked])).chosen;
      expect(one?.label).toBe(asked);
      expect(one?.task.scorings ?? [], `${asked} has the rule of ${name} by now`).not.toContain(scoring);
    }
  }
  expect(left.size).toBeGreaterThan(0);
});

test("every task of a suite has the suite's scoring, and some have the words that it states", async () => {
  for (const name of await suiteNames()) {
    const { chosen, scoring = "official", promptProfile } = await chooseTasks([name]);
    requireScoring(
      chosen.map(({ task }) => task),
      scoring,
    );
    const withWords = chosen.filter(({ task }) => task.profiles?.includes(promptProfile ?? "default"));
    if (promptProfile !== undefined) expect(withWords.length, name).toBeGreaterThan(1);
  }
});

test.each([
  ["llava-onevision-2-suite", ["mmbench_en_judged", "tempcompass_multi_choice"]],
  ["kimi-vl-suite", ["blink", "mathvista", "mmlongbench_doc", "mmvet"]],
  [
    "qwen3-vl-suite",
    ["dynamath", "logicvista", "mathverse", "mathvision", "mathvista", "mmlongbench_doc", "simplevqa"],
  ],
  ["internvl3.5-suite", ["dynamath", "logicvista", "mathverse@vision_only", "mathvision", "mathvista", "mmvet"]],
])("of %s only %j need a judge", async (suite, needing) => {
  const { chosen, scoring = "official" } = await chooseTasks([suite]);
  const judged = chosen.filter(({ task, split }) => {
    const judge = judgeOf(task, split, scoring);
    return judge !== undefined && !isFallback(task, judge);
  });
  expect(judged.map(({ label }) => label).sort()).toEqual(needing);
});

test("a suite's words are those of its tasks that have them; a flag's are asked of all", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.dir, "out");
  const suite = join(folder.dir, "words.yaml");
  await writeFile(suite, "about: x\nprompt-profile: vlmevalkit\ntasks: [pope, vqav2]\n");
  const run = async (...more: readonly string[]) =>
    await runCommand([
      "run",
      "--tasks",
      suite,
      "--data",
      demo,
      "--model",
      "stub",
      "--limit",
      "2",
      "--out",
      out,
      ...more,
    ]);
  const profile = async (task: string) => JSON.parse(await readFile(join(out, `${task}.json`), "utf8")).promptProfile;
  expect(await run()).toMatchObject({ exitCode: 0 });
  expect([await profile("pope"), await profile("vqav2")]).toEqual(["vlmevalkit", "default"]);
  await expect(run("--prompt-profile", "vlmevalkit")).rejects.toThrow(
    'task "vqav2" has no prompt profile "vlmevalkit"',
  );
});

test("`tasks SUITE` ends with what the suite states and lacks", async () => {
  const { stdout } = await runCommand(["tasks", "qwen3-vl-suite"]);
  const [, own = ""] = stdout.split("\nqwen3-vl-suite\n");
  expect(own).toContain("  scoring    vlmevalkit\n  profile    vlmevalkit, of the tasks that have it\n");
  expect(own).toContain("  not here   MIA-Bench: no task\n");
});

test("two suites in different words are not asked together", async () => {
  await expect(chooseTasks(["qwen3-vl-suite", "internvl3.5-suite"])).resolves.toMatchObject({ scoring: "vlmevalkit" });
  await using folder = await temporaryFolder();
  const other = join(folder.dir, "other.yaml");
  await writeFile(other, "about: x\nscoring: vlmevalkit\ntasks: [pope]\n");
  await expect(chooseTasks(["qwen3-vl-suite", other])).rejects.toThrow("are asked in different words");
});

test("the suite of OneVision-1.5's report has its 27 rows, and asks a judge for the tasks that it names", async () => {
  const { chosen } = await chooseTasks(["llava-onevision-1.5-suite"]);
  expect(new Set(chosen.map(({ label }) => label)).size).toBe(27);
  expect(chosen.map(({ label }) => label)).toEqual(expect.arrayContaining(["charxiv_dq", "wemath"]));
  const judged = chosen.filter(({ task, split }) => judgeOf(task, split, "lmms-eval") !== undefined);
  expect(judged.map(({ label }) => label).sort()).toEqual([
    ...["charxiv_dq", "mathvista", "mmbench_cn_judged", "mmbench_en_judged", "vl_rewardbench"],
  ]);
});

test("a suite that names itself, or its own suite, is refused with the way", async () => {
  await using folder = await temporaryFolder();
  const suite = (name: string, ...tasks: readonly string[]) =>
    writeFile(join(folder.dir, name), `about: x\ntasks: [${tasks.join(", ")}]\n`);
  await suite("self.yaml", "./self.yaml");
  await suite("a.yaml", "pope", "./b.yaml");
  await suite("b.yaml", "./a.yaml");
  await suite("twice.yaml", "./plain.yaml", "./plain.yaml");
  await suite("plain.yaml", "pope");
  await expect(chooseTasks(["./self.yaml"], folder.dir)).rejects.toThrow(
    "the suite names itself: self.yaml -> self.yaml",
  );
  await expect(chooseTasks(["./a.yaml"], folder.dir)).rejects.toThrow("a.yaml -> b.yaml -> a.yaml");
  expect((await chooseTasks(["./twice.yaml"], folder.dir)).chosen.map(({ label }) => label)).toEqual(["pope"]);
});

test("the lite suite is made of lite splits only", async () => {
  const { chosen } = await chooseTasks(["lite"]);
  expect(chosen.map(({ split }) => split.split)).toEqual(chosen.map(() => "lite"));
  expect(chosen).toHaveLength(17);
});

// lmms-eval's names, with the task and split that they stand for here.
test.each([
  ["mmmu_val", "mmmu"],
  ["mmmu_test", "mmmu@test"],
  ["cmmmu_val", "cmmmu"],
  ["mmbench_en_dev_static", "mmbench_en"],
  ["mmbench_en_dev", "mmbench_en_judged"],
  ["mmbench_cn_dev", "mmbench_cn_judged"],
  ["mmbench_cn_cc", "mmbench_cn_judged@cc"],
  ["mmbench_en_test", "mmbench_en@test"],
  ["mathvista_testmini_format", "mathvista"],
  ["mathvista_test", "mathvista@test"],
  ["mathverse_testmini_vision_only", "mathverse@vision_only"],
  ["mathvision_testmini", "mathvision@testmini"],
  ["llava_wilder_small", "llava_wilder"],
  ["blink_multi_view_reasoning", "blink@multi_view_reasoning"],
  ["mmt_mi_val", "mmt_bench_mi"],
  ["live_bench_2406", "live_bench@2024-06"],
  ["seedbench_lite", "seedbench@lite"],
])("%s is %s", async (alias, label) => {
  expect((await chooseTasks([alias])).chosen.map((one) => one.label)).toEqual([label]);
});

test("what a scoring calls the numbers of one split stands there with its split", async () => {
  const { stdout } = await runCommand(["tasks", "mathverse"]);
  expect(stdout).toContain('reported   accuracy as "Overall", under vlmevalkit scoring of split vision_only\n');
});
