import karpathy from "../../tasks/coco_cap/karpathy-task.js";
import coco from "../../tasks/coco_cap/task.js";
import flickr30k from "../../tasks/flickr30k/task.js";
import hallusion from "../../tasks/hallusion_bench/task.js";
import mme from "../../tasks/mme/task.js";
import nocaps from "../../tasks/nocaps/task.js";
import ocrbenchTasks from "../../tasks/ocrbench/task.js";
import pope from "../../tasks/pope/task.js";
import textcaps from "../../tasks/textcaps/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [ocrbench] = ocrbenchTasks;

const popeColumns: Record<string, ColumnType> = {
  ...{ id: "string", question_id: "string", question: "string", answer: "string", image_source: "string" },
  ...{ image: "image", category: "string" },
};
const popeRow = { image_source: "COCO_val2014_000000310196", image: true };
const popeRows = [
  {
    ...popeRow,
    id: "0",
    question_id: "1",
    question: "Is there a snowboard in the image? ",
    answer: "yes",
    category: "adversarial",
  },
  {
    ...popeRow,
    id: "1",
    question_id: "2",
    question: "Is there a backpack in the image?",
    answer: "no",
    category: "adversarial",
  },
  {
    ...popeRow,
    id: "2",
    question_id: "1",
    question: "Is there a snowboard in the image?",
    answer: "yes",
    category: "popular",
  },
  { ...popeRow, id: "3", question_id: "2", question: "Is there a car in the image?", answer: "no", category: "random" },
];
goldenTask({
  task: pope,
  columns: popeColumns,
  rows: popeRows,
  answers: ["Yes, there is.", "No", "No.", "There is not. Yes"],
  // Official: hits 1, false alarms 0, misses 1: F1 2/3. lmms-eval: only "No" is an answer: no hit at all.
  main: { official: 2 / 3, "lmms-eval": 0 },
});
goldenTask({
  task: pope,
  split: "adversarial",
  columns: popeColumns,
  rows: popeRows.slice(0, 2),
  answers: ["yes", "yes"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});

const mmeRow = { image: true };
goldenTask({
  task: mme,
  columns: { question_id: "string", image: "image", question: "string", answer: "string", category: "string" },
  rows: [
    {
      ...mmeRow,
      question_id: "existence/0006.jpg",
      question: "Is there an elephant in this image? Please answer yes or no.",
      answer: "Yes",
      category: "existence",
    },
    {
      ...mmeRow,
      question_id: "existence/0006.jpg",
      question: "Is there a hair drier in this image? Please answer yes or no.",
      answer: "No",
      category: "existence",
    },
    {
      ...mmeRow,
      question_id: "existence/0007.jpg",
      question: "Is there a refrigerator? Please answer yes or no.",
      answer: "Yes",
      category: "existence",
    },
    {
      ...mmeRow,
      question_id: "existence/0007.jpg",
      question: "Is there a donut? Please answer yes or no.",
      answer: "No",
      category: "existence",
    },
    {
      ...mmeRow,
      question_id: "code/1.png",
      question: "Is it 3? Please answer yes or no.",
      answer: "Yes",
      category: "code_reasoning",
    },
    {
      ...mmeRow,
      question_id: "code/1.png",
      question: "Is it 4? Please answer yes or no.",
      answer: "No",
      category: "code_reasoning",
    },
  ],
  // " y" is a yes in lmms-eval only.
  answers: ["Yes, it is", "no.", "Yes", "I think no", " y", "No"],
  main: { official: 75 + 50, "lmms-eval": 75 + 50 },
});

const captionAnswers = ["A man on a snowboard.", "Two dogs play in the snow"];
const references = [
  [
    "A man rides a snowboard.",
    "Man on a snowboard",
    "A snowboarder in the snow.",
    "The man is on his board",
    "A person snowboards.",
  ],
  [
    "Two dogs playing in snow.",
    "Dogs in the snow",
    "Two brown dogs play.",
    "A pair of dogs",
    "Dogs that play outside.",
  ],
];
const [coco2017, coco2014, coco2014Test, coco2017Test] = coco;
goldenTask({
  task: karpathy,
  columns: { filename: "string", imgid: "int64", sentences: "strings", url: "string", cocoid: "int64" },
  rows: ["COCO_val2014_000000391895.jpg", "COCO_val2014_000000522418.jpg"].map((filename, imgid) => ({
    ...{ filename, imgid, cocoid: imgid, url: "https://images.invalid/x.jpg" },
    sentences: ["A man rides a red motorcycle.", "A motorcycle on a dirt road.", "A man on a path."],
  })),
  answers: ["A man rides a motorcycle on a road.", "A woman with a cake."],
});
const cocoColumns: Record<string, ColumnType> = {
  ...{ question_id: "string", image: "image", question: "string", answer: "strings", id: "int64" },
};
const cocoRows = (...names: string[]) =>
  names.map((question_id, i) => ({ question_id, question: "Please describe", answer: references[i], image: true }));
goldenTask({
  task: coco2017,
  columns: cocoColumns,
  rows: cocoRows("000000179765.jpg", "000000190236.jpg"),
  answers: captionAnswers,
});
goldenTask({
  task: coco2014,
  columns: cocoColumns,
  rows: cocoRows("COCO_val2014_000000391895.jpg", "COCO_val2014_000000522418.jpg"),
  // lmms-eval and the reference tokenise a lone "\r" as a line break, which shifts the next caption.
  answers: ["A man\ron a snowboard.", "Two dogs play in the snow"],
});
for (const task of [coco2014Test, coco2017Test])
  goldenTask({
    task: task,
    columns: cocoColumns,
    rows: cocoRows("COCO_test2014_000000000001.jpg", "000000000016.jpg").map((row) => ({ ...row, answer: null })),
    answers: captionAnswers,
  });

const nocapsColumns: Record<string, ColumnType> = {
  ...{
    image: "image",
    image_id: "int64",
    image_open_images_id: "string",
    annotations_captions: "strings",
    domain: "string",
  },
};
const nocapsRows = references.map((captions, image_id) => ({
  image_id,
  annotations_captions: [...captions, ...captions],
  domain: image_id === 0 ? "in-domain" : "out-domain",
  image: true,
}));
goldenTask({ task: nocaps, columns: nocapsColumns, rows: nocapsRows, answers: captionAnswers });
goldenTask({
  task: nocaps,
  split: "test",
  columns: nocapsColumns,
  rows: nocapsRows.map((row) => ({ ...row, annotations_captions: null, domain: null })),
  answers: captionAnswers,
});

goldenTask({
  task: flickr30k,
  columns: { image: "image", caption: "strings", sentids: "strings", img_id: "string", filename: "string" },
  rows: references.map((caption, i) => ({ img_id: String(i), caption, filename: `${i}.jpg`, image: true })),
  answers: captionAnswers,
});

const [textcapsTask, textcapsTrain] = textcaps;
const textcapsColumns: Record<string, ColumnType> = { image_id: "string", image: "image", caption_str: "strings" };
const textcapsRows = references.map((caption_str, i) => ({ image_id: `a${i}`, caption_str, image: true }));
for (const task of [textcapsTask, textcapsTrain])
  goldenTask({ task: task, columns: textcapsColumns, rows: textcapsRows, answers: captionAnswers });
goldenTask({
  task: textcapsTask,
  split: "test",
  columns: textcapsColumns,
  rows: textcapsRows.map((row) => ({ ...row, caption_str: null })),
  answers: captionAnswers,
});

goldenTask({
  task: ocrbench,
  columns: { dataset: "string", question: "string", question_type: "string", answer: "strings", image: "image" },
  rows: [
    {
      dataset: "IIIT5K",
      question: "what is written in the image?",
      question_type: "Regular Text Recognition",
      answer: ["CENTRE"],
      image: true,
    },
    {
      dataset: "HME100k",
      question: "Please write out the expression.",
      question_type: "Handwritten Mathematical Expression Recognition",
      answer: ["x ^ 2"],
      image: true,
    },
    {
      dataset: "FUNSD",
      question: "what is the name? ",
      question_type: "Key Information Extraction",
      answer: ["R. Smith", "Smith"],
      image: true,
    },
  ],
  answers: ['It says "Centre".', "$x^2$", "ｓｍｉｔｈ"], // lmms-eval folds full-width letters
  main: { official: 2, "lmms-eval": 3 },
});

const [judged, offline] = hallusion;
const figure = {
  category: "VD",
  subcategory: "illusion",
  visual_input: "1",
  set_id: "0",
  figure_id: "0",
  filename: "./hallusion_bench/VD/illusion/0_0.png",
};
const hallusionColumns: Record<string, ColumnType> = {
  ...{ category: "string", subcategory: "string", visual_input: "string", set_id: "string", figure_id: "string" },
  ...{ question_id: "string", question: "string", gt_answer_details: "string", gt_answer: "string", image: "image" },
};
const hallusionRows = [
  {
    ...figure,
    question_id: "0",
    question: "Is the right circle the same size?",
    gt_answer: "1",
    gt_answer_details: "It is the same size.",
    image: true,
  },
  {
    ...figure,
    question_id: "1",
    question: "Is the right circle larger?",
    gt_answer: "0",
    gt_answer_details: "It is the same size.",
    image: true,
  },
  {
    ...figure,
    category: "VS",
    subcategory: "chart",
    visual_input: "0",
    question_id: "0",
    question: "Did China win most?",
    gt_answer: "1",
    gt_answer_details: "China won most.",
    image: null,
  },
];
const hallusionAnswers = ["Yes.", "Yes, it looks larger", "I cannot tell without a chart."];
goldenTask({
  task: judged,
  columns: hallusionColumns,
  rows: hallusionRows,
  answers: hallusionAnswers,
  // "unclear" is right where there is no image to see.
  verdicts: [["correct"], ["Incorrect."], ["unclear"]],
  main: { official: 200 / 3, "lmms-eval": 200 / 3 },
});
goldenTask({
  task: offline,
  columns: hallusionColumns,
  rows: hallusionRows,
  answers: hallusionAnswers,
  main: { official: 100 / 3, "lmms-eval": 100 / 3 },
});
