/** Benchmarks that read documents, from a folder of rows in their own schema, over HTTP: images as base64 and data URIs, dictionaries in texts, lists of boxes, null columns. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawnImage } from "../fakes/images.js";
import { type Question, seeing, startScripted } from "../fakes/scripted.js";
import { Workplace } from "./cli.js";

const base64 = (await drawnImage({ seed: 7, width: 40, height: 24 })).toString("base64");
const asDataUri = `data:image/jpeg;base64,${base64}`;

const nothing = { eval: null, bbox: null, bbox_list: null, content: null };
const ocrbench = [
  { id: 1, ...nothing, image: base64, question: "[A1] Read.", type: "text recognition en", answers: ["STOP"] },
  {
    id: 2,
    ...nothing,
    image: asDataUri,
    question: "[A2] Where is each word?",
    type: "text spotting en",
    answers: ["go", "U.S."],
    bbox_list: [
      [0, 0, 100, 0, 100, 50, 0, 50],
      [200, 0, 300, 0, 300, 50, 200, 50],
    ],
    content: ["go", "U.S."],
  },
  {
    id: 3,
    ...nothing,
    image: { bytes: base64 },
    question: "[A3] 请翻译。",
    type: "text translation cn",
    answers: ["今天天气很好，我们去公园吧。"],
  },
  { id: 4, ...nothing, image: base64, question: "[A4] Why?", type: "riddle en", answers: ["no rule for this kind"] },
  {
    id: 5,
    ...nothing,
    image: base64,
    question: "[A5] How many?",
    type: "text counting en",
    answers: ["4"],
    eval: "exact match",
  },
];
const reading = (name: string, mark: string, answer: string, kind: string, split: string) => ({
  ...{ image: base64, image_name: name, question: `[${mark}] Read.`, answer, "l2-category": kind, split },
});
const folders: Readonly<Record<string, readonly object[]>> = {
  ocrbench_v2: ocrbench,
  cc_ocr_multi_scene_ocr: [
    reading("a.jpg", "B1", "STOP ahead", "scene_text", "IC15"),
    reading("b.jpg", "B2", "小心地滑", "scene_text", "zh_scene"),
    reading("c.jpg", "B3", " ", "scene_text", "IC15"),
  ],
  cc_ocr_doc_parsing: [
    reading("d.png", "B4", "<table><tr><td>1</td></tr></table>", "table", "table_scan_eng"),
    reading("e.png", "B5", "CC(=O)O", "molecular", "molecular_hand"),
  ],
  omnidocbench: [
    {
      ...{ image: base64, index: 1 },
      answer: JSON.stringify({
        layout_dets: [
          { category_type: "title", order: 1, anno_id: 1, text: "Opening hours" },
          { category_type: "table", order: 2, anno_id: 2, html: "<table><tr><td>9</td><td>5</td></tr></table>" },
        ],
        extra: { relation: [] },
        page_info: { page_attribute: { data_source: "note", language: "english", layout: "single_column" } },
      }),
    },
    { image: asDataUri, index: 2, answer: "no page" },
  ],
  cc_ocr_kie: [
    reading("f.jpg", "B6", '{"total": "9.90", "date": "1 May"}', "constrained_category", "CORD"),
    reading("g.jpg", "B7", "{}", "open_category", "COLD_CELL"),
  ],
};
const answers: Readonly<Record<string, string>> = {
  A1: "It says STOP.",
  A2: "[[0, 0, 100, 50, 'GO'], [200, 0, 300, 52, 'US']]",
  A3: "今天天气很好，我们去公园吧。",
  A5: "There are 4.",
  B1: "stop",
  B2: "小心地滑",
  B4: "```html\n<table><tr><td>1</td></tr></table>\n```",
  B5: "CC(=O)O",
  C1: "# Opening hours\n\n| 9 | 5 |\n|---|---|",
  B6: '```json\n{"total": "9.90"}\n```',
};

// All pages are asked in the same words.
const markOf = ({ text }: Question): string =>
  /\[([AB]\d)\]/.exec(text)?.[1] ?? (text.includes("Markdown format") ? "C1" : "");

test("OCRBench v2, OmniDocBench and CC-OCR from awkward rows over HTTP: scored by kind, what no rule fits is never asked, nothing is asked twice", async () => {
  await using place = await Workplace.make();
  await using server = await startScripted((question) => seeing(answers[markOf(question)] ?? "?", question));
  await mkdir(place.file("rows"));
  for (const [task, rows] of Object.entries(folders))
    await writeFile(join(place.file("rows"), `${task}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${server.url}]\nattempts: 1\n`);
  const tasks = Object.keys(folders);
  const command = ["run", "--tasks", tasks.join(","), "--data", "rows", "--model", "m.yaml", "--out", "out"];
  const ended = await place.run(...command, "--max-failed", "100%");
  expect(ended.exitCode, ended.stderr).toBe(0);
  const valuesOf = async (task: string) => {
    const { n, metrics } = await place.result("out", task);
    return { ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])), data: n.unscored.data };
  };
  const ocr = await valuesOf("ocrbench_v2");
  // One of two words: "US" is not "U.S.". Recognition, spotting and counting are three abilities.
  expect(ocr).toMatchObject({ en_overall: (1 + 0.5 + 1) / 3, data: 1 });
  expect(ocr).toMatchObject({ cn_overall: expect.closeTo((1 + (1 - 0.5 / 9 ** 3) + 1 + 1) / 4, 12) });
  expect(await valuesOf("cc_ocr_multi_scene_ocr")).toMatchObject({ macro_f1: (2 / 3 + 1) / 2, data: 1 });
  expect(await valuesOf("cc_ocr_doc_parsing")).toMatchObject({ score: 1, table_teds: 1, formula_score: null });
  expect(await valuesOf("omnidocbench")).toMatchObject({ overall_without_cdm: 100, overall: null, data: 1 });
  expect(await valuesOf("cc_ocr_kie")).toMatchObject({ f1_score: 2 / 3, data: 1 });
  const asked = server.asked.map(markOf).filter(Boolean);
  expect(asked.sort()).toEqual(Object.keys(answers).sort());

  expect((await place.run(...command, "--max-failed", "100%")).exitCode).toBe(0);
  expect(server.asked.map(markOf).filter(Boolean)).toHaveLength(asked.length);
}, 60_000);
