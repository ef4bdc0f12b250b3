/** What VLMEvalKit's tables call our numbers: the names are part of every Result under its scoring. */

import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { namesThere } from "../../src/core/reported-as.js";
import type { Task } from "../../src/core/task.js";
import { ownVectors } from "../conformance/data-folders.js";
import { readLines } from "../conformance/lines.js";

/** `task@split`, and what VLMEvalKit's tables call its numbers. */
const splitsNamed = ({ task }: { task: Task }) =>
  Object.keys(task.splits).map((split) => {
    const label = `${task.name}@${split}`;
    return [label, namesThere(task, label, "vlmevalkit")] as const;
  });

/** Tasks of which its tables have no such number, and why. */
const without: Readonly<Record<string, string>> = {
  cv_bench: "its files are CV-Bench-2D and CV-Bench-3D",
  longvideobench_test_i: "the answers are secret",
  longvideobench_test_v: "the answers are secret",
  mlvu_test: "it has the split dev",
  olympiadbench: "its AVG counts other rows too, or its columns are of one source each",
  scienceqa: "its file has the questions with an image alone",
  ...{ screenspot: "its tables are of one platform each", screenspot_v2: "its tables are of one platform each" },
  screenspot_pro: "its tables are of one group of applications each",
  video_mmmu_adaptation_question_only: "it shows the lecture",
  vlmsareblind: "its table has the kinds of tasks alone",
};

test("under VLMEvalKit's scoring every task says what its tables call a number, or why there is none", async () => {
  const tasks = (await loadDefinitions())
    .map(({ task }) => task)
    .filter(({ scorings }) => scorings?.includes("vlmevalkit"));
  expect(tasks.length).toBeGreaterThan(90);
  const silent = tasks.filter((task) => splitsNamed({ task }).every(([, names]) => Object.keys(names).length === 0));
  expect(silent.map(({ name }) => name).sort()).toEqual(Object.keys(without).sort());
});

test("a split that is a part of its table, or in none of them, has names of its own", async () => {
  const tasks = await loadDefinitions();
  const named = new Map(tasks.flatMap(splitsNamed));
  expect(named.get("mathverse@testmini")).toEqual({}); // a row for each version, and none for all
  expect(named.get("mathverse@text_lite")).toEqual({ accuracy: "Overall" });
  expect(named.get("mindcube@tiny")).toEqual({ accuracy: "overall" });
  expect(named.get("mindcube@tiny_around")).toEqual({ accuracy: "around_accuracy" });
  expect(named.get("3dsrbench@base")).toEqual({});
  expect(named.get("refcoco_bbox_rec@test")).toEqual({});
  expect(named.get("refcocog_bbox_rec@test")).toMatchObject({ IoU: "Average IoU" });
  // The first split is the label without one.
  const mathverse = tasks.map(({ task }) => task).find(({ name }) => name === "mathverse") as Task;
  expect(namesThere(mathverse, "mathverse", "vlmevalkit")).toEqual({});
});

test("every name is held against what its own report functions make of scored samples", async () => {
  const lines = readLines(ownVectors.get("vlmevalkit/tables") ?? "");
  const held = new Set(lines.map(({ input }) => (input as { task: string }).task));
  const tasks = (await loadDefinitions()).map(({ task }) => task);
  const isNamed = ({ reportedAs }: Pick<Task, "reportedAs">) => Object.keys(reportedAs?.vlmevalkit ?? {}).length > 0;
  const ofTask = tasks.filter(isNamed).map(({ name }) => name);
  const heldTasks = new Set([...held].map((label) => label.split("@")[0]));
  // Held by vectors of their own, each with tables: of whole pages, of judges' verdicts, of clips.
  const elsewhere = [
    "llava_in_the_wild_ko",
    "omnidocbench",
    "vl_rewardbench",
    "vsibench",
    "vsibench_debiased",
    "vsibench_pruned",
    "worldvqa",
  ];
  expect(ofTask.filter((name) => !heldTasks.has(name)).toSorted()).toEqual(elsewhere);
  const ofSplits = tasks.flatMap(({ name, splits }) =>
    Object.entries(splits).flatMap(([split, own]) => (isNamed(own) ? [`${name}@${split}`] : [])),
  );
  expect(ofSplits.length).toBeGreaterThan(10);
  expect(ofSplits.filter((label) => !held.has(label))).toEqual([]);
});

test("no two numbers of a task have one name there", async () => {
  for (const [label, names] of (await loadDefinitions()).flatMap(splitsNamed)) {
    const theirs = Object.values(names);
    expect(new Set(theirs).size, label).toBe(theirs.length);
  }
});

test("the names are those of its source", async () => {
  const tasks = new Map((await loadDefinitions()).map(({ task }) => [task.name, task.reportedAs?.vlmevalkit]));
  // vlmeval/dataset at e8e78f05: mvbench.py, tempcompass.py, mlvu.py, utils/naturalbench.py, utils/wemath.py, dynamath.py, image_ccocr.py
  expect(tasks.get("mvbench_fine_grained_action")).toEqual({ accuracy: "Fine-grained Action" });
  expect(tasks.get("mvbench_counterfactual_inference")).toEqual({ accuracy: "Counterfactual Inference" });
  expect(tasks.get("tempcompass_yes_no")).toEqual({ accuracy: "acc of yes_no" });
  expect(tasks.get("tempcompass_captioning")).toBeUndefined();
  expect(tasks.get("mlvu_dev")).toEqual({ accuracy: "acc of M-Avg" });
  expect(tasks.get("naturalbench")).toMatchObject({ group_accuracy: "G_Acc", accuracy: "Acc" });
  expect(tasks.get("wemath")).toMatchObject({ score_loose: "Score (Loose)" });
  expect(tasks.get("dynamath")).toMatchObject({ worst_case_accuracy: "Overall of Worst Case" });
  expect(tasks.get("cc_ocr_multi_lan_ocr")).toEqual({ macro_f1: "lan_ocr" });
  // erqa.py, image_caption.py
  expect(tasks.get("erqa")).toEqual({ accuracy: "Accuracy (%) of Overall" });
  expect(tasks.get("coco2014_cap")).toMatchObject({ Bleu_4: "Bleu[3]" });
  expect(tasks.get("mathvista")).toMatchObject({ accuracy_numeric: "acc of numeric commonsense" });
});
