/** lmms-eval's names, as users know them: what runs here instead, or why nothing does. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { chooseTasks, labelsByName } from "../../src/api/tasks/catalogue.js";
import { lmmsEvalNames } from "../../src/api/tasks/foreign-names.js";
import { runCommand } from "./run-command.js";

// Every task, group and tag of lmms-eval 0.7.3's index, by folder, for the benchmarks that are here.
const index = await readFile(new URL("lmms-eval-names.txt", import.meta.url), "utf8");
const theirs = index
  .trim()
  .split("\n")
  .flatMap((line) => line.slice(line.indexOf(": ") + 2).split(" "));

const like = async (name: string) => await runCommand(["tasks", "--like", `lmms-eval:${name}`]);

test("every name of lmms-eval for our benchmarks has a task here, or a reason", async () => {
  expect(theirs.length).toBeGreaterThan(300);
  const [labels, names] = [await labelsByName(), await lmmsEvalNames()];
  const known = (name: string) => labels.has(name) || names[name]?.tasks !== undefined || names[name]?.why;
  expect(theirs.filter((name) => !known(name))).toEqual([]);
});

test("what the names stand for exists, and no name of ours hides behind another's", async () => {
  const [labels, names] = [await labelsByName(), await lmmsEvalNames()];
  for (const [name, { tasks = [], why }] of Object.entries(names)) {
    expect(tasks.length > 0, `${name} has tasks or a reason, not both`).toBe(why === undefined);
    if (tasks.length > 0) expect((await chooseTasks(tasks)).chosen.map(({ label }) => label)).toEqual([...tasks]);
    if (why !== undefined) expect(labels.has(name), `${name} is refused and an alias`).toBe(false);
  }
});

test.each([
  ["vqav2_test", "--tasks vqav2@test\n"],
  ["docvqa", "--tasks docvqa,docvqa@test\n"],
  ["mmstar_qwen", "--tasks mmstar --prompt-profile qwen3_vl\n"],
  ["ai2d_reasoning", "--tasks ai2d_reasoning\n"],
  ["gqa-ru", "--tasks gqa_ru\n"],
  [
    "lvbench_no_visual",
    "--tasks lvbench --blind none\n  it is asked with the clip first, and the difference is said\n",
  ],
  ["mmmu_pro_reasoning", "--tasks mmmu_pro_vision_cot_reasoning,mmmu_pro_standard_cot_reasoning\n"],
])("lmms-eval:%s is %s", async (name, printed) => {
  const { exitCode, stdout } = await like(name);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(printed);
});

test("a group says what of it is not here, and JSON has the parts apart", async () => {
  expect((await like("internal_eval")).stdout).toContain("\n  not here: d170_cn, d170_en\n");
  const { stdout } = await runCommand(["tasks", "--like", "lmms-eval:mathvista_testmini_solution", "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    like: "lmms-eval:mathvista_testmini_solution",
    tasks: ["mathvista"],
    command: "--tasks mathvista --prompt-profile solution",
    remarks: [],
  });
});

test.each([
  ["lmms-eval:d170_cn", `lmms-eval's "d170_cn" is not here`, /cannot run in lmms-eval either/],
  ["lmms-eval:vqav2_vall", `no benchmark here has lmms-eval's name "vqav2_vall"`, /did you mean "vqav2_val"/],
  ["lm-eval:vqav2", `"lm-eval:vqav2" names no task of another harness`, /lmms-eval:NAME/],
  ["lmms-eval:", `"lmms-eval:" names no task of another harness`, /lmms-eval:NAME/],
])("--like %s is an error that says why", async (name, message, fix) => {
  await expect(runCommand(["tasks", "--like", name])).rejects.toMatchObject({
    ...{ message, where: "--like", fix: expect.stringMatching(fix) },
  });
});

test("--tasks says what to write for a name that is lmms-eval's alone", async () => {
  await expect(chooseTasks(["mmmu_val_qwen"])).rejects.toMatchObject({
    message: `"mmmu_val_qwen" is lmms-eval's name, not one of ours`,
    fix: expect.stringMatching(/write --tasks mmmu --prompt-profile qwen$/),
  });
  await expect(chooseTasks(["mmmu_val_pass64"])).rejects.toMatchObject({
    fix: expect.stringContaining("write --tasks mmmu --repeats 64 --temperature 0.2; its maj@64"),
  });
  await expect(chooseTasks(["mmmu_pro_composite"])).rejects.toMatchObject({
    fix: expect.stringMatching(/the hub does not have/),
  });
});
