/**
 * What tasks say is wrong with a rule is what their scores do: each sentence is shown on a reply, or on what a judge says. The others speak
 * of words, of averages, or of what only the reference does.
 */
import { describe, expect, test } from "vitest";
import { chooseTasks, loadTasks } from "../../src/api/tasks/catalogue.js";
import type { Mask } from "../../src/core/image.js";
import type { Json } from "../../src/core/json.js";
import type { Scored, Scoring } from "../../src/core/score.js";
import { judgeUnder, type Task } from "../../src/core/task.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { runCommand } from "../cli/run-command.js";
import { taskScore } from "../conformance/task-score.js";

/** A member that the sample does not have: it leaves that average. */
const leftOut = "left out";

interface Shown {
  readonly task: string;
  readonly scorings: readonly Scoring[];
  /** What the sentence begins with. */
  readonly defect: string;
  /** In the place of the example row's columns. */
  readonly row?: object;
  readonly reply?: string;
  readonly verdicts?: readonly Json[];
  /** Of the only image. */
  readonly size?: readonly [number, number];
  /** Of the only mask, 32 x 24: its left half's grey value; the rest is black. */
  readonly grey?: number;
  /** The score or its first member, or members by name; `"left out"`: there is none. */
  readonly scores?: number | Readonly<Record<string, number | typeof leftOut>>;
  /** What the judge says, and how it is read. */
  readonly judge?: readonly [reply: string, verdict: Json];
}

const all: readonly Scoring[] = ["official", "lmms-eval", "vlmevalkit"];
const both: readonly Scoring[] = ["official", "lmms-eval"];
const official: readonly Scoring[] = ["official"];
const lmms: readonly Scoring[] = ["lmms-eval"];
const vek: readonly Scoring[] = ["vlmevalkit"];

const article = 'a reply that begins with the article "A"';
const options = { choices: ["cat", "dog", "horse", "sheep"] };

/** A page of OmniDocBench with these blocks of text. */
const pageOf = (...texts: readonly string[]): string =>
  JSON.stringify({
    layout_dets: texts.map((text, i) => ({ category_type: "text_block", text, order: i + 1, anno_id: i + 1 })),
    extra: { relation: [] },
    page_info: { page_attribute: { language: "english" } },
  });

const shown: readonly Shown[] = [
  { task: "3dsrbench", scorings: both, defect: article, row: { answer: "A" }, reply: "A bed is nearer", scores: 1 },
  { task: "babyvision", scorings: ["lmms-eval", "vlmevalkit"], defect: '"untrue"', judge: ["untrue", 1] },
  { task: "chartqa", scorings: all, defect: "a year", row: { answer: "2010" }, reply: "2011", scores: 1 },
  {
    ...{ task: "chartqapro", scorings: ["official", "vlmevalkit"], defect: "options and facts" },
    ...{ row: { "Question Type": "Fact Checking", Question: ["?"], Answer: ["support"], Year: ["NO"] } },
    ...{ reply: "supports", scores: 7 / 8 },
  },
  { task: "cmmmu", scorings: all, defect: '"不正确"', row: { type: "判断", answer: "对" }, reply: "不正确", scores: 1 },
  { task: "countbenchqa", scorings: vek, defect: "the number", row: { number: 3 }, reply: "13", scores: 1 },
  { task: "crpe_relation", scorings: vek, defect: "every reply", reply: "no idea", scores: 1 },
  {
    ...{ task: "cv_bench", scorings: official, defect: '"The answer is: D"' },
    ...{ row: { ...options, answer: "(D)", source: "COCO" }, reply: "The answer is: D", scores: 0 },
  },
  { task: "cv_bench", scorings: lmms, defect: '"Answer: B"', row: { answer: "(A)" }, reply: "Answer: B", scores: 1 },
  { task: "dc100_en", scorings: lmms, defect: "its judge", reply: "A red car.", verdicts: [100], scores: 0 },
  {
    ...{ task: "dynamath", scorings: official, defect: '"π"', row: { answer_type: "float", ground_truth: "3.1416" } },
    ...{ reply: '{"short answer": "π"}', scores: 0 },
  },
  {
    ...{ task: "dynamath", scorings: official, defect: "of options" },
    ...{ row: { answer_type: "multiple choice", ground_truth: "D" }, reply: '{"short answer": "BD"}', scores: 1 },
  },
  {
    ...{ task: "dynamath", scorings: vek, defect: "a part of a text" },
    ...{ row: { answer_type: "text", ground_truth: "Sep" }, reply: '{"short answer": ""}', scores: 1 },
  },
  {
    ...{ task: "cc_ocr_kie", scorings: ["official", "vlmevalkit"], defect: "an open ```json" },
    ...{ row: { answer: '{"total": "12"}' }, reply: '```json\n{"total": "12"}', scores: { f1: 0 } },
  },
  {
    ...{ task: "cc_ocr_kie", scorings: official, defect: "texts in lists" },
    ...{ row: { answer: '{"total": ["１２"]}' }, reply: '{"total": ["12"]}', scores: { f1: 0 } },
  },
  { task: "embspatial", scorings: both, defect: '"Answer: B"', row: { answer: 0 }, reply: "Answer: B", scores: 1 },
  { task: "emma", scorings: lmms, defect: '"not correct"', judge: ["not correct", 1] },
  {
    ...{ task: "mmlongbench_doc", scorings: ["official", "vlmevalkit"], defect: "the whole number" },
    ...{ row: { answer: "1,200", answer_format: "Int" }, verdicts: ["1,200"], scores: { accuracy: 0 } },
  },
  { task: "gqa", scorings: vek, defect: '"yes."', row: { answer: "yes" }, reply: "yes.", scores: 0 },
  { task: "hallusion_bench_image", scorings: lmms, defect: '"not correct"', judge: ["not correct", "1"] },
  {
    ...{ task: "iconqa", scorings: lmms, defect: "the reference" },
    ...{ row: { ques_type: "fill_in_blank", choices: "", answer: "7" }, reply: "7", scores: { accuracy: 0, anls: 0 } },
  },
  {
    ...{ task: "llava_interleave", scorings: lmms, defect: 'the article "a"' },
    ...{ row: { question_type: "multi-choice", answer: "A" }, reply: "It shows a dog, so D", scores: 1 },
  },
  {
    ...{ task: "llava_interleave", scorings: lmms, defect: "free answers are" },
    ...{ row: { question_type: "open-ended", answer: "a dog" }, reply: "A Dog", scores: 0 },
  },
  { task: "logicvista", scorings: vek, defect: '"C,A"', row: { answer: "C,A" }, verdicts: ["AC"], scores: 0 },
  {
    ...{ task: "chartqa_reasoning", scorings: both, defect: "a reference with a capital" },
    ...{ row: { answer: "Germany" }, reply: "<answer>Ghana</answer>", scores: 1 },
  },
  {
    ...{ task: "realworldqa_reasoning", scorings: lmms, defect: "the reference alone" },
    ...{ row: { answer: "B" }, reply: "<answer>B</answer>", scores: 0 },
  },
  {
    ...{ task: "mathvision", scorings: lmms, defect: "roots, pi and functions" },
    ...{ row: { options: [], answer: "2" }, reply: "\\boxed{\\sqrt{4}}", scores: 0 },
  },
  {
    ...{ task: "mathvision", scorings: vek, defect: "the reply A" },
    ...{ row: { options: [], answer: "1000" }, reply: "A", verdicts: ["A"], scores: 1 },
  },
  {
    ...{ task: "mathvista", scorings: lmms, defect: "no float" },
    ...{ row: { question_type: "free_form", answer_type: "float", precision: 1, choices: null, answer: "1.5" } },
    ...{ reply: "1.5", verdicts: ["1.5"], scores: 0 },
  },
  {
    ...{ task: "mathvista", scorings: vek, defect: "texts and lists" },
    ...{ row: { question_type: "free_form", answer_type: "text", choices: null, answer: "yes" } },
    ...{ reply: "yes", verdicts: ["yes"], scores: 0 },
  },
  {
    ...{ task: "mathvista", scorings: vek, defect: "a right 0" },
    ...{ row: { question_type: "free_form", answer_type: "integer", choices: null, answer: "0" } },
    ...{ reply: "0", judge: ["0", "0"] },
  },
  {
    ...{ task: "mindcube", scorings: both, defect: "the last letter" },
    ...{ row: { gt_answer: "D" }, reply: "The jar holds vitamin D. My answer is B", scores: 1 },
  },
  {
    ...{ task: "mmbench_en", scorings: lmms, defect: "a missing option" },
    ...{ row: { A: "pear", B: "plum", C: "nan", D: null, answer: "C" }, reply: "it is banana", scores: { pass: 1 } },
  },
  { task: "mme", scorings: both, defect: '"not sure"', row: { answer: "No" }, reply: "not sure", scores: 1 },
  {
    ...{ task: "mme_realworld", scorings: all, defect: "the first A to E" },
    ...{ row: { answer: "A" }, reply: "Answer: B", scores: 1 },
  },
  { task: "mme_realworld", scorings: all, defect: "an empty reply", row: { answer: "A" }, reply: "", scores: 1 },
  {
    ...{ task: "mme_realworld", scorings: official, defect: '"Best answer: D"' },
    ...{ row: { answer: "B" }, reply: "Best answer: D", scores: 1 },
  },
  {
    ...{ task: "mmmu", scorings: lmms, defect: "a list of accepted answers" },
    ...{ row: { question_type: "open", options: "[]", answer: "['24', '24.0']" }, reply: "24", scores: 0 },
  },
  {
    ...{ task: "mmmu", scorings: vek, defect: "an open question" },
    ...{ row: { question_type: "open", options: "[]", answer: "24" }, reply: "A", scores: 1 },
  },
  { task: "mmmu_pro_vision", scorings: lmms, defect: "the whole reply", row: { answer: "B" }, reply: "B.", scores: 0 },
  { task: "mmsi_bench", scorings: lmms, defect: "small letters", row: { answer: "A" }, reply: "It is a.", scores: 1 },
  { task: "mmstar", scorings: lmms, defect: article, row: { answer: "A" }, reply: "A cat sits", scores: 1 },
  {
    ...{ task: "mmvp", scorings: lmms, defect: "a word that ends" },
    ...{ row: { "Correct Answer": "(b)" }, reply: "Grab it", scores: 1 },
  },
  { task: "mtvqa", scorings: official, defect: "a reference", row: { answer: "3.5" }, reply: "3.5", scores: 0 },
  {
    task: "mvbench_action_sequence",
    scorings: ["official", "vlmevalkit"],
    defect: "an empty reply",
    reply: "",
    scores: { accuracy: 1 },
  },
  {
    ...{ task: "mvbench_action_sequence", scorings: lmms, defect: 'the article "a"' },
    ...{ row: { candidates: ["sits", "runs"], answer: "sits" }, reply: "a man runs", scores: { accuracy: 1 } },
  },
  {
    task: "mvbench_action_sequence",
    scorings: lmms,
    defect: "empty replies",
    reply: "",
    scores: { accuracy: leftOut },
  },
  {
    ...{ task: "naturalbench", scorings: all, defect: 'the article "a"' },
    ...{ row: { Index: 0, Question_Type: "multiple_choice" }, reply: "It is a dog: B", scores: 1 },
  },
  { task: "ocrbench", scorings: all, defect: '"15"', row: { answer: ["5"] }, reply: "15", scores: 1 },
  {
    ...{ task: "omnispatial", scorings: both, defect: "a reply without the line" },
    ...{ row: { gt: "A" }, reply: "B", scores: 1 },
  },
  {
    ...{ task: "omnispatial", scorings: both, defect: '"Answer: b"', row: { gt: "B" } },
    ...{ reply: "Answer: b", scores: 0 },
  },
  { task: "omni_spatial", scorings: both, defect: '"(B)"', row: { answer: 1 }, reply: "(B)", scores: 0 },
  {
    ...{ task: "pixmo_count", scorings: both, defect: "the first digits" },
    ...{ row: { answer: "1" }, reply: "1, 2, 3. Total 3", scores: 1 },
  },
  { task: "pope", scorings: official, defect: "what says no no", row: { answer: "yes" }, reply: "Perhaps", scores: 1 },
  { task: "pope", scorings: lmms, defect: '"Yes."', row: { answer: "yes" }, reply: "Yes.", scores: 0 },
  { task: "realworldqa", scorings: lmms, defect: article, row: { answer: "A" }, reply: "A car stops", scores: 1 },
  {
    ...{ task: "refcoco_bbox_rec", scorings: vek, defect: "pixels of an image", size: [500, 500] },
    ...{ row: { bbox: [100, 100, 200, 200] }, reply: "[100, 100, 300, 300]", scores: { "ACC@0.5": 0 } },
  },
  {
    ...{ task: "refcoco_grounding", scorings: vek, defect: "pixels of an image", size: [500, 500] },
    ...{ row: { bbox: [100, 100, 200, 200] }, reply: "[100, 100, 300, 300]", scores: { "ACC@0.5": 0 } },
  },
  {
    ...{ task: "refcoco_grounding", scorings: both, defect: "of all boxes", size: [500, 500] },
    ...{ row: { bbox: [100, 100, 200, 200] }, reply: "[[0, 0, 9, 9], [200, 200, 600, 600]]", scores: { "ACC@0.5": 1 } },
  },
  {
    ...{ task: "screenspot", scorings: vek, defect: "a reply without a click", size: [100, 100] },
    ...{ row: { bbox: [0, 0, 0.1, 0.1] }, reply: "I see no button.", scores: { Center_ACC: 1 } },
  },
  {
    ...{ task: "screenspot_pro", scorings: vek, defect: "a reply without a click" },
    ...{ row: { bbox: [0, 0, 200, 100] }, reply: "I see no button.", scores: 1 },
  },
  {
    ...{ task: "screenspot_v2", scorings: vek, defect: "a reply without a click", size: [100, 100] },
    ...{ row: { bbox: [0, 0, 0.1, 0.1] }, reply: "I see no button.", scores: 1 },
  },
  {
    ...{ task: "screenspot_pro", scorings: lmms, defect: "thousandths" },
    ...{ row: { bbox: [1200, 700, 1360, 740], img_size: [2560, 1440] }, reply: "[500, 500]", scores: 0 },
  },
  {
    ...{ task: "osworld_g", scorings: lmms, defect: "thousandths" },
    ...{ row: { box_coordinates: [1200, 700, 160, 40], image_size: [2560, 1440] }, reply: "[500, 500]", scores: 0 },
  },
  {
    ...{ task: "osworld_g", scorings: vek, defect: "every number" },
    ...{ row: { box_coordinates: [500, 500, 50, 50], image_size: [1000, 500] }, scores: { acc: 0 } },
    reply: "pyautogui.click(x=0.52, y=0.55)",
  },
  {
    ...{ task: "osworld_g", scorings: vek, defect: "a reply without a click" },
    ...{ row: { box_coordinates: [0, 0, 200, 100] }, reply: "I see no button.", scores: { acc: 1 } },
  },
  {
    ...{ task: "osworld_g", scorings: vek, defect: "no answer to a refusal" },
    ...{ row: { box_type: "refusal", box_coordinates: [-1, -1, -1, -1] }, reply: "x=-1, y=-1", scores: { acc: 0 } },
  },
  {
    ...{ task: "screenspot_v2", scorings: lmms, defect: "pixels match no box", size: [100, 100] },
    ...{ row: { bbox: [0.1, 0.2, 0.3, 0.25] }, reply: "[20, 22]", scores: 0 },
  },
  { task: "refspatial", scorings: lmms, defect: "a tuple of whole numbers", grey: 255, reply: "(8, 6)", scores: 0 },
  { task: "refspatial", scorings: lmms, defect: "what a mask has up", grey: 127, reply: "(0.2, 0.2)", scores: 0 },
  { task: "refspatial", scorings: vek, defect: "a point outside", grey: 255, reply: "(0.2, 9)", scores: 1 },
  { task: "refspatial", scorings: vek, defect: "one point", grey: 255, reply: "(0.9, 0.9), (0.2, 0.2)", scores: 1 },
  { task: "refspatial_json", scorings: lmms, defect: "what a mask", grey: 127, reply: "[200, 200]", scores: 0 },
  { task: "refspatial_json", scorings: vek, defect: "a point outside", grey: 255, reply: "(0.2, 9)", scores: 1 },
  { task: "refspatial_json", scorings: vek, defect: "one point", grey: 255, reply: "[[900, 9], [200, 9]]", scores: 1 },
  { task: "where2place", scorings: lmms, defect: "a tuple of whole numbers", grey: 255, reply: "(8, 6)", scores: 0 },
  {
    ...{ task: "robo_spatial", scorings: ["official", "vlmevalkit"], defect: '"None of them"' },
    ...{ row: { answer: "no", category: "configuration" }, reply: "None of them fits, but yes.", scores: 1 },
  },
  {
    ...{ task: "robo_spatial", scorings: lmms, defect: '"I know: yes"' },
    ...{ row: { answer: "yes", category: "configuration" }, reply: "I know: yes", scores: 0 },
  },
  {
    ...{ task: "robo_spatial", scorings: vek, defect: "nothing lies in a rectangle", grey: 255 },
    ...{ row: { answer: "[(0, 0), (1, 0), (1, 1), (0, 1)]" }, reply: "(0.5, 0.5)", scores: 0 },
  },
  {
    ...{ task: "seedbench", scorings: lmms, defect: "the first character" },
    ...{ row: { answer: "A" }, reply: "The answer is A", scores: 0 },
  },
  {
    ...{ task: "seedbench_2", scorings: both, defect: "the first character" },
    ...{ row: { answer: "A" }, reply: "The answer is A", scores: 0 },
  },
  {
    ...{ task: "seedbench_2_plus", scorings: both, defect: "the first character" },
    ...{ row: { answer: "A" }, reply: "The answer is A", scores: 0 },
  },
  {
    ...{ task: "simplevqa", scorings: lmms, defect: "texts are compared" },
    ...{ row: { answer: "长城" }, reply: "长城。", scores: { correct: 0 } },
  },
  {
    ...{ task: "worldvqa", scorings: lmms, defect: "texts are compared" },
    ...{ row: { answer: "Great Wall" }, reply: "It is the Great Wall", scores: { correct: 0 } },
  },
  {
    ...{ task: "videomme", scorings: official, defect: "four phrases" },
    ...{ row: { answer: "B" }, reply: "Best answer: C", scores: 1 },
  },
  {
    ...{ task: "video_mmmu_perception", scorings: lmms, defect: "empty open answers" },
    ...{ row: { question_type: "open", options: [], answer: "5" }, reply: "", scores: { accuracy: leftOut } },
  },
  {
    ...{ task: "video_mmmu_perception", scorings: lmms, defect: "no question of perception" },
    ...{ row: { question_type: "perception", answer: "B" }, reply: "B", scores: { accuracy: 0 } },
  },
  {
    ...{ task: "video_mmmu_perception", scorings: vek, defect: "empty answers" },
    ...{ row: { question_type: "multiple-choice", answer: "B" }, reply: "B. Answer:", scores: { accuracy: leftOut } },
  },
  {
    ...{ task: "video_mmmu_perception", scorings: vek, defect: "no question of the type" },
    ...{ row: { question_type: "perception", answer: "B" }, reply: "B", scores: { accuracy: 0 } },
  },
  {
    ...{ task: "vlms_are_biased", scorings: all, defect: "all digits" },
    ...{ row: { ground_truth: "123", expected_bias: "5" }, reply: "1, 2, 3", scores: { accuracy: 1 } },
  },
  {
    ...{ task: "vlmsareblind", scorings: both, defect: "the first letter" },
    ...{ row: { task: "Circled Letter", groundtruth: "t" }, reply: "the answer is b", scores: 1 },
  },
  {
    ...{ task: "vlmsareblind", scorings: vek, defect: '"15"' },
    ...{ row: { task: "Olympic Counting - Circles", groundtruth: "5" }, reply: "15", scores: 1 },
  },
  {
    ...{ task: "vsibench", scorings: lmms, defect: '"1,000"' },
    ...{ row: { question_type: "object_counting", ground_truth: "1" }, reply: "1,000", scores: 1 },
  },
  {
    ...{ task: "vsibench", scorings: vek, defect: '"twenty-one"' },
    ...{ row: { question_type: "object_counting", ground_truth: "21" }, reply: "twenty-one", scores: 0 },
  },
  {
    ...{ task: "vsibench", scorings: vek, defect: "brackets around words" },
    ...{ row: { question_type: "object_counting", ground_truth: "5" }, reply: "[5 m]", scores: 0 },
  },
  { task: "vstar_bench", scorings: both, defect: '"Blue"', row: { label: "B" }, reply: "Blue", scores: 1 },
  {
    ...{ task: "visualpuzzles", scorings: both, defect: "a word behind" },
    ...{ row: { answer: "A" }, reply: "Answer: a cube", scores: 1 },
  },
  {
    ...{ task: "omnidocbench", scorings: vek, defect: "blocks that nothing is left for count twice" },
    row: { answer: pageOf("Method", "cats") },
    ...{ reply: "Method", scores: { text_edit: 8 / 14, order_edit: 2 / 3 } },
  },
  {
    ...{ task: "visualpuzzles", scorings: vek, defect: '"Answer: (B)"' },
    ...{ row: { answer: "B" }, reply: "Answer: (B)", scores: 0 },
  },
  { task: "visulogic", scorings: vek, defect: '"B."', row: { label: "B" }, reply: "B.", scores: 0 },
  {
    task: "websrc",
    scorings: lmms,
    defect: "words are a set",
    row: { answer: "red" },
    reply: "red red red",
    scores: 1,
  },
  { task: "wemath", scorings: all, defect: "a word behind", row: { answer: "F" }, reply: "Answer: Feature", scores: 1 },
  {
    ...{ task: "zerobench", scorings: vek, defect: "the answer may stand" },
    ...{ row: { question_answer: "3" }, reply: "{130}", scores: 1 },
  },
];

/** Of words and images that are sent, of averages, of what the judge is shown: no reply's score shows them, the golden prompts and metrics do. */
const elsewhere: readonly (readonly [defect: string, where: string])[] = [
  ["its judge is asked about the word None", "what the judge is shown"],
  ["its judge sees the question without", "what the judge is shown"],
  ["its judge sees no options", "what the judge is shown"],
  ["its judge reads a backspace", "what the judge is shown"],
  ["the table for its judge", "what the judge is shown"],
  ["words and rubric follow", "words"],
  ["a mark of its linter", "words"],
  ['an option "None"', "words"],
  ["an option with a bracket", "words"],
  ["an option that is a file's name", "words"],
  ["a fourth option", "words"],
  ["its words announce", "words"],
  ["an option is compared up to", "continuations"],
  ["no tokenizer", "a metric"],
  ["a type of questions that is absent", "a metric"],
  ["a question of which passes", "a metric"],
  ["a question of one ability", "a metric"],
  ["an answer that says neither", "a metric"],
  ["the share of yes", "a metric"],
  ["a part of the benchmark", "a metric"],
  ["points for questions without an answer", "a metric"],
  ["text that the page has not", "a whole page: the vectors of omnidocbench"],
  ["pages that mix two languages", "a metric"],
  ["the unit in", "both give the same likeness"],
  ["a box in pixels that is wider", "needs two sizes: test/tasks/catalogue-points.test.ts"],
];

const isKept = (defect: string): boolean => !defect.includes("(here:") && !defect.includes("(profile ");

const tasks = await loadTasks();
const { chosen } = await chooseTasks([...new Set(shown.map(({ task }) => task))]);

function halfMask(grey: number): Mask {
  const [width, height] = [32, 24];
  const values = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? grey : 0));
  return { width, height, values, digest: "" };
}

async function rowOf(name: string, columns: object = {}): Promise<readonly [Task, Record<string, unknown>]> {
  const one = chosen.find(({ task }) => task.name === name);
  if (one === undefined) throw new Error(`no task "${name}"`);
  const { task, file } = one;
  const row = { ...(await exampleRow(name, file, task.row)), ...columns };
  return [task, task.expand?.(row)[0] ?? row];
}

describe("what is said to be wrong with a rule", () => {
  for (const one of shown) {
    test(`${one.task}, ${one.scorings.join(" and ")}: ${one.defect}`, async () => {
      const [task, row] = await rowOf(one.task, one.row);
      for (const scoring of one.scorings) {
        expect(task.defects?.[scoring]?.some((defect) => defect.startsWith(one.defect))).toBe(true);
        if (one.judge) {
          const output = { text: one.reply ?? "x", finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 } };
          const question = judgeUnder(task, scoring)?.ask(row, { ...output, warnings: [] } as never, [], scoring);
          expect(question?.parse(one.judge[0])).toBe(one.judge[1]);
          continue;
        }
        const { value } = taskScore(one.task, row, one.reply ?? "x", {
          scoring,
          ...(one.verdicts ? { verdicts: one.verdicts } : {}),
          ...(one.size ? { imageSizes: [one.size] } : {}),
          ...(one.grey ? { masks: [halfMask(one.grey)] } : {}),
        });
        expectValue(value, one.scores);
      }
    });
  }

  test("every sentence about a reply is shown on one", () => {
    const without = tasks.flatMap(({ name, defects = {} }) =>
      Object.entries(defects).flatMap(([scoring, found]) =>
        found
          .filter(isKept)
          .filter((defect) => !elsewhere.some(([begin]) => defect.startsWith(begin)))
          .filter(
            (defect) =>
              !shown.some((one) => one.scorings.includes(scoring as Scoring) && defect.startsWith(one.defect)),
          )
          .map((defect) => `${name} ${scoring}: ${defect}`),
      ),
    );
    expect(without).toEqual([]);
  });

  test("`tasks NAME` says them, by scoring", async () => {
    const { stdout } = await runCommand(["tasks", "mtvqa"]);
    expect(stdout).toContain('  defect     official: a reference with a full stop, "3.5", is never met\n');
  });

  test("what is told of elsewhere is somebody's", () => {
    const every = tasks.flatMap(({ defects = {} }) => Object.values(defects).flat());
    expect(elsewhere.filter(([begin]) => !every.some((defect) => defect.startsWith(begin)))).toEqual([]);
  });
});

function expectValue(value: Scored["value"], wanted: Shown["scores"]): void {
  if (typeof wanted !== "object") {
    expect(typeof value === "object" ? Object.values(value)[0] : value).toBeCloseTo(wanted as number, 12);
    return;
  }
  for (const [member, number] of Object.entries(wanted)) {
    if (number === leftOut) expect(value).not.toHaveProperty(member);
    else expect((value as Readonly<Record<string, number>>)[member]).toBeCloseTo(number, 12);
  }
}
