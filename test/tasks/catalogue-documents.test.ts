/** Benchmarks that read whole documents: each rule once, and replies that the scripts read in ways of their own. */

import { expect, test } from "vitest";
import ccOcr from "../../tasks/documents/cc-ocr-task.js";
import ocrbenchV2Tasks from "../../tasks/documents/ocrbench-v2-task.js";
import { scorePage } from "../../tasks/documents/omnidocbench-page.js";
import omnidocbench from "../../tasks/documents/omnidocbench-task.js";
import { drawnImage } from "../fakes/images.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [ocrbenchV2] = ocrbenchV2Tasks;

const ask = { image: true, question: " Read it. ", eval: null };
goldenTask({
  task: ocrbenchV2,
  columns: {
    ...{ id: "int64", image: "image", question: "string", type: "string", answers: "strings", eval: "string" },
    ...{ bbox: "ints", content: "strings" },
  },
  rows: [
    { ...ask, id: 1, type: "text recognition en", answers: ["STOP"] },
    { ...ask, id: 2, type: "APP agent en", answers: ["AC"], eval: "multiple choice" },
    { ...ask, id: 3, type: "diagram QA en", answers: ["The quick brown fox jumps over"], eval: "case sensitive" },
    { ...ask, id: 4, type: "text counting en", answers: ["4"], eval: "regression" },
    { ...ask, id: 5, type: "full-page OCR en", answers: ["the red car stops"] },
    { ...ask, id: 6, type: "text grounding en", answers: ["0", "0", "100", "100"] },
    { ...ask, id: 7, type: "VQA with position en", answers: ["STOP"], bbox: [0, 0, 100, 100] },
    { ...ask, id: 8, type: "key information extraction en", answers: ['{"total": ["9.90", "9,90"], "date": "1 May"}'] },
    { ...ask, id: 9, type: "chart parsing en", answers: ['{"2020": "12", "2019": "7"}'] },
    {
      ...ask,
      id: 10,
      question: "Return it as HTML.",
      type: "table parsing en",
      answers: ["<table><tr><td>a</td><td>b</td></tr></table>"],
    },
    {
      ...ask,
      id: 11,
      question: "As Markdown, please.",
      type: "table parsing en",
      answers: ["| a | b |\n|-|-|\n| 1 | 2 |"],
    },
    { ...ask, id: 12, type: "document parsing en", answers: ["# Title\nline\n# Next\nline"] },
    { ...ask, id: 13, type: "formula recognition en", answers: ["\\frac{1}{2}"] },
    { ...ask, id: 14, type: "full-page OCR cn", answers: ["本文件自发布之日起施行"] },
    { ...ask, id: 15, type: "cognition VQA cn", answers: ["三 楼"] },
    { ...ask, id: 16, type: "handwritten answer extraction cn", answers: ["ABD"] },
    { ...ask, id: 17, type: "formula recognition cn", answers: ["\\text{速度}=\\frac{s}{t}"] },
    { ...ask, id: 18, type: "key information extraction cn", answers: ["{'姓名': '李 明', '班级': ['3班']}"] },
  ],
  answers: [
    "It says stop.",
    "A and C",
    "The quick brown fox jumps ovar",
    "about 3",
    "the red auto stops",
    "Perhaps (1, 1, 2, 2), no: [0, 0, 100, 50]",
    "```json\n{'answer': 'Stop sign', 'bbox': [0, 0, 50, 100]}\n```",
    'total: 9,90\nname: "x"',
    "data = {'2020': '12', '2019': 8}  # read",
    "Here: <table><tr><td>a</td><td>c</td></tr>",
    "```markdown\n| a | b |\n|---|---|\n| 1 | 3 |\n```",
    "# Title\nother words",
    "$$ \\frac{1} {2} $$",
    "本文件自发布之日施行",
    "在三楼。",
    "A、B、D",
    "速度 = \\frac{s}{t}",
    '{"姓名": "李明"}',
  ],
});

const page = { image: Buffer.from(await drawnImage({ seed: 1, width: 32, height: 24 })).toString("base64") };
const columns: Record<string, ColumnType> = {
  ...{ image: "string", image_name: "string", question: "string", answer: "string", "l2-category": "string" },
  split: "string",
};
const [scenes, languages, pages, keys] = ccOcr;
goldenTask({
  task: scenes,
  columns,
  rows: [
    { ...page, image_name: "a", question: "Read.", answer: "STOP ahead", "l2-category": "scene_text", split: "IC15" },
    { ...page, image_name: "b", question: "Read.", answer: "Exit 12!", "l2-category": "scene_text", split: "IC15" },
    {
      ...page,
      image_name: "c",
      question: "读",
      answer: "小心 地滑",
      "l2-category": "scene_text",
      split: "my_zh_scene",
    },
  ],
  answers: ["stop, ahead!", "exit exit", "小心地滑"],
  // Of one subset 1 and 2 · 1/4, of the other 1; lmms-eval takes words of a subset that does not begin with "zh", of which none has a letter.
  main: { official: (3 / 4 + 1) / 2, "lmms-eval": 3 / 8, vlmevalkit: (3 / 4 + 1) / 2 },
});
goldenTask({
  task: languages,
  columns,
  rows: [
    { ...page, image_name: "a", question: "Lisez.", answer: "café crème", "l2-category": "French", split: "French" },
    { ...page, image_name: "b", question: "読む", answer: "出口 右", "l2-category": "Japanese", split: "Japanese" },
  ],
  answers: ["Café noir", "出口右"],
  main: { official: 3 / 4, "lmms-eval": 3 / 4, vlmevalkit: 3 / 4 },
});
const latex = { ...page, question: "Write it down.", split: "doc_a" };
goldenTask({
  task: pages,
  columns,
  rows: [
    { ...latex, image_name: "a", answer: "\\section{One} Two", "l2-category": "doc" },
    {
      ...latex,
      image_name: "b",
      answer: '<table border="1"><tr><td>1</td><td>２ 3</td></tr></table>',
      "l2-category": "table",
      split: "table_a",
    },
    { ...latex, image_name: "c", answer: "x ^ { 2 }", "l2-category": "formula", split: "formula_a" },
    { ...latex, image_name: "d", answer: "CC(=O)O", "l2-category": "molecular", split: "molecular_a" },
  ],
  answers: [
    "```latex\n\\begin{document}\\section{One} Two\\end{document}\n```",
    "```html\n<table>\n<tr><td>1</td> <td>23</td></tr>\n</table>\n```",
    "```latex\nx^{2}\n```",
    "<smiles>CC(=O)</smiles>",
  ],
  main: { official: (1 + 1 + 1 + 6 / 7) / 4, "lmms-eval": (1 + 1 + 1 + 6 / 7) / 4 },
});
goldenTask({
  task: keys,
  columns,
  rows: [
    {
      ...page,
      image_name: "a",
      question: "Which values?",
      answer: '{"total": "9.90", "items": [{"name": "Tea"}, {"name": "Cake、big"}]}',
      "l2-category": "constrained_category",
      split: "CORD",
    },
    {
      ...page,
      image_name: "b",
      question: "Which values?",
      answer: '{"tags": ["ａ", "b"], "n": 2}',
      "l2-category": "open_category",
      split: "COLD",
    },
  ],
  // The authors' script does not close an open fence; lmms-eval does, and brings texts in lists to their normal form.
  answers: ['{"total": "9.90", "items": [{"name": "Cake, big"}]}', '```json\n{"tags": ["a", "b"], "n": 2}'],
  main: { official: (4 / 5 + 0) / 2, "lmms-eval": (4 / 5 + 1) / 2, vlmevalkit: (4 / 5 + 0) / 2 },
});

const attributes = { data_source: "book", language: "english", layout: "single_column" };
const pageAnswer = (blocks: readonly object[], relation: readonly object[] = []) =>
  JSON.stringify({
    layout_dets: blocks.map((block, i) => ({ order: i + 1, anno_id: i + 1, ...block })),
    extra: { relation },
    page_info: { page_attribute: attributes },
  });
const table = "<table><tr><td>1</td><td>2</td></tr></table>";
goldenTask({
  task: omnidocbench,
  columns: { index: "int64", image: "string", answer: "string" },
  rows: [
    {
      ...page,
      index: 1,
      answer: pageAnswer([
        { category_type: "title", text: "Method" },
        { category_type: "text_block", text: "Deep networks learn features." },
        { category_type: "table", html: table },
        { category_type: "page_number", order: null, text: "12" },
      ]),
    },
    {
      ...page,
      index: 2,
      answer: pageAnswer(
        [
          { category_type: "text_block", text: "Two halves" },
          { category_type: "equation_isolated", latex: "$$E = mc^{2}$$" },
          { category_type: "text_block", text: "of one." },
        ],
        [{ relation_type: "truncated", source_anno_id: 1, target_anno_id: 3 }],
      ),
    },
    {
      ...page,
      index: 3,
      answer: pageAnswer([
        { category_type: "figure_caption", text: "Figure 1: a cat" },
        { category_type: "text_block", text: "We compare three methods." },
        { category_type: "table", html: table },
      ]),
    },
  ],
  answers: [
    `# Method\n\nDeep networks learn features.\n\n${table}`,
    "Two halvesof one.\n\n$$E = mc^{2}$$",
    "Figure 1: a cat",
  ],
  // Of the authors' pages a third is lost, and 27 of lmms-eval's 77 letters, which has the page's number, too. One table of two is there.
  main: {
    official: ((1 - 1 / 3 + 1 / 2) / 2) * 100,
    "lmms-eval": ((1 - 27 / 77 + 1 / 2) / 2) * 100,
    vlmevalkit: ((1 - 1 / 3 + 1 / 2) / 2) * 100,
  },
});

test("OmniDocBench: a formula that stands as text is compared with texts", () => {
  const blocks = [
    { category_type: "text_block", order: 1, anno_id: 1, text: "Energy and mass" },
    { category_type: "equation_isolated", order: 2, anno_id: 2, latex: "$$E = mc^{2}$$" },
    { category_type: "text_block", order: 3, anno_id: 3, text: "are one thing." },
  ];
  const { formulasInText, text } = scorePage({ layout_dets: blocks }, "Energy and mass\n\nE = mc2\n\nare one thing.");
  expect(formulasInText.map(({ target, text: said }) => [target, said])).toEqual([["Emc2", "Emc2"]]);
  expect(text.map(({ distance }) => distance)).toEqual([0, 0]);
});

test("OmniDocBench: lines end as in a file that Python reads, which is where the authors have replies", () => {
  const blocks = ["Energy and mass", "are one thing."].map((text, i) => ({
    ...{ category_type: "text_block", order: i + 1, anno_id: i + 1, text },
  }));
  const score = (ends: string) => scorePage({ layout_dets: blocks }, `Energy and mass${ends}${ends}are one thing.`);
  for (const ends of ["\n", "\r\n", "\r"]) expect(score(ends).text.map(({ distance }) => distance)).toEqual([0, 0]);
});

test("OmniDocBench says of the overall that it is undefined, and why", () => {
  const overall = omnidocbench.metrics.find(({ name }) => name === "overall");
  const fold = overall?.start({ seed: 0, scoring: "official" });
  expect(fold?.finish()).toMatchObject({ value: null, note: expect.stringContaining("CDM") });
});

const context = {
  scoring: "official",
  verdicts: [],
  turns: [],
  draw: <T>(from: readonly T[]) => from[0] as T,
} as const;
const readCredit = (row: object, text: string): unknown => {
  const given = { question: "Return it as HTML.", eval: null, ...row } as never;
  const output = { text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] } as const;
  expect(ocrbenchV2?.hasReference?.(given)).toBe(true);
  const score = ocrbenchV2?.score?.(given, output, { ...context, turns: [output] });
  return score?.status === "scored" ? (score.value as { all: number }).all : score;
};

// Values of the authors' script, which was run on these rows.
test("OCRBench v2: a reply's dictionary is Python's, with its comments, bases and the u of its texts", () => {
  const row = { type: "key information extraction en", answers: ['{"total": ["9.90"], "n": ["16"]}'] };
  for (const text of ['{"total": "9.90", # the sum\n "n": 0x10}', '{u"total": u"9.90", u"n": 16}'])
    expect(readCredit(row, text)).toBe(1);
});
test("OCRBench v2: a table without its own tag is in a body that libxml2 opens before it", () => {
  const bare = "<body><tr><td>3.5</td></tr></body>";
  expect(readCredit({ type: "table parsing en", answers: [bare] }, bare)).toBe(1);
  expect(readCredit({ type: "table parsing en", answers: ["<table><tr><td>3.5</td></tr></table>"] }, bare)).toBe(1);
});

test("OCRBench v2: a page of which no word counts is worth nothing, and words in quotes lose them on both sides", () => {
  const at = (content: readonly string[]) => ({
    ...{ type: "text spotting en", answers: content, content },
    bbox: content.map((_, i) => [100 * i, 0, 100 * i + 50, 0, 100 * i + 50, 50, 100 * i, 50]),
  });
  expect(readCredit(at(["###"]), "[[0, 0, 50, 50, '###']]")).toBe(0);
  expect(readCredit(at(["###", "go"]), "[[0, 0, 50, 50, 'x'], [100, 0, 150, 50, 'GO']]")).toBe(1);
  expect(readCredit(at(['"quoted"', "go"]), "[0, 0, 50, 50, '\"QUOTED\"'] [1, 1, 2, 2, a)]")).toBe(1 / 2);
  expect(readCredit(at(["", "go"]), "[[0, 0, 50, 50, 'x'], [100, 0, 150, 50, 'go']]")).toBe(0);
});

test("OCRBench v2: boxes of a list without its brackets, whole numbers of any length, and a chart's empty values", () => {
  const spotted = {
    type: "text spotting en",
    answers: ["(x)"],
    content: ["(x)"],
    bbox: [[0, 0, 50, 0, 50, 50, 0, 50]],
  };
  expect(readCredit(spotted, "[0, 0, 50, 50, '(x)'], [9, 9, 8, 8, 'y']")).toBe(1);
  const card = { type: "key information extraction cn", answers: ["{'卡号': '6222021234567890123', '余额': 'nan'}"] };
  expect(readCredit(card, '{"卡号": 6222021234567890123, "余额": NaN}')).toBe(1);
  expect(readCredit({ type: "chart parsing en", answers: [{ a: null, b: true }] }, "{'a': None, 'b': True}")).toBe(1);
});
