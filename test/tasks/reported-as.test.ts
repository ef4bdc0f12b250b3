/** What VLMEvalKit's tables call our numbers: the names are part of every Result under its scoring. */

import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";

/** Tasks of which its tables have no such number, and why. */
const without: Readonly<Record<string, string>> = {
  cv_bench: "its files are CV-Bench-2D and CV-Bench-3D",
  longvideobench_test_i: "the answers are secret",
  longvideobench_test_v: "the answers are secret",
  mlvu_test: "it has the split dev",
  olympiadbench: "its AVG is of a file with all subjects and languages, and a name holds for every split here",
  video_mmmu_adaptation_question_only: "it shows the lecture",
  vlmsareblind: "its table has the kinds of tasks alone",
};

test("under VLMEvalKit's scoring every task says what its tables call a number, or why there is none", async () => {
  const tasks = (await loadDefinitions())
    .map(({ task }) => task)
    .filter(({ scorings }) => scorings?.includes("vlmevalkit"));
  expect(tasks.length).toBeGreaterThan(90);
  const silent = tasks.filter(({ reportedAs }) => Object.keys(reportedAs?.vlmevalkit ?? {}).length === 0);
  expect(silent.map(({ name }) => name).sort()).toEqual(Object.keys(without).sort());
});

test("no two numbers of a task have one name there", async () => {
  for (const { task } of await loadDefinitions()) {
    const names = Object.values(task.reportedAs?.vlmevalkit ?? {});
    expect(new Set(names).size, task.name).toBe(names.length);
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
  expect(tasks.get("mathvista")).toMatchObject({ accuracy_numeric: "acc of numeric commonsense" });
});
