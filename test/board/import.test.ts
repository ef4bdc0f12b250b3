/** `leaderboard --import`: what other harnesses' files say, under the right name, in the right unit, none lost without a word. */

import { execFileSync } from "node:child_process";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { chooseTasks } from "../../src/api/tasks/catalogue.js";
import { taskOfDataset } from "../../src/board/leaderboard/import/vlmevalkit-datasets.js";
import { namesThere } from "../../src/core/reported-as.js";
import type { Leaderboard, LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { root, Workplace } from "../e2e/cli.js";

const cases = join(root, "test", "board", "imports");

interface Imported {
  readonly entries: readonly LeaderboardEntry[];
  readonly notes: readonly string[];
}

/** The board's entries after `--import`; @param more  other options */
async function imported(sources: readonly string[], ...more: readonly string[]): Promise<Imported> {
  await using place = await Workplace.make();
  const { exitCode, stdout, stderr } = await place.run(
    ...["leaderboard", "--format", "json", ...sources.flatMap((source) => ["--import", source])],
    ...more,
  );
  expect(exitCode, stderr).toBe(0);
  const notes = stderr.split("\n").filter((line) => line.startsWith("note: "));
  return { entries: (JSON.parse(stdout) as Leaderboard).entries, notes };
}

async function refused(source: string) {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run("leaderboard", "--import", source);
  expect(exitCode, stderr).toBe(1);
  expect(stderr).not.toMatch(/defect|\n {4}at /);
  return stderr;
}

/** `mme: mme_perception_score 1500.2 points` for each entry, sorted by task. */
const mains = (entries: readonly LeaderboardEntry[]) =>
  Object.fromEntries(entries.map(({ task, metrics: [main] }) => [task, `${main?.name} ${main?.value} ${main?.unit}`]));

/** A lmms-eval file of our own making. @returns its path */
async function lmmsFile(place: Workplace, name: string, content: object): Promise<string> {
  const path = place.file(name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(content));
  return path;
}

test("VLMEvalKit's data sets are told apart by their exact names: twenty files, twenty columns", async () => {
  const { entries, notes } = await imported([`vlmevalkit:${join(cases, "01-vlmevalkit-dataset-variants", "outputs")}`]);
  expect(mains(entries)).toEqual({
    ai2d: "accuracy 0.72 fraction",
    ai2d_no_mask: "accuracy 0.81 fraction",
    blink: "accuracy 0.4 fraction",
    BLINK_circular: "Overall 0.22 fraction",
    llava_in_the_wild: "relative_score 61 percent",
    LLaVABench_KO: "Relative Score (main) 31 percent",
    mmbench_cn: "circular_accuracy 0.6 fraction",
    MMBench_DEV_CN_V11: "Overall 0.71 fraction",
    mmstar: "accuracy 0.45 fraction",
    MMStar_KO: "Overall 0.35 fraction",
    mmvet: "score 47.3 percent",
    MMVet_Hard: "acc 17.3 percent",
    mathvision: "accuracy 18.2 percent",
    "mathvision@testmini": "accuracy 21.5 percent",
    ocrbench: "ocrbench_score 700 count",
    OCRBench_v2: "Final Score 311 points",
    seedbench: "accuracy_image 0.7 fraction",
    SEEDBench_IMG_KO: "Overall 0.55 fraction",
    seedbench_2: "accuracy 0.51 fraction",
    SEEDBench2_Plus: "Overall 0.62 fraction",
  });
  expect(new Set(entries.map(({ model }) => model))).toEqual(new Set(["Q-7B"]));
  expect(entries.find(({ task }) => task === "mmvet")?.judge).toBe("gpt-4-turbo");
  expect(entries.every(({ n }) => n === undefined)).toBe(true);
  expect(notes).toEqual([]);
});

test("without a folder named after the model, VLMEvalKit's own names tell where the model's ends", async () => {
  const folder = join(cases, "01-vlmevalkit-dataset-variants", "no-model-folder");
  const { entries } = await imported([`vlmevalkit:${folder}`]);
  expect(entries.map(({ model, task }) => [model, task])).toEqual([
    ["Qwen2-VL-7B", "MMBench_DEV_CN_V11"],
    ["Qwen2-VL-7B", "ai2d_no_mask"],
    ["Qwen2-VL-7B", "mmbench_en@test"],
    ["Qwen2-VL-7B", "mmmu_pro_standard"],
  ]);
});

test("a data set that nobody knows keeps its name, an ending that is no judge's included; a model cannot be guessed", async () => {
  await using place = await Workplace.make();
  const dir = place.file("outputs", "my_model");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "my_model_OurBench_v3_gpt-4o-mini_acc.csv"), '"split","Overall"\n"none","0.5"\n');
  await writeFile(join(dir, "my_model_MMStar_blurred_acc.csv"), '"split","Overall"\n"none","0.4"\n');
  await writeFile(join(dir, "other_thing_acc.csv"), '"split","Overall"\n"none","0.3"\n');
  const { entries, notes } = await imported([`vlmevalkit:${place.path}`]);
  expect(entries.map(({ model, task, judge }) => [model, task, judge])).toEqual([
    ["my_model", "MMStar_blurred", undefined],
    ["my_model", "OurBench_v3", "gpt-4o-mini"],
  ]);
  expect(notes.join("\n")).toMatch(/"MMStar_blurred" is no data set of VLMEvalKit/);
  expect(notes.join("\n")).toMatch(/left out: .*other_thing_acc\.csv: where the model's name ends/);
  expect(await refused(`vlmevalkit:${join(dir, "other_thing_acc.csv")}`)).toMatch(/folder that has the model's name/);
});

test("VLMEvalKit's EVAL_FORMAT=json is read; the data set's own split leads and the others stand beside it", async () => {
  const { entries, notes } = await imported([`vlmevalkit:${join(cases, "02-vlmevalkit-eval-format-json")}`]);
  expect(mains(entries)).toEqual({ mmmu: "accuracy 0.369 fraction", mmstar: "accuracy 0.45 fraction" });
  expect(entries[0]?.metrics[1]).toMatchObject({ name: "Overall (split dev)", value: 0.31 });
  expect(notes).toEqual([]);
});

test("VLMEvalKit's units follow from the form: fractions, per cent, points, and captions divided by their hundred", async () => {
  await using place = await Workplace.make();
  const dir = place.file("outputs", "llava_v1.5_7b", "T20260101_G0123abc");
  await mkdir(dir, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "MMBench_DEV_EN_acc.csv": '"split","Overall","AR"\n"train","0.5","0.5"\n"dev","0.643","0.7"\n',
    "MMMU_VAL_acc.csv": '"split","Overall"\n"dev","0.31"\n"validation","0.36"\n',
    "TextVQA_VAL_acc.csv": '"Overall"\n"45.5"\n',
    "POPE_score.csv":
      '"split","Overall","acc","precision","recall"\n"random","87","88","90","84"\n"Overall","86.1","87.0","90.1","82.4"\n',
    "MME_score.csv": '"perception","reasoning","OCR"\n"1506.2","302.1","125"\n',
    "HallusionBench_score.csv": '"split","aAcc","fAcc","qAcc"\n"Overall","48.8","20.5","14.1"\n',
    "MathVista_MINI_gpt-4-turbo_score.csv":
      '"Task&Skill","tot","prefetch","hit","prefetch_rate","acc"\n"Overall","1000","300","256","30","25.6"\n"geometry","200","1","1","1","9"\n',
    "MathVerse_MINI_Vision_Only_gpt-4o-mini_score.csv":
      '"split","Overall","Plane Geometry"\n"Vision Only","45.2","40.0"\n',
    "COCO_VAL_score.json": '{"Bleu":[70.1,50.2],"ROUGE_L":50.0,"CIDEr":110.2}',
    "OCRBench_score.json": '{"Text Recognition":160,"Final Score":318,"Final Score Norm":31.8}',
    "MMBench_DEV_EN.xlsx": "not a result",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, `llava_v1.5_7b_${name}`), text);
  // As run.py leaves it: the newest of the dated folder, linked beside it.
  await symlink(join(dir, "llava_v1.5_7b_MME_score.csv"), join(dirname(dir), "llava_v1.5_7b_MME_score.csv"));
  const { entries, notes } = await imported([`vlmevalkit:${place.file("outputs")}`]);
  expect(mains(entries)).toEqual({
    mmbench_en: "circular_accuracy 0.643 fraction",
    mmmu: "accuracy 0.36 fraction",
    textvqa: "accuracy 45.5 percent",
    pope: "f1 86.1 percent",
    mme: "mme_perception_score 1506.2 points",
    hallusion_bench_image: "aAcc 48.8 percent",
    mathvista: "accuracy 25.6 percent",
    "mathverse@vision_only": "accuracy 45.2 percent",
    coco2014_cap: "CIDEr 1.102 ratio",
    ocrbench: "ocrbench_score 318 count",
  });
  expect(new Set(entries.map(({ model }) => model))).toEqual(new Set(["llava_v1.5_7b"]));
  expect(notes).toEqual([]);
  expect(await refused(`vlmevalkit:${join(dir, "llava_v1.5_7b_MMBench_DEV_EN.xlsx")}`)).toMatch(/no result file/);
});

test("lmms-eval's units depend on task and metric: the same name is a fraction here and a percentage there", async () => {
  const file = (name: string) => `lmms-eval:${join(cases, "03-lmms-eval-units", `${name}_results.json`)}`;
  const { entries } = await imported([file("mathverse"), file("mathvista")]);
  expect(mains(entries)).toEqual({ mathverse: "accuracy 0.253 fraction", mathvista: "accuracy 0.9 percent" });
  await using place = await Workplace.make();
  const path = await lmmsFile(place, "a_results.json", {
    results: {
      hallusion_bench_image: { "qAcc,none": 0.88, "fAcc,none": 17.3, "aAcc,none": 44.7 },
      mmbench_en_dev: { "gpt_eval_score,none": 0.9 },
      somebodys_new_task: { "their_score,none": 0.253 },
    },
    model_name: "m",
  });
  const own = await imported([`lmms-eval:${path}`]);
  expect(own.entries[0]?.metrics.map(({ name, value, unit }) => [name, value, unit])).toEqual([
    ["aAcc", 44.7, "percent"],
    ["fAcc", 17.3, "percent"],
    ["qAcc", 0.88, "percent"],
  ]);
  expect(mains(own.entries)).toMatchObject({
    mmbench_en_judged: "circular_accuracy 0.9 percent",
    somebodys_new_task: "their_score 0.253 ratio",
  });
});

test("the metric that is our main one leads, unmarked, whatever comes first in the file", async () => {
  const folder = join(cases, "04-lmms-eval-mme-column");
  const { entries } = await imported([`lmms-eval:${folder}`]);
  expect(mains(entries)).toEqual({ mme: "mme_perception_score 1500.2 points", pope: "f1 0.86 fraction" });
  await using place = await Workplace.make();
  const board = await place.run(
    ...["leaderboard", "--published", "--tasks", "mme,pope", "--import", `lmms-eval:${folder}`],
  );
  const row = board.stdout.split("\n").find((line) => line.includes("org/model-a"));
  expect(row).toMatch(/1500\.2.*86\.0/);
  expect(board.stdout).not.toMatch(/^\* org\/model-a/m);
});

test("files of every age and form of lmms-eval are read: NaN, limits without counts, models in arguments only", async () => {
  const file = (name: string) => `lmms-eval:${join(cases, "05-lmms-eval-file-forms", `${name}_results.json`)}`;
  const nan = await imported([file("nan")]);
  expect(nan.entries.find(({ task }) => task === "pope")?.metrics.map(({ name, value }) => [name, value])).toEqual([
    ["f1", null],
    ["accuracy", 0.86],
  ]);
  expect(mains(nan.entries)).toMatchObject({ mme: "mme_perception_score 1400.5 points" });
  for (const name of ["old", "limit"]) {
    expect((await imported([file(name)])).entries).toEqual([]);
    const { entries } = await imported([file(name)], "--include", "partial");
    expect(entries.map(({ model, task, flags, n }) => [model, task, flags, n])).toEqual([
      ["liuhaotian/llava-v1.5-7b", "mme", ["partial"], undefined],
    ]);
  }
  expect((await imported([file("noname")])).entries.map(({ model }) => model)).toEqual(["llava-hf/llava-1.5-7b-hf"]);
});

test("two models of one back end are two rows; of two dates of one model the newest counts and the other is named", async () => {
  const folder = join(cases, "05-lmms-eval-file-forms");
  const file = (name: string) => `lmms-eval:${join(folder, `${name}_results.json`)}`;
  const models = await imported([file("api1"), file("api2")]);
  expect(models.entries.map(({ model, metrics: [main] }) => [model, main?.value])).toEqual([
    ["gpt-4o-2024-08-06", 0.61],
    ["gpt-4o-mini", 0.41],
  ]);
  const [older, newer] = [file("20250101_000000"), file("20250601_000000")];
  for (const order of [
    [older, newer],
    [newer, older],
  ]) {
    const { entries, notes } = await imported(order);
    expect(entries.map(({ metrics: [main] }) => main?.value)).toEqual([0.4]);
    expect(notes).toEqual([
      expect.stringMatching(/^note: org\/model-a, mmmu: 2 results; 0\.4 \(20250601.*\) counts, not 0\.3 \(20250101/),
    ]);
  }
});

test("a folder of results is read whole, and the same folders in any order, named twice, give the same board", async () => {
  const [a, b] = [
    `lmms-eval:${join(cases, "05-lmms-eval-file-forms")}`,
    `lmms-eval:${join(cases, "03-lmms-eval-units")}`,
  ];
  const v = `vlmevalkit:${join(cases, "01-vlmevalkit-dataset-variants")}`;
  const once = await imported([a, b, v]);
  expect(once.entries.length).toBeGreaterThan(24);
  expect(await imported([v, b, a, a, v, b])).toEqual(once);
});

test("standard errors are kept, clustered before plain, with the rule they follow; what is no mean has none of a mean", async () => {
  const { entries } = await imported(
    [`lmms-eval:${join(cases, "exports", "lmms-eval-0.7.3.results.json")}`],
    ...["--include", "partial"],
  );
  const metric = (task: string, name: string) =>
    entries.find((entry) => entry.task === task)?.metrics.find((one) => one.name === name);
  expect(metric("mmmu", "accuracy")).toMatchObject({ value: 0.51444, stderr: 0.017, method: "clustered", n: 64 });
  expect(metric("mme", "mme_perception_score")).not.toHaveProperty("stderr");
  expect(metric("ocrbench", "ocrbench_accuracy")).toMatchObject({ value: 0.834, unit: "fraction" });
  expect(metric("coco2017_cap", "CIDEr")).toMatchObject({ value: 1.37, unit: "ratio" });
  expect(entries.find(({ task }) => task === "coco2017_cap")?.n).toBeUndefined();
  await using place = await Workplace.make();
  const path = await lmmsFile(place, "a_results.json", {
    results: {
      pope: {
        "pope_f1_score,none": 0.86,
        "pope_f1_score_stderr,none": "N/A",
        "pope_f1_score_stderr_clt,none": 0.004,
        "pope_accuracy,none": 0.99,
        "pope_accuracy_stderr_clt,none": 0.02,
      },
    },
    model_name: "m",
  });
  const [pope] = (await imported([`lmms-eval:${path}`])).entries;
  expect(pope?.metrics[0]).not.toHaveProperty("stderr");
  expect(pope?.metrics[0]?.note).toMatch(/0\.004/);
  // 0.99 + 1.96 x 0.02 lies beyond what an accuracy can be.
  expect(pope?.metrics[1]).toMatchObject({ stderr: 0.02, method: "clt" });
  expect(pope?.metrics[1]?.interval?.[1]).toBe(1);
});

test("lm-eval's files are its own, with version and interval; numbers as text and metrics without a filter are read", async () => {
  const path = join(cases, "exports", "lm-eval-0.4.13.results.json");
  for (const kind of ["lmms-eval", "lm-eval"]) {
    const { entries } = await imported([`${kind}:${path}`]);
    expect(entries).toMatchObject([
      { origin: "lm-eval", scoring: "lm-eval", version: 1, n: { scored: 12, total: 12 } },
    ]);
    expect(entries[0]?.metrics[0]).toMatchObject({ name: "acc", unit: "fraction", method: "reported" });
    expect(entries[0]?.metrics[0]?.interval?.[0]).toBe(0);
  }
  await using place = await Workplace.make();
  const old = await lmmsFile(place, "results_2024-05-01T10-00-00.123456.json", {
    results: { arc: { acc: "0.312", acc_stderr: "0.01" }, submitted: { "submission,none": null } },
    config: { model: "hf-causal", model_args: "pretrained=EleutherAI/pythia-70m,dtype=float16", limit: null },
  });
  const { entries, notes } = await imported([`lm-eval:${place.path}`]);
  expect(entries).toMatchObject([
    { model: "EleutherAI/pythia-70m", task: "arc", flags: [], finishedAt: "2024-05-01T10:00:00", run: old },
  ]);
  expect(entries[0]?.metrics[0]).toMatchObject({ value: 0.312, stderr: 0.01 });
  expect(notes).toEqual([expect.stringMatching(/submitted has no number/)]);
});

test("the average of a group does not pass for the task that has its name", async () => {
  await using place = await Workplace.make();
  const path = await lmmsFile(place, "a_results.json", {
    results: { blink: { "blink_acc,none": 0.3 }, blink_jigsaw: { "blink_acc,none": 0.6 }, mmmu: { " ": " " } },
    groups: { blink: {}, mmmu: {} },
    group_subtasks: { blink: ["blink_jigsaw"], mmmu: ["mmmu_val"] },
    model_name: "m",
  });
  const { entries, notes } = await imported([`lmms-eval:${path}`]);
  expect(mains(entries)).toEqual({ "blink (group)": "accuracy 0.3 fraction", "blink@jigsaw": "accuracy 0.6 fraction" });
  expect(notes).toEqual([]);
});

test("a file that is something else, or nothing, is named for what it is: exit 1", async () => {
  await using place = await Workplace.make();
  const inspect = join(cases, "exports", "inspect-0.3.285.json");
  expect(await refused(`lmms-eval:${inspect}`)).toMatch(/this is a log of inspect_ai/);
  await writeFile(place.file("log.eval"), Buffer.from("PK\x03\x04rest of a zip"));
  expect(await refused(`lmms-eval:${place.file("log.eval")}`)).toMatch(/zip archive: a log of inspect_ai/);
  expect(await refused(`lmms-eval:${place.file("nothere.json")}`)).toMatch(/nothere\.json/);
  expect(await refused(`vlmevalkit:${place.file("nothere")}`)).toMatch(/no such file or folder/);
  await mkdir(place.file("empty"));
  expect(await refused(`lmms-eval:${place.file("empty")}`)).toMatch(/no results file below this folder/);
  expect(await refused("elsewhere:x.json")).toMatch(/lmms-eval:PATH/);
  // In a folder it is left out with its name, and the others are read.
  await cp(inspect, place.file("mixed", "i_results.json"), { recursive: true });
  await cp(join(cases, "04-lmms-eval-mme-column", "mme2_results.json"), place.file("mixed", "m_results.json"));
  const { entries, notes } = await imported([`lmms-eval:${place.file("mixed")}`]);
  expect(entries.map(({ task }) => task)).toEqual(["mme"]);
  expect(notes).toEqual([expect.stringMatching(/left out: .*i_results\.json: this is a log of inspect_ai/)]);
});

test("a main metric without a number stands without a value: the next metric does not take its place", async () => {
  await using place = await Workplace.make();
  const dir = place.file("Q");
  await mkdir(dir, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "MME_score.csv": '"perception","reasoning","OCR"\n"nan","300.5","10"\n',
    "POPE_score.csv": '"split","Overall","acc","precision","recall"\n"Overall","","87.1","80","70"\n',
    "HallusionBench_score.json": '[{"split":"Overall","aAcc":null,"fAcc":35.5,"qAcc":30.1}]',
    "COCO_VAL_score.csv": '"CIDEr","ROUGE_L"\n"nan","55"\n',
    "OCRBench_score.json": '{"Final Score": "0x10"}',
    "AI2D_TEST_acc.csv": '"split","Overall"\n"none","50%"\n',
    "BLINK_acc.csv": '"split","Overall"\n"none","0,712"\n',
    "ScienceQA_TEST_acc.csv": '"split","Overall"\n"val","0.4"\n"test","0.83"\n',
    "RealWorldQA_acc.csv": '"split","Overall"\n"none","0.5"\n"none","0.7"\n',
    "MMVet_gpt-4-turbo_score.csv": '"Category","tot","acc"\n"Overall","1","30"\n"Overall","1","40"\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, `Q_${name}`), text);
  await lmmsFile(place, "null_results.json", {
    model_name: "null",
    results: {
      pope: {
        alias: "pope",
        "pope_f1_score,none": null,
        "pope_accuracy,none": 0.871,
        "pope_f1_score_stderr,none": "N/A",
      },
      mme: { "mme_perception_score,none": "", "mme_cognition_score,none": 300 },
      mmstar: { alias: "mmstar", "average,none": 0.4 },
    },
  });
  const theirs = await imported([`vlmevalkit:${place.path}`]);
  const values = Object.fromEntries(
    theirs.entries.map(({ task, metrics }) => [task, metrics.map(({ name, value }) => `${name} ${value}`)]),
  );
  expect(values).toEqual({
    ai2d: ["accuracy null"],
    blink: ["accuracy null"],
    coco2014_cap: ["CIDEr null", "ROUGE_L 0.55"],
    hallusion_bench_image: ["aAcc null", "fAcc 35.5", "qAcc 30.1"],
    mme: ["mme_perception_score null", "mme_cognition_score 300.5"],
    ocrbench: ["ocrbench_score null"],
    pope: ["f1 null", "accuracy 87.1"],
    scienceqa_img: ["accuracy 0.83", "Overall (split val) 0.4"],
  });
  const notes = theirs.notes.join("\n");
  expect(notes).toMatch(/AI2D_TEST Overall: their "50%" is no number/);
  expect(notes).toMatch(/OCRBench Final Score: their "0x10" is no number/);
  expect(notes).toMatch(/left out: .*RealWorldQA_acc\.csv: two rows say what Overall \(split none\) is/);
  expect(notes).toMatch(/left out: .*MMVet.*: two rows say what acc is/);

  const lmms = await imported([`lmms-eval:${place.path}`]);
  expect(mains(lmms.entries)).toEqual({
    mme: "mme_perception_score null points",
    mmstar: "average 0.4 fraction",
    pope: "f1 null fraction",
  });
  expect(lmms.notes.join("\n")).toMatch(/pope f1: their null is no number/);
});

test("counts that say nothing of the whole, no sample, and dates that are none are not believed", async () => {
  await using place = await Workplace.make();
  const file = (name: string, more: object, pope: object = { "pope_f1_score,none": 0.9 }) =>
    lmmsFile(place, `r/${name}_results.json`, { model_name: name, results: { pope }, ...more });
  await file("limited", { "n-samples": { pope: { original: 9000 } }, config: { limit: 8 } });
  await file("whole", { "n-samples": { pope: { original: 9000 } }, config: { limit: 9000 } });
  await file("more", { "n-samples": { pope: { original: 8, effective: 9000 } } });
  await file("none", { "n-samples": { pope: { original: 9000, effective: 0 } } }, { "pope_f1_score,none": 0 });
  await file("invented", { date: "20259999_999999" });
  await file("seconds", { date: 1e12 });
  await file("leap", { date: "20250229_120000" });
  const { entries, notes } = await imported([`lmms-eval:${place.file("r")}`], "--include", "partial");
  const facts = entries.map(({ model, n, flags, finishedAt }) => [model, n?.scored, flags.join(), finishedAt]);
  expect(facts).toEqual([
    ["invented", undefined, "", undefined],
    ["leap", undefined, "", undefined],
    ["limited", undefined, "partial", undefined],
    ["more", undefined, "", undefined],
    ["seconds", undefined, "", undefined],
    ["whole", 9000, "", undefined],
  ]);
  expect(notes.join("\n")).toMatch(/pope: 9000 samples of 8: neither is believed/);
  expect(notes.join("\n")).toMatch(/pope was evaluated on no sample/);
});

test.skipIf(process.platform === "win32")("what is no file is left out of a folder, and refused by name", async () => {
  await using place = await Workplace.make();
  await lmmsFile(place, "r/a_results.json", { model_name: "a", results: { pope: { "pope_f1_score,none": 0.9 } } });
  execFileSync("mkfifo", [place.file("r", "b_results.json")]);
  const { entries, notes } = await imported([`lmms-eval:${place.file("r")}`]);
  expect(entries).toHaveLength(1);
  expect(notes.join("\n")).toMatch(/left out: .*b_results\.json: no file/);
  expect(await refused(`lmms-eval:${place.file("r", "b_results.json")}`)).toMatch(/neither a file nor a folder/);
});

test("each main number that VLMEvalKit's files are read for has its name there in a Result of ours", async () => {
  for (const [dataset, { task: name, metric }] of Object.entries(taskOfDataset)) {
    if (dataset === "MathVerse_MINI") continue; // its file has a row for each version, and none for all
    const [chosen] = (await chooseTasks([name])).chosen;
    const names = chosen && namesThere(chosen.task, chosen.label, "vlmevalkit");
    expect(names?.[metric], `${dataset} ${metric}`).toBeDefined();
  }
});
