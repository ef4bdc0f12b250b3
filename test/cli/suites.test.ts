import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseTasks, suiteNames } from "../../src/api/catalogue.js";
import { judgeOf } from "../../src/core/task.js";
import { temporaryFolder } from "../board/run-fixture.js";

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

test.each([
  ["llava-onevision-suite", ["ConBench", "Vibe-Eval", "Mantis-Eval", "Q-Bench", "SciVerse", "the video benchmarks"]],
])("%s lists what it lacks of its report, and what it names as lacking is no task of it", async (suite, lacking) => {
  const text = await readFile(new URL(`../../configs/suites/${suite}.yaml`, import.meta.url), "utf8");
  const comment = text.replace(/^# ?/gm, "").split(/^about:/m)[0] ?? "";
  const [, lacks = ""] = /It lacks, of the report's tables?: ([\s\S]+)/.exec(comment) ?? [];
  expect(lacking.filter((name) => !lacks.includes(name))).toEqual([]);
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const asked = (await chooseTasks([suite])).chosen.map(({ label }) => plain(label));
  // Of the three of these the answered splits are asked instead, as the comment says.
  const instead = ["MMBench", "DocVQA", "InfoVQA"];
  const names = lacking.filter((name) => !instead.includes(name)).map(plain);
  expect(asked.filter((label) => names.some((name) => label.startsWith(name)))).toEqual([]);
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
