/** VLMEvalKit's TSVs in a folder, under its own names and under the task's: base64, lists of images, images of other rows, files, splits in one file. */

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Chosen, chooseTasks, loadTasks } from "../../src/api/tasks/catalogue.js";
import { promptImages, promptText } from "../../src/core/prompt.js";
import { openDataset } from "../../src/datasets/index.js";
import { encodePng } from "../../src/images/png.js";
import { plan } from "../../src/run/plan.js";
import { temporaryFolder } from "../board/run-fixture.js";

const pixels = (shade: number) => encodePng(new Uint8Array(8 * 8 * 3).fill(shade), 8, 8);
const base64 = async (shade: number) => Buffer.from(await pixels(shade)).toString("base64");

/** As pandas writes it. */
const tsv = (rows: readonly Readonly<Record<string, string>>[]): string => {
  const columns = Object.keys(rows[0] ?? {});
  const cell = (text = "") => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows.map((row) => columns.map((name) => cell(row[name])))]
    .map((line) => `${line.join("\t")}\n`)
    .join("");
};

/** What a run would see of the rows in a folder. */
async function seen(label: string, data: string, profile = "vlmevalkit") {
  const [chosen] = (await chooseTasks([label])).chosen;
  if (chosen === undefined) throw new Error(label);
  const { task, split, splitName } = chosen;
  const { row, tsv: theirs } = task;
  await using dataset = await openDataset({ task: task.name, splitName, split, row, tsv: theirs, data });
  const found: { id: string; words: string; images: number[]; row: Record<string, unknown> }[] = [];
  for await (const unit of plan(task, dataset, { offset: 0, repeats: 1 }, new AbortController().signal)) {
    if (!("row" in unit)) throw unit.failure;
    const prompt = task.prompt(unit.row, profile);
    const images = await Promise.all(promptImages(prompt).map(async (image) => (await image.bytes()).length));
    found.push({ id: unit.id, words: promptText(prompt), images, row: unit.row });
  }
  return found;
}

test("of two files of one split the first name is read, and a warning names both", async () => {
  await using place = await temporaryFolder();
  const rows = (question: string, image: string) =>
    tsv([{ index: "1", image, question, answer: "Longji", language: "en", category: "Nature", difficulty: "easy" }]);
  await writeFile(join(place.dir, "worldvqa_train.tsv"), rows("Mine?", await base64(1)));
  await writeFile(join(place.dir, "WorldVQA.tsv"), rows("Theirs?", await base64(2)));
  const [{ task, split, splitName } = {} as Chosen] = (await chooseTasks(["worldvqa"])).chosen;
  const warnings: string[] = [];
  const request = { task: task.name, splitName, split, row: task.row, tsv: task.tsv, data: place.dir };
  await using _ = await openDataset({ ...request, warn: (message) => warnings.push(message) });
  expect(warnings).toEqual([`worldvqa: worldvqa_train.tsv is read; WorldVQA.tsv beside it in ${place.dir} is not`]);
  expect((await seen("worldvqa", place.dir))[0]?.words).toContain("Mine?");
});

test("MMMU's file has both splits, questions of several images and open ones", async () => {
  await using place = await temporaryFolder();
  const [one, two] = [await base64(10), await base64(200)];
  const common = { category: "Art", "l2-category": "x" };
  const rows = [
    {
      index: "0",
      id: "validation_Art_1",
      question: "<image 1> or <image 2>?",
      A: "cat",
      B: "dog",
      C: "",
      D: "",
      answer: "B",
      image: `['${one}', '${two}']`,
      split: "validation",
      ...common,
    },
    {
      index: "1",
      id: "dev_Art_1",
      question: "Which?",
      A: "a",
      B: "b",
      C: "",
      D: "",
      answer: "A",
      image: one,
      split: "dev",
      ...common,
    },
    {
      index: "2",
      id: "validation_Art_2",
      question: "How many?",
      A: "",
      B: "",
      C: "",
      D: "",
      answer: "24",
      image: two,
      split: "validation",
      ...common,
    },
  ];
  await writeFile(join(place.dir, "MMMU_DEV_VAL.tsv"), tsv(rows));
  const val = await seen("mmmu", place.dir);
  expect(val.map(({ id, images }) => [id, images.length])).toEqual([
    ["validation_Art_1", 2],
    ["validation_Art_2", 1],
  ]);
  expect(val[0]?.words).toBe(
    "Question: <image> or <image>?\nOptions:\nA. cat\nB. dog\nPlease select the correct answer from the options above. \n",
  );
  expect(val[1]?.row.question_type).toBe("open");
  expect((await seen("mmmu@dev", place.dir)).map(({ id }) => id)).toEqual(["dev_Art_1"]);
});

test("an image is another row's, a file beside the rows, or a file that image_path names", async () => {
  await using place = await temporaryFolder();
  await mkdir(join(place.dir, "images"));
  await writeFile(join(place.dir, "images", "b.png"), await pixels(90));
  const row = {
    question: "What?",
    A: "cat",
    B: "None",
    C: "dog",
    D: "",
    answer: "C",
    category: "c",
    "l2-category": "l",
  };
  const rows = [
    { index: "7", ...row, image: await base64(10), image_path: "" },
    { index: "8", ...row, image: "7", image_path: "" },
    { index: "9", ...row, image: "", image_path: "b.png" },
  ];
  await writeFile(join(place.dir, "MMStar.tsv"), tsv(rows));
  const found = await seen("mmstar", place.dir);
  expect(found.map(({ images }) => images.length)).toEqual([1, 1, 1]);
  expect(found[0]?.images).toEqual(found[1]?.images);
  // pandas takes "None" for a missing cell: nobody is asked it, and the letters stay.
  expect(found[0]?.words).toContain("A. cat\nC. dog\n");
});

test("a split that is VLMEvalKit's file alone is on no hub, and a folder without it is told its name", async () => {
  await using place = await temporaryFolder();
  await expect(seen("mmbench_en@dev_v11", "hub")).rejects.toMatchObject({
    message: 'split "dev_v11" of task "mmbench_en" is on no hub that is known',
    fix: expect.stringContaining("MMBench_DEV_EN_V11.tsv into a folder"),
  });
  await expect(seen("mmbench_en@dev_v11", place.dir)).rejects.toMatchObject({
    fix: expect.stringContaining("VLMEvalKit's MMBench_DEV_EN_V11.tsv"),
  });
});

test("a question of POPE's three categories is a row in each; the task's own name names a file as well", async () => {
  await using place = await temporaryFolder();
  const rows = [
    { index: "3", question: "Is there a cat?", answer: "No", category: "random,popular", image: await base64(1) },
  ];
  await writeFile(join(place.dir, "pope.tsv"), tsv(rows));
  expect((await seen("pope", place.dir)).map(({ id }) => id)).toEqual(["random-3", "popular-3"]);
});

test("a row in another encoding is its own failure, and so is a header: its words would be others", async () => {
  await using place = await temporaryFolder();
  const row = {
    A: "a",
    B: "b",
    C: "c",
    D: "d",
    answer: "A",
    category: "c",
    "l2-category": "l",
    image: await base64(1),
  };
  const rows = ["Which?", "Un café?", "Why?"].map((question, index) => ({ index: String(index), question, ...row }));
  const file = join(place.dir, "MMStar.tsv");
  await writeFile(file, tsv(rows));
  expect((await seen("mmstar", place.dir))[1]?.words).toContain("Un café?");
  await writeFile(file, Buffer.from(tsv(rows), "latin1"));
  const failures: string[] = [];
  const { task, split, splitName } = (await chooseTasks(["mmstar"])).chosen[0] as Chosen;
  const request = { task: task.name, splitName, split, row: task.row, tsv: task.tsv, data: place.dir };
  await using dataset = await openDataset(request);
  for await (const unit of plan(task, dataset, { offset: 0, repeats: 1 }, new AbortController().signal))
    failures.push("row" in unit ? "" : unit.failure.message);
  expect(failures).toEqual(["", "data: MMStar.tsv:3: it is not in UTF-8", ""]);
  await writeFile(file, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(tsv(rows), "utf16le")]));
  await expect(seen("mmstar", place.dir)).rejects.toMatchObject({
    message: "the first line names no columns: it is not in UTF-8",
    fix: "save the file as tab-separated values in UTF-8",
  });
});

test("of two columns of one name the first is meant, as pandas reads them", async () => {
  await using place = await temporaryFolder();
  const row = { index: "1", question: "Why?", A: "a", B: "b", C: "c", D: "d", answer: "A", category: "c" };
  const written = tsv([{ ...row, "l2-category": "l", image: await base64(1), second: "D" }]);
  await writeFile(join(place.dir, "MMStar.tsv"), written.replace("\tsecond\n", "\tanswer\n"));
  expect((await seen("mmstar", place.dir))[0]?.row.answer).toBe("A");
});

test("a row with too few cells is its own failure, and none of VLMEvalKit's columns are those of another task", async () => {
  await using place = await temporaryFolder();
  await writeFile(join(place.dir, "MMVet.tsv"), tsv([{ index: "1", question: "Why?", answer: "5" }]));
  await expect(seen("mmvet", place.dir)).rejects.toThrow(/capability|image/);
});

test("MathVista's question is taken out of VLMEvalKit's query, so that every profile asks it once", async () => {
  await using place = await temporaryFolder();
  const query = "Hint: Please answer.\nQuestion: Which (Unit: $)\nis it?\nChoices:\n(A) 3\n(B) 4";
  const row = {
    index: "1",
    question: query,
    answer: "4",
    answer_option: "B",
    choices: "['3', '4']",
    question_type: "multi_choice",
    answer_type: "text",
  };
  await writeFile(
    join(place.dir, "MathVista_MINI.tsv"),
    tsv([{ ...row, skills: "['algebraic reasoning']", task: "t", unit: "$", image: await base64(5) }]),
  );
  expect((await seen("mathvista", place.dir))[0]?.words).toBe(`<image>${query}`);
  const [usual] = await seen("mathvista", place.dir, "default");
  expect(usual?.words.match(/Which/g)?.length).toBe(1);
  expect(usual?.words.match(/Choices:/g)?.length).toBe(1);
});

test("the names of their files are of splits that the task has, and no two tasks of one name share them", async () => {
  const some = (await loadTasks()).filter(({ tsv: theirs }) => theirs !== undefined);
  expect(some.length).toBeGreaterThan(20);
  for (const { name, splits, tsv: theirs } of some) {
    for (const split of Object.keys(theirs?.files ?? {})) expect(Object.keys(splits), name).toContain(split);
  }
});

test.each([
  {
    ...{ label: "seedbench_2_plus", file: "SEEDBench2_Plus", profile: "vlmevalkit" },
    cells: { index: "4", question: "Where?", A: "here", B: "there", C: "up", D: "down", answer: "B", category: "Map" },
    words:
      "<image>Question: Where?\nOptions:\nA. here\nB. there\nC. up\nD. down\nPlease select the correct answer from the options above. \n",
    row: { question_id: "4", question_image_type: "Map", answer: "B" },
  },
  {
    ...{ label: "hrbench@8k", file: "HRBench8K", profile: "official" },
    cells: {
      ...{ index: "7", question: "Which?", A: "a", B: "b", C: "c", D: "d" },
      ...{ answer: "C", category: "cross", cycle_category: "2" },
    },
    words:
      "<image>Question: Which?\nOptions:\nA. a\nB. b\nC. c\nD. d\nPlease select the correct answer from the options above. \n",
    row: { answer: "C", cycle_category: "2" },
  },
  {
    ...{ label: "countbenchqa", file: "CountBenchQA", profile: "vlmevalkit" },
    cells: { index: "0", question: "How many dogs?", answer: "3" },
    words: "<image>How many dogs? Note that: answer with a number directly e.g. 3. Do not include any additional text.",
    row: { number: 3 },
  },
  {
    ...{ label: "worldvqa", file: "WorldVQA", profile: "vlmevalkit" },
    cells: { index: "1", question: "何?", answer: "城", language: "zh", category: "Nature", difficulty: "easy" },
    words: "<image>请尽可能提供详细的回答。\n何?",
    row: { answer: "城" },
  },
  ...(["en", "cn"] as const).map((language) => ({
    label: `mmbench_${language}@dev_v11`,
    ...{ file: `MMBench_DEV_${language.toUpperCase()}_V11`, profile: "vlmevalkit" },
    cells: {
      ...{ index: "1000241", question: "Which?", hint: "Look.", A: "cat", B: "dog", C: "", D: "", answer: "B" },
      ...{ category: "image_scene", "l2-category": "coarse_perception", split: "dev" },
    },
    words:
      "<image>Hint: Look.\nQuestion: Which?\nOptions:\nA. cat\nB. dog\nPlease select the correct answer from the options above. \n",
    row: { index: "1000241", answer: "B" },
  })),
  {
    ...{ label: "simplevqa", file: "SimpleVQA", profile: "vlmevalkit" },
    cells: { index: "7", question: " 何？", answer: "城", language: "CN" },
    words: "<image> 何？",
    row: { answer: "城" },
  },
  {
    ...{ label: "3dsrbench@circular", file: "3DSRBench", profile: "default" },
    cells: {
      ...{ index: "0", qid: "VIN6MS3J-flip-1", question: "Higher?", A: "cup", B: "jar", C: "", D: "" },
      ...{ answer: "B", category: "height_higher" },
    },
    words:
      "<image>Question: Higher?\nOptions:\nA. cup\nB. jar\nPlease select the correct answer from the options above. \n",
    row: { qid: "VIN6MS3J-flip-1", answer: "B" },
  },
  ...(["2D", "3D"] as const).map((kind) => ({
    ...{ label: `cv_bench_${kind.toLowerCase()}`, file: `CV-Bench-${kind}`, profile: "vlmevalkit" },
    cells: {
      ...{ index: "4", question: "How many?", prompt: "How many? Select: (A) 1 (B) 2", A: "1", B: "2", C: "" },
      ...{ answer: "B", source: "COCO", split: kind, category: "Count" },
    },
    words: "<image>How many? Select: (A) 1 (B) 2",
    row: { type: kind, task: "Count", choices: ["1", "2"], answer: "(B)", source: "COCO" },
  })),
  ...(["ZEROBench", "ZEROBench_sub"] as const).map((file, i) => ({
    ...{ label: ["zerobench", "zerobench@subquestions"][i] as string, file, profile: "vlmevalkit" },
    cells: { index: "3", question: "How much?", answers: "12" },
    words:
      "<image>How much? \n\n\nLet's think step by step and give the final answer in curly braces,  like this: {final answer}",
    row: { question_id: "3", question_answer: "12" },
  })),
  {
    ...{ label: "mtvqa", file: "MTVQA_TEST", profile: "default" },
    cells: { index: "3", question: 'Was "steht" da?', answer: "Sei's drum", category: "DE" },
    words: '<image>Was "steht" da?\nAnswer the question using a word or phrase in the language of the question.',
    row: { lang: "DE", pair: { question: 'Was "steht" da?', answer: "Sei's drum" } },
  },
  {
    ...{ label: "visulogic", file: "VisuLogic", profile: "vlmevalkit" },
    cells: { index: "9", question: "Which comes next?", answer: "C", category: "Spatial Reasoning" },
    words:
      "<image>Which comes next?\nSolve the complex visual logical reasoning problem through step-by-step reasoning.Think about the reasoning process first and answer the question following this format: Answer: \\boxed{$LETTER}",
    row: { id: "9", label: "C", tag: "Spatial Reasoning" },
  },
  ...(["['red', 'it is blue']", ""] as const).map((options) => ({
    ...{ label: "visualpuzzles", file: "VisualPuzzles", profile: "vlmevalkit" },
    cells: { index: "2", question: "Which?", options, answer: "B", category: "spatial", difficulty: "easy" },
    words: `<image>Which?\n${options ? "Options:\n(A) red\n(B) it is blue" : "Options: Choose from (A) (B) (C) (D) in the image."}\nSolve the multiple-choice question and then answer with the option letter from the given choices. The last line of your response should be of the following format:'Answer: $LETTER' (without quotes) where LETTER is one of options. Think step by step before answering.`,
    row: { id: 2, options: options ? ["red", "it is blue"] : null, answer: "B" },
  })),
  {
    ...{ label: "embspatial", file: "EmbSpatialBench", profile: "vlmevalkit" },
    cells: {
      index: "5",
      question: "Nearest?",
      options: '["bed", "sofa"]',
      answer: "B",
      data_source: "mp3d",
      category: "x",
    },
    words:
      "<image>Question: Nearest?\nOptions:\nA: bed\nB: sofa\nGive me the answer letter directly. The best answer is:",
    row: { question_id: "5", answer_options: ["bed", "sofa"], answer: 1, data_source: "mp3d" },
  },
  {
    ...{ label: "erqa", file: "ERQA", profile: "vlmevalkit" },
    cells: { index: "5", question: "Look: <image> Where? A. up B. down", answer: "B", category: "Pointing" },
    words: "Look:<image>Where? A. up B. down",
    row: { question_id: "5", question_type: "Pointing", answer: "B" },
  },
  {
    ...{ label: "logicvista", file: "LogicVista", profile: "default" },
    cells: { index: "5", question: "Which? A B", answer: "B, D", skill: "['inductive', 'spatial']" },
    words: "<image>Which? A B",
    row: { index: "5", answer: "B, D", skill: "['inductive', 'spatial']" },
  },
  {
    ...{ label: "mmsi_bench", file: "MMSIBench_wo_circular", profile: "vlmevalkit" },
    cells: { index: "5", question: "Where is it?", A: "left", B: "right", C: "", D: "", answer: "B", category: "MSR" },
    words:
      "<image>Where is it?\nOptions: A: left, B: right, \nAnswer with the option's letter from the given choices directly. Enclose the option's letter within ``.",
    row: { id: "5", question_type: "MSR", answer: "B" },
  },
  ...(["MME-RealWorld", "MME-RealWorld-Lite"] as const).map((file, i) => {
    const options = ["(A) 1", "(B) None", "(C) 3", "(D) 4\nor 5", "(E) The image does not feature it."];
    const listed =
      i === 0
        ? `The choices are listed below:\n${options.join("\n")}`
        : `[${options.map((one) => `'${one.replace("\n", "\\n")}'`).join(", ")}]`;
    return {
      ...{ label: ["mme_realworld", "mme_realworld@lite"][i] as string, file, profile: "vlmevalkit" },
      cells: {
        ...{ index: "5", question: "How many?", "multi-choice options": listed, answer: "B" },
        ...{ category: "Perception/Monitoring", "l2-category": "counting" },
      },
      words: `<image>How many? The choices are listed below:\n${options.join("\n")}\nSelect the best answer to the above multiple-choice question based on the image. Respond with only the letter (A, B, C, D, or E) of the correct option. \nThe best answer is:`,
      row: { "multi-choice options": options, answer: "B" },
    };
  }),
  {
    ...{ label: "mme_realworld_cn", file: "MME-RealWorld-CN", profile: "vlmevalkit" },
    cells: {
      ...{ index: "5", question: "几个？", "multi-choice options": "选项如下所示:\n(A) 一\n(B) 二", answer: "B" },
      ...{ category: "Perception/Monitoring", "l2-category": "counting" },
    },
    words:
      "<image>几个？ 选项如下所示:\n(A) 一\n(B) 二\n根据图像选择上述多项选择题的最佳答案。只需回答正确选项的字母（A, B, C, D 或 E）。\n最佳答案为：",
    row: { "multi-choice options": ["(A) 一", "(B) 二"] },
  },
  {
    ...{ label: "chartqapro", file: "ChartQAPro", profile: "official" },
    cells: {
      ...{ index: "5", question: "['Is it?']", answer: "['Yes']", question_type: "Factoid", year: "['NO']" },
      paragraph: "",
    },
    words: expect.stringContaining("Question: Is it?\n"),
    row: { Question: ["Is it?"], Answer: ["Yes"], "Question Type": "Factoid", Year: ["NO"] },
  },
  {
    ...{ label: "vlms_are_biased", file: "vlms_are_biased_main", profile: "default" },
    cells: { index: "5", question: "Legs? {4}", ground_truth: "5", expected_bias: "4", topic: "Animals" },
    words: "<image>Legs? {4}",
    row: { ID: "5", ground_truth: "5", expected_bias: "4", topic: "Animals" },
  },
  {
    ...{ label: "vlmsareblind", file: "VLMBlind", profile: "vlmevalkit" },
    cells: { index: "5", question: "Do they touch?", answers: "Yes", task: "Touching Circles" },
    words: "<image>Question: Do they touch?\n",
    row: { groundtruth: "Yes", task: "Touching Circles" },
  },
  {
    ...{ label: "vl_rewardbench", file: "VL-RewardBench", profile: "vlmevalkit" },
    cells: {
      ...{ index: "7", question: "What is it?", response: `['A dog.', "It's two dogs."]`, answer: "[1, 0]" },
      category: "hallucination",
    },
    words: expect.stringMatching(
      // 6 and 14 characters: an even number, so the answers stay as they are.
      /^<image>You are a highly .*\n.*better\.\n\nQuestion: What is it\?\n\nAnswer 1: A dog\.\n\nAnswer 2: It's two dogs\.\n\nPlease evaluate/,
    ),
    row: {
      id: "7",
      response: ["A dog.", "It's two dogs."],
      human_ranking: [1, 0],
      vlmevalkit_category: "hallucination",
    },
  },
  {
    ...{ label: "dynamath@all", file: "DynaMath", profile: "vlmevalkit" },
    cells: {
      ...{ index: "502", qid: "1", varid: "2", question: "What is the slope?", answer: "-0.5", answer_type: "float" },
      ...{ subject: "algebra", knowledge_level: "high school" },
    },
    words: `<image>## Question
 What is the slope?
## Answer Instruction Please provide an answer to the question outlined above. Your response should adhere to the following JSON format, which includes two keys: 'solution' and 'short answer'. The 'solution' key can contain detailed steps needed to solve the question, and the 'short answer' key should provide a concise response. Format the answer as a three-digit floating-point number and provide it in the 'short answer' key.

Example of expected JSON response format:

{
    "solution": "[Detailed step-by-step explanation]",
    "short answer": "[Concise Answer]"
}`,
    row: { id: "1", ground_truth: "-0.5", subject: "algebra", knowledge_level: "high school" },
  },
  ...(["", "Look at the side."] as const).map((hint) => ({
    ...{ label: "wemath", file: "WeMath", profile: "vlmevalkit" },
    cells: {
      ...{ index: "7", ID: "2steps_17", key: "2steps_1", question: "How long? ( ) cm", hint },
      ...{ A: " 28; B. or so", B: "None", C: "14", D: "", answer: "C" },
      // Were these columns in its file too, the options would still be those of A, B, C, ...
      ...{ option: "A. 28; B. or so;C. 14", image_path: "" },
    },
    words: `<image>${hint && `Hint: ${hint}\n`}Question: How long? ( ) cm\nOptions:\nA.  28; B. or so\nC. 14\n`,
    row: { ID: "2steps_17", key: "2steps_1", answer: "C" },
  })),
  ...(["kie", "doc_parsing", "multi_lan_ocr", "multi_scene_ocr"] as const).map((track) => ({
    ...{ label: `cc_ocr_${track}`, file: "CCOCR", profile: "default" },
    cells: {
      ...{ index: "5", image_name: "a.jpg", question: "Read all.", answer: "One", category: track },
      ...{ "l2-category": "doc", split: "Korean" },
    },
    words: "<image>Read all.",
    row: { answer: "One", "l2-category": "doc", split: "Korean" },
  })),
  ...(["OCRBench_v2", "OCRBench_v2_MINI"] as const).map((file, i) => ({
    ...{ label: ["ocrbench_v2", "ocrbench_v2@mini"][i] as string, file, profile: "vlmevalkit" },
    cells: {
      ...{ index: "5", question: " Read it.", answer: "['It\\'s', '12']", category: "text recognition en" },
      ...{ eval: "case sensitive", bbox: "without bbox", content: "without content" },
    },
    words: "<image> Read it.",
    row: { id: "5", type: "text recognition en", answers: ["It's", "12"], eval: "case sensitive" },
  })),
  ...(["charxiv_rq", "charxiv_dq"] as const).map((label, i) => ({
    ...{ label, file: `CharXiv_${["reasoning", "descriptive"][i]}_val`, profile: "official" },
    cells: {
      ...{ index: "5", question: "Which?\n* Say it. ", grading_query: "Grade {PREDICTION}." },
      ...(i === 0 ? { inst_category: "3" } : { qid: "18" }),
    },
    words: "<image>Which?\n* Say it. ",
    row: { grading_query: "Grade {PREDICTION}.", ...(i === 0 ? { reasoning_a_type: 3 } : { descriptive_q1: 18 }) },
  })),
  {
    ...{ label: "mmstar_ko", file: "MMStar_KO", profile: "vlmevalkit" },
    cells: {
      ...{ index: "5", question: "몇 개?", A: "하나", B: "둘", C: "셋", D: "넷", answer: "B" },
      ...{ category: "c", "l2-category": "l" },
    },
    words:
      "<image>Question: 몇 개?\nOptions:\nA. 하나\nB. 둘\nC. 셋\nD. 넷\nPlease select the correct answer from the options above. \n",
    row: { l2_category: "l", answer: "B" },
  },
  {
    ...{ label: "seedbench_ko", file: "SEEDBench_IMG_KO", profile: "vlmevalkit" },
    cells: { index: "5", question: "몇 개?", A: "하나", B: "둘", C: "셋", D: "넷", answer: "B", category: "c" },
    words:
      "<image>Question: 몇 개?\nOptions:\nA. 하나\nB. 둘\nC. 셋\nD. 넷\nPlease select the correct answer from the options above. \n",
    row: { question_id: "5", choice_b: "둘", answer: "B" },
  },
  {
    ...{ label: "mmbench_ko_judged", file: "MMBench_DEV_KO", profile: "vlmevalkit" },
    cells: {
      ...{ index: "5", question: "몇 개?", hint: "봐.", A: "하나", B: "둘", C: "", D: "", answer: "B" },
      ...{ category: "c", "l2-category": "l", split: "dev" },
    },
    words:
      "<image>Hint: 봐.\nQuestion: 몇 개?\nOptions:\nA. 하나\nB. 둘\nPlease select the correct answer from the options above. \n",
    row: { index: "5", answer: "B" },
  },
  {
    ...{ label: "llava_in_the_wild_ko", file: "LLaVABench_KO", profile: "vlmevalkit" },
    cells: {
      index: "5",
      question: "뭐?",
      gpt4_ans: "고양이.",
      caption: "고양이",
      category: "conv",
      image_path: "1.jpg",
    },
    words: "<image>뭐?",
    row: { question_id: "5", gpt_answer: "고양이.", image_id: "1.jpg" },
  },
  {
    ...{ label: "omnidocbench", file: "OmniDocBench", profile: "vlmevalkit" },
    cells: { index: "1", answer: '{"layout_dets": [{"category_type": "title", "text": "Method"}]}' },
    words: expect.stringMatching(/^<image>You are an AI assistant specialized in converting PDF images/),
    row: { index: "1" },
  },
])("$file is read for $label", async ({ label, file, profile, cells, words, row }) => {
  await using place = await temporaryFolder();
  await writeFile(
    join(place.dir, `${file}.tsv`),
    tsv([{ ...cells, image: await base64(50) } as Record<string, string>]),
  );
  expect(await seen(label, place.dir, profile)).toMatchObject([{ words, row, images: [expect.any(Number)] }]);
});

test("EMMA's file is asked as its class does: images where their marks stand or else first, options of columns, a context where there is one", async () => {
  await using place = await temporaryFolder();
  const noise = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 251);
  const [one, two] = [await base64(10), Buffer.from(await encodePng(noise, 8, 8)).toString("base64")];
  const shown = `['${one}', '${two}']`;
  const rows = [
    {
      ...{ index: "0", context: "Cells.", question: "Is <image 2>\n\n<image 1> next?", type: "MCQ", image: shown },
      ...{ A: "<image 1>", B: "None", C: "no", answer: "C" },
    },
    {
      ...{ index: "1", context: "", question: "How many?", type: "Open", image: one },
      ...{ A: "", B: "", C: "", answer: "12" },
    },
  ].map((cells) => ({ pid: `math_${cells.index}`, subject: "Math", ...cells })); // with all that the benchmark's own rows must have
  await writeFile(join(place.dir, "EMMA.tsv"), tsv(rows));
  const direct =
    "Please ensure that your output only contains the final answer without any additional content (such as intermediate reasoning steps).";
  for (const [profile, how] of [
    ["vlmevalkit", direct],
    ["vlmevalkit-cot", "Please solve the problem step by step. "],
  ] as const) {
    const [choice, open] = await seen("emma@full", place.dir, profile);
    expect(choice?.words).toBe(
      `Cells.\n\nIs <image>\n\n<image> next?\n\nA: <image>\nC: no\n\n\nAnswer with the option's letter from the given choices. ${how}`,
    );
    const [first, second] = [one, two].map((image) => Buffer.from(image, "base64").length);
    expect(first).not.toBe(second);
    expect(choice?.images).toEqual([second, first, first]);
    expect(choice).toMatchObject({ id: "math_0", row: { type: "Multiple Choice", answer: "C", subject: "Math" } });
    expect(open?.words).toBe(`<image>How many?\n\nAnswer the question using a single word or phrase. ${how}`);
  }
  // The benchmark's own words find their images as well.
  const [own] = await seen("emma@full", place.dir, "official");
  expect(own?.words).toContain("Cells.\nIs <image><image> next?\nA: <image>\n");
  const bare = rows.map(({ pid: _, subject: __, ...cells }) => cells);
  await writeFile(join(place.dir, "EMMA.tsv"), tsv(bare));
  expect((await seen("emma@full", place.dir)).map(({ id }) => id)).toEqual(["0", "1"]);
});

test("NaturalBench's groups are four rows after each other in its file, and one that contradicts its place has no reference", async () => {
  await using place = await temporaryFolder();
  const row = { question: "Is it red?", type: "yes_no", image: await base64(5) };
  const lettered = { question: "Which? A. red B. blue", type: "multiple_choice", image: await base64(9) };
  const rows = [
    ...["Yes", "No", "No", "Yes"].map((answer, i) => ({ index: String(i + 1), ...row, answer })),
    ...["A", "A", "B", "A"].map((answer, i) => ({ index: String(i + 5), ...lettered, answer })),
  ];
  await writeFile(join(place.dir, "NaturalBenchDataset.tsv"), tsv(rows));
  const found = await seen("naturalbench", place.dir, "default");
  expect(found.map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect([found[0]?.words, found[4]?.words]).toEqual([
    "<image>Is it red? Please answer Yes or No.",
    "<image>Which? A. red B. blue Please output the letter corresponding to the correct option.",
  ]);
  const [task] = (await chooseTasks(["naturalbench"])).chosen.map(({ task }) => task);
  expect(found.map((one) => task?.hasReference?.(one.row))).toEqual([true, true, true, true, true, false, true, true]);
});

test("of OlympiadBench's English file a split has its own subjects, all asked for a unit; images stand in a list", async () => {
  await using place = await temporaryFolder();
  const [one, two] = [await base64(10), await base64(200)];
  const common = { subfield: "Mechanics", answer_type: "Numerical", unit: "", error: "1e-1", image: one };
  const rows = [
    {
      ...{ index: "0", source: "OE_MM_maths_en_COMP", question: "How many?", context: "", is_multiple_answer: "False" },
      ...{ ...common, final_answer: "['$\\\\frac{1}{2}$']", image: `['${one}', '${two}']` },
    },
    {
      ...{
        index: "1",
        source: "OE_MM_physics_en_COMP",
        question: "How far?",
        context: "A car.",
        final_answer: "['2']",
      },
      ...{ ...common, is_multiple_answer: "True" },
    },
    {
      ...{ index: "2", source: "OE_MM_maths_zh_CEE", question: "几个？", context: "", is_multiple_answer: "False" },
      ...{ ...common, final_answer: "['2']" },
    },
  ];
  await writeFile(join(place.dir, "OlympiadBench_EN.tsv"), tsv(rows));
  const [maths, physics, ...others] = await seen("olympiadbench", place.dir);
  expect(others).toEqual([]);
  const calculate =
    "Please calculate the answer according to the given requirements and the information provided. Please use LaTeX format to represent the variables and formulas used in the solution process and results. Please end your solution with";
  const unit = "note that the unit of the answer should not be included in \\boxed{}.";
  expect(maths).toMatchObject({
    words: `The following is an open-ended problem from an International Math competition. The answer of The problem should be a numerical value. ${calculate} "So the final answer is \\boxed{answer}(unit)." and give the result explicitly, ${unit}\nHow many?<image><image>`,
    row: { final_answer: ["$\\frac{1}{2}$"], error: "1e-1", is_multiple_answer: false },
  });
  expect(physics).toMatchObject({
    words: `The following is an open-ended problem from an International Physics competition. The problem has multiple answers, each of them should be a numerical value. ${calculate} "So the final answer is \\boxed{multiple answers connected with commas}(unit)." and give the result explicitly, ${unit}\nA car.\nHow far?<image>`,
    row: { final_answer: ["2"], error: "1e-1", is_multiple_answer: true },
  });
  const ids = async (label: string) => (await seen(label, place.dir)).map(({ id }) => id);
  expect([await ids("olympiadbench@maths"), await ids("olympiadbench@physics")]).toEqual([["maths 0"], ["physics 1"]]);
});

test("OlympiadBench's Chinese and whole files are splits of their own, asked in their language; a row without an image is none", async () => {
  await using place = await temporaryFolder();
  const image = await base64(5);
  const row = { question: "几个？", context: "", subfield: "", answer_type: "Numerical", unit: "", error: "" };
  const rows = [
    { index: "0", ...row, source: "OE_MM_maths_zh_CEE", is_multiple_answer: "False", final_answer: "['2']", image },
    {
      ...{ ...row, index: "1", source: "OE_MM_physics_zh_CEE", context: "有一辆车。", is_multiple_answer: "True" },
      ...{ answer_type: "Numerical,Expression", final_answer: "['3,x']", image },
    },
    { ...row, index: "2", source: "OE_MM_maths_en_COMP", is_multiple_answer: "False", final_answer: "['2']", image },
    { ...row, index: "3", source: "OE_TO_maths_zh_CEE", is_multiple_answer: "False", final_answer: "['2']", image: "" },
  ];
  await writeFile(join(place.dir, "OlympiadBench_CN.tsv"), tsv(rows.filter(({ source }) => source.includes("zh"))));
  await writeFile(join(place.dir, "OlympiadBench.tsv"), tsv(rows));
  const ids = async (split: string) => (await seen(`olympiadbench@${split}`, place.dir)).map(({ id }) => id);
  expect(await ids("all")).toEqual(["maths 0", "physics 1", "maths 2"]);
  expect(await ids("zh")).toEqual(["maths 0", "physics 1"]);
  const calculate =
    "请根据题目的要求和所提供的信息计算得出答案。解答过程和结果中使用的变量和公式请使用LaTeX格式表示。请在最后以";
  const unit = "显式给出结果，注意答案的单位不要放在\\boxed{}中。";
  const [maths, physics] = await seen("olympiadbench@zh", place.dir);
  expect([maths?.words, physics?.words]).toEqual([
    `以下是中国数学竞赛中的解答题，答案类型为数值。${calculate}"所以最终答案是\\boxed{答案}(单位)。"${unit}\n几个？<image>`,
    `以下是中国物理竞赛中的解答题，题目有多个答案，答案类型分别为数值、表达式。${calculate}"所以最终答案是\\boxed{用英文逗号连接的多个答案}(单位)。"${unit}\n有一辆车。\n几个？<image>`,
  ]);
  const [usual] = await seen("olympiadbench@zh", place.dir, "official");
  expect(usual?.words).toContain('"所以最终答案是\\boxed{答案}。"显式给出结果。\n几个？');
  const score = (text: string) => scoreOf("olympiadbench", maths?.row, text);
  expect(await score("7 或 \\boxed{8}。\n所以最终答案是\\boxed{2}。")).toMatchObject({ value: 1 });
  expect(await score("So the final answer is \\boxed{2}.\n所以最终答案是\\boxed{8}。")).toMatchObject({ value: 0 });
});

test("OCRBench v2's answers are whatever Python reads in a cell: texts, dictionaries, boxes, a text alone", async () => {
  await using place = await temporaryFolder();
  const image = await base64(5);
  const asked = { question: "What?", eval: "without eval", bbox: "without bbox", content: "without content", image };
  const chart = "{'2011': {'#1': 2.0}, '2010': {'b': None}}";
  const rows = [
    { index: "0", category: "chart parsing en", ...asked, answer: `[${chart}]` },
    { index: "1", category: "text grounding en", ...asked, answer: "[1, 2.5, '3', 4]" },
    { index: "2", category: "math QA en", ...asked, answer: "'[5]'" },
    { ...asked, index: "3", category: "VQA with position en", answer: '["it\'s"]', bbox: "[1, 2, 3.5, 4]" },
    {
      ...{ ...asked, index: "4", category: "text spotting en", answer: "['']", content: "['ab', 'c']" },
      bbox: "[[0, 0, 9, 0, 9, 9, 0, 9], [1, 1, 2, 1, 2, 2, 1, 2]]",
    },
  ];
  await writeFile(join(place.dir, "OCRBench_v2.tsv"), tsv(rows));
  const found = await seen("ocrbench_v2", place.dir);
  expect(found.map(({ row }) => row.answers)).toEqual([
    [chart.replace("#", "\\x23")],
    [1, 2.5, "3", 4],
    "[5]",
    ["it's"],
    [""],
  ]);
  expect(found.slice(3).map(({ row }) => [row.bbox, row.content ?? null])).toEqual([
    [[1, 2, 3.5, 4], null],
    [
      [
        [0, 0, 9, 0, 9, 9, 0, 9],
        [1, 1, 2, 1, 2, 2, 1, 2],
      ],
      ["ab", "c"],
    ],
  ]);
  const { task } = (await chooseTasks(["ocrbench_v2"])).chosen[0] ?? {};
  expect(found.map(({ row }) => task?.hasReference?.(row))).toEqual([true, true, true, true, true]);
});

test.each([0, 1])(
  "MMVP's pairs are rows that follow each other, whether their index begins at 0 or 1 (%i)",
  async (first) => {
    await using place = await temporaryFolder();
    const image = await base64(5);
    const rows = ["A", "B", "B", "A"].map((answer, i) => ({
      ...{ index: String(first + i), question: `Open ${i >> 1}?`, A: "Open", B: "Closed", answer, image },
    }));
    await writeFile(join(place.dir, "MMVP.tsv"), tsv(rows));
    const { task } = (await chooseTasks(["mmvp"])).chosen[0] ?? {};
    const found = await seen("mmvp", place.dir, "default");
    expect(found.map(({ row }) => task?.cluster?.(row))).toEqual(["0", "0", "1", "1"]);
    expect(found[1]).toMatchObject({
      words: expect.stringMatching(/^<image>Open 0\?\nA\. Open\nB\. Closed\n/),
      row: { Options: "(a) Open (b) Closed", "Correct Answer": "(b)" },
    });
    expect(found.every(({ row }) => task?.hasReference?.(row))).toBe(true);
  },
);

test("CC-OCR's tracks are one file: a task takes the rows of its own", async () => {
  await using place = await temporaryFolder();
  const row = { question: "Read.", answer: "One", "l2-category": "doc", split: "Korean", image: await base64(5) };
  const tracks = ["kie", "doc_parsing", "multi_lan_ocr", "multi_scene_ocr"];
  const rows = tracks.map((category, i) => ({ index: String(i), image_name: `${i}.jpg`, category, ...row }));
  await writeFile(join(place.dir, "CCOCR.tsv"), tsv(rows));
  for (const [i, track] of tracks.entries())
    expect(await seen(`cc_ocr_${track}`, place.dir, "default")).toMatchObject([{ row: { image_name: `${i}.jpg` } }]);
});

test("CharXiv's judge is asked in the words of VLMEvalKit's file, and a scoring without its own words or answer gives no score", async () => {
  await using place = await temporaryFolder();
  const image = await base64(5);
  const asked = { question: "Which?", grading_query: "Grade $& {PREDICTION}.", image };
  await writeFile(join(place.dir, "CharXiv_reasoning_val.tsv"), tsv([{ index: "0", ...asked, inst_category: "2" }]));
  await writeFile(join(place.dir, "CharXiv_descriptive_val.tsv"), tsv([{ index: "0", ...asked, qid: "11" }]));
  const output = { text: "$& B", finish: "stop" } as never;
  const context = (scoring: "official" | "vlmevalkit", ...verdicts: number[]) => ({ scoring, verdicts }) as never;
  for (const [label, group] of [
    ["charxiv_rq", "Text-in-General"],
    ["charxiv_dq", "Pattern Recognition"],
  ] as const) {
    const { task } = (await chooseTasks([label])).chosen[0] ?? {};
    const found = await seen(label, place.dir, "default");
    expect(found).toHaveLength(1);
    const row = found[0]?.row ?? {};
    const judge = task?.judgesByScoring?.vlmevalkit;
    const question = judge?.ask(row, output, [], "vlmevalkit");
    expect(question && promptText(question.prompt)).toBe("Grade $& $& B.");
    expect(question?.parse('{"extracted_answer": "B", "score": 1}')).toBe(1);
    expect(question?.parse('{"score": 1}')).toBeUndefined();
    expect(task?.score?.(row, output, context("vlmevalkit", 1))).toMatchObject({ status: "scored", value: 1 });
    expect(Object.values(task?.groups ?? {}).map((groupOf) => groupOf(row))).toContain(group);
    expect(task?.judge?.ask(row, output, [], "official")).toBeUndefined();
    expect(task?.score?.(row, output, context("official"))).toMatchObject({ status: "unscored", reason: "data" });
    const hub = { ...row, grading_query: null, reasoning_a: "B", descriptive_a1: "B" };
    expect(judge?.ask(hub, output, [], "vlmevalkit")).toBeUndefined();
    expect(task?.score?.(hub, output, context("vlmevalkit"))).toMatchObject({
      ...{ status: "unscored", reason: "data" },
      detail: expect.stringContaining("CharXiv_reasoning_val.tsv"),
    });
  }
});

test("RefCOCO's eight splits are one file with words of its own: each task takes the rows of its split, boxes in pixels or in fractions", async () => {
  await using place = await temporaryFolder();
  const question = 'Locate "the cat". Answer with [x1, y1, x2, y2].';
  const size = { width: "200", height: "100", image: await base64(5), question };
  const columns = { bbox_x1: "20", bbox_y1: "10", bbox_x2: "60", bbox_y2: "40" };
  const none = Object.fromEntries(Object.keys(columns).map((name) => [name, ""]));
  await writeFile(
    join(place.dir, "RefCOCO.tsv"),
    tsv([
      { index: "0", category: "RefCOCO val", split: "", answer: "", ...size, ...columns },
      {
        index: "1",
        category: "RefCOCO+ test A",
        split: "",
        answer: "[0.1, 0.1, 0.3, 0.4]",
        ...size,
        ...none,
      },
      { index: "2", category: "RefCOCOg test", split: "RefCOCOg_test", answer: "[20, 10, 60, 40]", ...size, ...none },
      { index: "3", category: "RefCOCO val", split: "RefCOCO_val", answer: "no box", ...size, ...none },
    ]),
  );
  const words = `<image>${question}`;
  const bbox = [20, 10, 40, 30];
  const [first, unknown, ...others] = await seen("refcoco_bbox_rec", place.dir, "default");
  expect(first).toMatchObject({ id: "0-0", words, row: { bbox } });
  expect([unknown?.row.bbox, others]).toEqual([[0, 0, 0, 0], []]); // no reference: never asked
  expect(await seen("refcoco+_bbox_rec@testA", place.dir, "default")).toMatchObject([
    { id: "1-0", words, row: { bbox } },
  ]);
  expect(await seen("refcocog_bbox_rec@test", place.dir, "default")).toMatchObject([
    { id: "2-0", words, row: { bbox } },
  ]);
  expect(await seen("refcocog_bbox_rec@val", place.dir, "default")).toEqual([]);
});

const CLICK = "Please complete the following tasks by clicking using `pyautogui.click`:\n";

test.each([
  {
    ...{ label: "screenspot", files: ["ScreenSpot_Mobile", "ScreenSpot_Desktop", "ScreenSpot_Web"] },
    ...{ cells: { data_type: "icon", data_source: "ios" }, bbox: "[2, 2, 4, 4]", member: "Center_ACC" },
    ...{ inside: "x=4.9, y=4.9", outside: "x=5.5, y=4.9" },
  },
  {
    ...{ label: "screenspot_v2", files: ["ScreenSpot_v2_Mobile", "ScreenSpot_v2_Desktop", "ScreenSpot_v2_Web"] },
    ...{ cells: { data_type: "icon", data_source: "ios" }, bbox: "[2, 2, 4, 4]", member: "action" },
    ...{ inside: "x=4.9, y=4.9", outside: "x=5.5, y=4.9" },
  },
  {
    label: "screenspot_pro",
    files: ["Development", "Creative", "CAD", "Scientific", "Office", "OS"].map((name) => `ScreenSpot_Pro_${name}`),
    ...{ cells: { ui_type: "icon", application: "a", category: "CAD" }, bbox: "[2, 2, 6, 6]", member: "action" },
    ...{ inside: "x=5.9, y=5.9", outside: "x=6.1, y=5.9" },
  },
  {
    ...{ label: "osworld_g", files: ["OSWorld_G"], member: "acc" },
    ...{ cells: { ui_type: "icon", application: "a", category: "CAD" }, bbox: "[2, 2, 4, 4]" },
    ...{ inside: "x=749, y=749", outside: "x=4.9, y=4.9" }, // in thousandths, whatever they are
  },
])("$label is all of VLMEvalKit's files, with boxes in pixels of images whose size stands nowhere", async (its) => {
  const { label, files, cells, bbox, member, inside, outside } = its;
  await using place = await temporaryFolder();
  const write = async (name: string, i: number) => {
    const own = { ...cells, index: "1", image_path: `${name}.png`, question: `open ${i}`, bbox };
    // The second row's image is the first's, of its own file.
    const rows = [
      { ...own, image: await base64(i) },
      { ...own, index: "2", question: `close ${i}`, image: "1" },
    ];
    await writeFile(join(place.dir, `${name}.tsv`), tsv(rows));
  };
  for (const [i, name] of files.slice(1).entries()) await write(name, i + 1);
  // One file less is no part of the benchmark under its name.
  await expect(seen(label, place.dir)).rejects.toMatchObject({ fix: expect.stringContaining(`${files[0]}.tsv`) });
  await write(files[0] as string, 0);
  const found = await seen(label, place.dir);
  expect(found.map(({ words }) => words.slice(words.indexOf("<image>")))).toEqual(
    files.flatMap((_, i) => [`<image>${CLICK}open ${i}`, `<image>${CLICK}close ${i}`]),
  );
  const sizes = await Promise.all(files.map(async (_, i) => (await pixels(i)).length));
  expect(found.map(({ images }) => images)).toEqual(sizes.flatMap((size) => [[size], [size]]));
  const { task } = (await chooseTasks([label])).chosen[0] ?? {};
  expect(found.every(({ row }) => task?.hasReference?.(row))).toBe(true);
  const hit = (text: string, imageSizes?: readonly (readonly [number, number])[]) =>
    task?.score?.(
      found[0]?.row ?? {},
      { text: `pyautogui.click(${text})`, finish: "stop" } as never,
      { scoring: "vlmevalkit", verdicts: [], imageSizes } as never,
    );
  expect(hit(inside, [[8, 8]])).toMatchObject({ status: "scored", value: { [member]: 1 } });
  expect(hit(outside, [[8, 8]])).toMatchObject({ status: "scored", value: { [member]: 0 } });
  expect(hit(inside)).toMatchObject({ status: "unscored", reason: "data" });
});

test("ScreenSpot's box in pixels is one of fractions by official scoring", async () => {
  await using place = await temporaryFolder();
  const row = { index: "1", image_path: "a.png", question: "open", bbox: "[2, 2, 4, 4]", data_type: "text" };
  const image = await base64(5);
  for (const name of ["Mobile", "Desktop", "Web"])
    await writeFile(join(place.dir, `ScreenSpot_${name}.tsv`), tsv([{ ...row, data_source: "shop", image }]));
  const [found] = await seen("screenspot", place.dir, "default");
  const { task } = (await chooseTasks(["screenspot"])).chosen[0] ?? {};
  const score = task?.score?.(
    found?.row ?? {},
    { text: "[0.25, 0.25, 0.75, 0.75]", finish: "stop" } as never,
    { scoring: "official", verdicts: [], imageSizes: [[8, 8]] } as never,
  );
  expect(score).toMatchObject({ status: "scored", value: { IoU: 1 } });
});

test("OSWorld-G's refusals are not told in VLMEvalKit's file but by their place outside the image", async () => {
  await using place = await temporaryFolder();
  const row = { index: "1", question: "open", image: await base64(5) };
  await writeFile(join(place.dir, "OSWorld_G.tsv"), tsv([{ ...row, bbox: "[-1, -1, -1, -1]" }]));
  const [found] = await seen("osworld_g", place.dir);
  const { task } = (await chooseTasks(["osworld_g"])).chosen[0] ?? {};
  const acc = (text: string, scoring: string) =>
    task?.score?.(
      found?.row ?? {},
      { text, finish: "stop" } as never,
      { scoring, verdicts: [], imageSizes: [[8, 8]] } as never,
    );
  expect(acc("[-1, -1]", "official")).toMatchObject({ value: { acc: 1, refusal: 1 } });
  expect(acc("pyautogui.click(x=-1, y=-1)", "vlmevalkit")).toMatchObject({ value: { acc: 0, refusal: 0 } });
});

/** What a task's rule of VLMEvalKit makes of a reply. */
async function scoreOf(label: string, row: Record<string, unknown> | undefined, text: string) {
  const { task } = (await chooseTasks([label])).chosen[0] ?? {};
  return task?.score?.(row ?? {}, { text, finish: "stop" } as never, { scoring: "vlmevalkit", verdicts: [] } as never);
}

test("CRPE's questions are four rows after each other in its file, and a reply without a letter is compared with the whole answer", async () => {
  await using place = await temporaryFolder();
  await mkdir(join(place.dir, "images", "CRPE_RELATION"), { recursive: true });
  await writeFile(join(place.dir, "images", "CRPE_RELATION", "a.png"), await pixels(7));
  const question = "Who?\nA. cat\nB. dog\nC. hen\nD. cow";
  const rows = ["A. cat", "B. cat", "C", "D", "A. dog", "B", "C", "(D) dog"].map((answer, i) => ({
    ...{ index: String(i + 10), image_path: "a.png", question, answer },
    category: i < 4 ? "subject" : "object",
  }));
  await writeFile(join(place.dir, "CRPE_RELATION.tsv"), tsv(rows));
  const found = await seen("crpe_relation", place.dir, "official");
  const { task } = (await chooseTasks(["crpe_relation"])).chosen[0] ?? {};
  expect(found.map(({ row }) => task?.cluster?.(row))).toEqual([
    ...Array<string>(4).fill("subject 0"),
    ...Array<string>(4).fill("object 1"),
  ]);
  expect(found[0]).toMatchObject({ words: `<image>${question}`, row: { correct_option: "A" } });
  expect(found.map(({ row }) => task?.hasReference?.(row))).toEqual([...Array<boolean>(7).fill(true), false]);
  const scored = async (i: number, text: string) => scoreOf("crpe_relation", found[i]?.row, text);
  // From its fifth character on the answer "A. cat" is "at"; "C" has none, which every reply has in it.
  for (const [i, text, value] of [
    ...([[0, "A", 1] as const, [0, "the bat", 1] as const, [0, "the dog", 0] as const] as const),
    ...([[2, "the dog", 1] as const, [2, "A cat", 0] as const] as const),
  ])
    expect(await scored(i, text), `${i} ${text}`).toMatchObject({ value });
});

test.each(["full", "tiny"])("MindCube's %s file names its images as the archive has them", async (size) => {
  await using place = await temporaryFolder();
  await mkdir(join(place.dir, "data", "scene"), { recursive: true });
  for (const [i, shade] of [3, 9].entries())
    await writeFile(join(place.dir, "data", "scene", `${i}.png`), await pixels(shade));
  const base = Buffer.from(await pixels(60)).toString("base64");
  const common = { question: "unused", input_prompt: "Look: <image> <image>\nLeft? A. Door B. Wall", answer: "B" };
  const path = "['/data/scene/0.png', '/data/scene/1.png']";
  const rows = [
    { index: "q1", ...common, category: "rotation", image_path: path, image: "" },
    { index: "q2", ...common, category: "among", image_path: path, image: `['${base}', '${base}']` },
  ];
  const name = size === "full" ? "MindCubeBench_raw_qa" : "MindCubeBench_tiny_raw_qa";
  await writeFile(join(place.dir, `${name}.tsv`), tsv(rows));
  const [first, second, ...others] = await seen(`mindcube@${size}`, place.dir, "default");
  const [one, two] = await Promise.all([3, 9].map(async (shade) => (await pixels(shade)).length));
  const words = "Look:<image><image>Left? A. Door B. Wall";
  expect(first).toMatchObject({ id: "q1", words, images: [one, two], row: { gt_answer: "B" } });
  expect(second).toMatchObject({ words, images: Array(2).fill(Buffer.from(base, "base64").length) });
  expect(others).toEqual([]);
  expect((await seen(`mindcube@${size}_among`, place.dir, "default")).map(({ id }) => id)).toEqual(["q2"]);
  const { task } = (await chooseTasks(["mindcube"])).chosen[0] ?? {};
  expect(task?.groups?.setting?.(first?.row ?? {})).toBe("rotation");
  expect(await scoreOf("mindcube", first?.row, "The answer is B")).toMatchObject({ value: 1 });
});

test("OmniSpatial's file names its images below its archive's folder, and its answer is a letter", async () => {
  await using place = await temporaryFolder();
  await mkdir(join(place.dir, "OmniSpatial-test", "Complex_Logic"), { recursive: true });
  await writeFile(join(place.dir, "OmniSpatial-test", "Complex_Logic", "7.png"), await pixels(7));
  const common = { question: "Where?", A: "left", B: "right", C: "", D: "", answer: "B" };
  const types = { task_type: "Complex_Logic", sub_task_type: "Geometric_Reasoning" };
  const rows = [
    { index: "0", ...common, ...types, image_path: "Complex_Logic/7.png", image: "" },
    { index: "1", ...common, ...types, image_path: "", image: await base64(200) },
  ];
  await writeFile(join(place.dir, "OmniSpatialBench.tsv"), tsv(rows));
  const found = await seen("omni_spatial", place.dir);
  expect(found.map(({ images }) => images)).toEqual([[(await pixels(7)).length], [(await pixels(200)).length]]);
  expect(found[0]).toMatchObject({
    id: "0",
    words: "<image>Where?\nA. left\nB. right\nAnswer directly with the option letter from the given choices. ",
    row: { options: ["left", "right"], answer: 1, task_type: "Complex_Logic" },
  });
  expect(await scoreOf("omni_spatial", found[0]?.row, "B")).toMatchObject({ value: 1 });
  expect(await scoreOf("omni_spatial", found[0]?.row, "A")).toMatchObject({ value: 0 });
  const [reasoned] = await seen("omnispatial", place.dir, "vlmevalkit-zeroshot-cot");
  expect(reasoned).toMatchObject({
    id: "Complex_Logic/Geometric_Reasoning/0",
    words: expect.stringMatching(
      /^<image>\nYou are .*\n\nThink step by step .*D}\.\n\n\nWhere\?\nA\. left\nB\. right$/s,
    ),
    images: [(await pixels(7)).length],
    row: { options: ["left", "right"], gt: "B" },
  });
  expect(await scoreOf("omnispatial", reasoned?.row, "(B)")).toMatchObject({ value: 1 });
});

test.each([
  ["cc_ocr_kie", 6],
  ["cc_ocr_doc_parsing", 10],
  ["cc_ocr_multi_lan_ocr", 10],
  ["cc_ocr_multi_scene_ocr", 13],
])("%s is read from its %i files of single sets, all of them", async (label, count) => {
  await using place = await temporaryFolder();
  const { task } = (await chooseTasks([label])).chosen[0] ?? {};
  const names = task?.tsv?.parts?.test ?? [];
  expect(new Set(names).size).toBe(count);
  const row = {
    question: "Read.",
    answer: '{"a": "b"}',
    category: label.slice("cc_ocr_".length),
    "l2-category": "doc",
  };
  const image = await base64(5);
  for (const name of names)
    await writeFile(
      join(place.dir, `${name}.tsv`),
      tsv([{ index: "0", image_name: "0.jpg", ...row, split: name, image }]),
    );
  expect((await seen(label, place.dir, "default")).map(({ row }) => row.split)).toEqual(names);
});

test("BabyVision is read where VLMEvalKit unpacks it", async () => {
  await using place = await temporaryFolder();
  const folder = join(place.dir, "BabyVision", "babyvision_data");
  await mkdir(join(folder, "images"), { recursive: true });
  await writeFile(join(folder, "images", "1.png"), await pixels(7));
  const row = {
    ...{ taskId: 1, image: "images/1.png", question: "Which?", ansType: "choice", options: ["x", "y"], choiceAns: 1 },
    ...{ blankAns: null, type: "Visual Tracking", subtype: "Maze" },
  };
  await expect(seen("babyvision", place.dir, "default")).rejects.toMatchObject({
    fix: expect.stringContaining("VLMEvalKit's BabyVision/babyvision_data/meta_data.jsonl"),
  });
  await writeFile(join(folder, "meta_data.jsonl"), `${JSON.stringify(row)}\n`);
  const [found] = await seen("babyvision", place.dir, "default");
  const words =
    "Which?\nChoices:\n(A) x\n(B) y\nThink about the question and give your final answer in \\boxed{Answer} format.";
  expect(found).toMatchObject({ id: "1", words: `<image>${words}`, row: { choiceAns: 1 } });
  // Its judge is told all that was asked.
  const { task } = (await chooseTasks(["babyvision"])).chosen[0] ?? {};
  const output = { text: "So \\boxed{B}.", finish: "stop" } as never;
  const question = task?.judgesByScoring?.vlmevalkit?.ask(found?.row ?? {}, output, [], "vlmevalkit");
  expect(question && promptText(question.prompt)).toContain(
    `Question: ${words},\nGround Truth Answer: B,\nModel Output: B\n`,
  );
});

interface PromptVector {
  readonly fn: string;
  readonly tag: string;
  readonly input: {
    readonly row: Readonly<Record<string, unknown>> & { readonly image?: Readonly<Record<string, number>> };
  };
  readonly expected: { readonly messages: readonly { readonly type: "text" | "image"; readonly value: unknown }[] };
}

describe("the rows of which VLMEvalKit's own prompts were taken, written as its TSV", () => {
  const lines = gunzipSync(readFileSync(new URL("../conformance/data/prompts/vlmevalkit.jsonl.gz", import.meta.url)))
    .toString("utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PromptVector)
    // pandas makes "5.0" of an option "5" where all are numbers; here it is asked as it is written.
    .filter(({ tag, input }) => tag !== "numeric-column" && input.row?.image !== undefined);

  test.each([
    ...(["BLINK", "CMMMU_VAL", "COCO_VAL", "GQA_TestDev_Balanced", "MathVision", "MathVerse_MINI"] as const),
    ...(["MMMU_Pro_10c", "MMMU_Pro_V", "SEEDBench2", "VStarBench"] as const),
    ...(["AI2D_TEST", "MMBench_DEV_CN", "MMT-Bench_VAL", "RealWorldQA", "SEEDBench_IMG", "VizWiz"] as const),
  ])("%s: every row is asked in its words, each image in its place", async (name) => {
    await using place = await temporaryFolder();
    // V*Bench has its options in the question: two to four, without a gap.
    const isIts = ({ C, D, E }: Readonly<Record<string, unknown>>) => E === null && (C !== null || D === null);
    const vectors = lines.filter(({ fn, input }) => fn === name && (name !== "VStarBench" || isIts(input.row)));
    expect(vectors.length).toBeGreaterThan(2);
    const rows = await Promise.all(
      vectors.map(async ({ input }, i) => {
        const { image = {}, ...cells } = input.row;
        const [count = 0] = Object.values(image);
        const shown = await Promise.all(Array.from({ length: count }, (_, k) => base64(10 * i + k)));
        const written = Object.entries(cells).map(([column, cell]) => [column, cell === null ? "" : String(cell)]);
        const list = `[${shown.map((one) => `'${one}'`).join(", ")}]`;
        // The vectors' kind of question is none of V*Bench's two.
        const known = name === "VStarBench" ? { category: "direct_attributes" } : {};
        return { ...Object.fromEntries(written), ...known, image: shown.length === 1 ? shown[0] : list } as Record<
          string,
          string
        >;
      }),
    );
    await writeFile(join(place.dir, `${name}.tsv`), tsv(rows));
    const [label] = (await loadTasks()).flatMap(({ name: task, tsv: theirs }) =>
      Object.entries(theirs?.files ?? {}).flatMap(([split, file]) => (file === name ? [`${task}@${split}`] : [])),
    );
    const found = await seen(label ?? "", place.dir);
    expect(found.map(({ words }) => words)).toEqual(
      vectors.map(({ expected }) =>
        expected.messages.map(({ type, value }) => (type === "image" ? "<image>" : String(value))).join(""),
      ),
    );
  });
});

test("a file in the benchmark's own columns stays so beside a column without a name, as pandas writes its index", async () => {
  await using place = await temporaryFolder();
  const row = { "": "0", question_id: "34602", image_id: "0054c91397f2fe05", question: "what is the brand?" };
  await writeFile(join(place.dir, "textvqa.tsv"), tsv([{ ...row, image: await base64(10) }]));
  expect((await seen("textvqa@val", place.dir)).map(({ id }) => id)).toEqual(["34602"]);
});
