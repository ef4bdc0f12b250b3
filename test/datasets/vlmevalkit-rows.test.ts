/** VLMEvalKit's TSVs in a folder, under its own names and under the task's: base64, lists of images, images of other rows, files, splits in one file. */

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { chooseTasks, loadTasks } from "../../src/api/tasks/catalogue.js";
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

test("a question of POPE's three categories is a row in each; the task's own name names a file as well", async () => {
  await using place = await temporaryFolder();
  const rows = [
    { index: "3", question: "Is there a cat?", answer: "No", category: "random,popular", image: await base64(1) },
  ];
  await writeFile(join(place.dir, "pope.tsv"), tsv(rows));
  expect((await seen("pope", place.dir)).map(({ id }) => id)).toEqual(["random-3", "popular-3"]);
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
