import {
  defineTask,
  hasText,
  Image,
  mean,
  meanOfGroups,
  Nullable,
  parseIntPython,
  python,
  rowDigest,
  type Scoring,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import {
  bareAnswerCredit,
  chineseCredit,
  countsCredit,
  formulaStands,
  lettersOf,
  wordsCredit,
  writtenLetters,
} from "./ocrbench-v2-answers.js";
import { boxOf, lastBox, literalBox, overlap, type Spotted, spottedIn, spottingCredit } from "./ocrbench-v2-boxes.js";
import { chartIn, chartTable, entriesOf, keysCredit, keysIn, wantedKeys } from "./ocrbench-v2-keys.js";
import { documentCredit, htmlCredit, markdownCredit } from "./ocrbench-v2-pages.js";
import { meanLikeness, textLikeness } from "./page-text.js";
import { teds } from "./teds.js";

const numbers = Type.Array(Type.Number());
const row = Type.Object({
  id: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  image: Image(),
  question: Type.String(),
  type: Type.String(), // "full-page OCR en"; it decides the rule
  answers: Type.Union([Type.Array(Type.Unknown()), Type.String()]), // texts, four numbers, or one dictionary as a text
  eval: Type.Optional(Nullable(Type.String())), // multiple choice, case sensitive, regression, exact match
  bbox: Type.Optional(Nullable(Type.Union([numbers, Type.Array(numbers)]))),
  bbox_list: Type.Optional(Nullable(Type.Array(numbers))), // a text's corners: x, y, x, y, ...
  content: Type.Optional(Nullable(Type.Array(Type.String()))),
});
type Row = Static<typeof row>;

interface Kind {
  readonly ability: string;
  credit(row: Row, text: string, scoring: Scoring): number | undefined;
  /** Beyond an answer of which some is a text. */
  isAnswered?(row: Row): boolean;
}

const list = ({ answers }: Row): readonly unknown[] => (typeof answers === "string" ? [answers] : answers);
const texts = (row: Row): readonly string[] =>
  list(row).map((answer) => (typeof answer === "string" ? answer : String(answer)));
const first = (row: Row): string => texts(row)[0] ?? "";
const rule = (row: Row): string => row.eval ?? "";

function choiceOr(row: Row, text: string, else_: () => number): number {
  if (rule(row) === "multiple choice") return lettersOf(text) === first(row) ? 1 : 0;
  return rule(row) === "case sensitive" ? wordsCredit(text, texts(row), false) : else_();
}

/** Of a bare answer the three scripts make two things. */
const words: Kind["credit"] = (row, text, scoring) =>
  choiceOr(row, text, () =>
    typeof row.answers === "string" && scoring !== "official"
      ? bareAnswerCredit(text, row.answers)
      : wordsCredit(text, texts(row)),
  );
const chinese: Kind["credit"] = (row, text) => choiceOr(row, text, () => chineseCredit(text, texts(row)));
const page: Kind["credit"] = (row, text) => (text === "" ? 0 : meanLikeness(textLikeness(text, first(row))));
const formula =
  (inChinese: boolean): Kind["credit"] =>
  (row, text) =>
    formulaStands(text, texts(row), inChinese) ? 1 : 0;
const keys: Pick<Kind, "credit" | "isAnswered"> = {
  credit: (row, text) => keysCredit(keysIn(text), wantedKeys(list(row)[0]) ?? new Map()),
  isAnswered: (row) => (wantedKeys(list(row)[0])?.size ?? 0) > 0,
};

function tableCredit(row: Row, text: string): number | undefined {
  const question = row.question.toLowerCase();
  if (question.includes("html")) return htmlCredit(text, first(row));
  return question.includes("markdown") ? markdownCredit(text, first(row)) : undefined;
}

function chartCredit(row: Row, text: string): number {
  const chart = chartIn(text);
  return chart.size === 0 ? 0 : (teds(chartTable(chart), chartTable(wantedChart(row))) ?? 0);
}

function wantedChart(row: Row) {
  const [answer] = list(row);
  return typeof answer === "string" ? chartIn(answer) : (entriesOf(answer) ?? new Map());
}

/** A dictionary's answer and box, half and half. */
function positionCredit(row: Row, text: string): number {
  const said = keysIn(text);
  const [answer, box] = [said.get("answer"), said.get("bbox")];
  const wanted = boxOf(row.bbox ?? []);
  const own = box === undefined ? undefined : literalBox(box);
  return (
    0.5 * (answer === undefined ? 0 : wordsCredit(answer, texts(row))) +
    0.5 * (own === undefined || wanted === undefined ? 0 : overlap(own, wanted))
  );
}

function groundingCredit(row: Row, text: string): number {
  const [own, wanted] = [lastBox(text), boxOf(list(row))];
  return own === undefined || wanted === undefined ? 0 : overlap(own, wanted);
}

/** Of each text the box around its corners. */
function spottedWords({ bbox, bbox_list, content }: Row): readonly Spotted[] {
  const corners = (bbox_list ?? bbox ?? []).filter((one): one is number[] => Array.isArray(one));
  return corners.map((points, i) => {
    const [across, down] = [0, 1].map((axis) => points.filter((_, at) => at % 2 === axis)) as [number[], number[]];
    const box = [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)] as const;
    return { box, text: content?.[i] ?? "" };
  });
}

const kinds: Readonly<Record<string, Kind>> = {
  "text recognition en": { ability: "text_recognition_en", credit: words },
  "fine-grained text recognition en": { ability: "text_recognition_en", credit: page },
  "full-page OCR en": { ability: "text_recognition_en", credit: page },
  "text grounding en": {
    ability: "text_detection_en",
    credit: groundingCredit,
    isAnswered: (row) => boxOf(list(row)) !== undefined,
  },
  "VQA with position en": {
    ability: "text_detection_en",
    credit: positionCredit,
    isAnswered: (row) => hasText(texts(row)) && boxOf(row.bbox ?? []) !== undefined,
  },
  "text spotting en": {
    ability: "text_spotting_en",
    credit: (row, text) => spottingCredit(spottedIn(text), spottedWords(row)),
    isAnswered: (row) => spottedWords(row).length > 0 && spottedWords(row).length === row.content?.length,
  },
  "key information extraction en": { ability: "relationship_extraction_en", ...keys },
  "key information mapping en": { ability: "relationship_extraction_en", ...keys },
  "document parsing en": { ability: "element_parsing_en", credit: (row, text) => documentCredit(text, first(row)) },
  "chart parsing en": {
    ability: "element_parsing_en",
    credit: chartCredit,
    isAnswered: (row) => wantedChart(row).size > 0,
  },
  "table parsing en": {
    ability: "element_parsing_en",
    credit: tableCredit,
    isAnswered: (row) => hasText(texts(row)) && /html|markdown/i.test(row.question),
  },
  "formula recognition en": { ability: "element_parsing_en", credit: formula(false) },
  "math QA en": { ability: "mathematical_calculation_en", credit: words },
  "text counting en": {
    ability: "mathematical_calculation_en",
    credit: (row, text) => countsCredit(text, texts(row), rule(row)),
    isAnswered: (row) =>
      ["regression", "exact match"].includes(rule(row)) &&
      texts(row).some((answer) => parseIntPython(answer) !== undefined),
  },
  "document classification en": { ability: "visual_text_understanding_en", credit: words },
  "cognition VQA en": { ability: "visual_text_understanding_en", credit: words },
  "diagram QA en": { ability: "visual_text_understanding_en", credit: words },
  "reasoning VQA en": { ability: "knowledge_reasoning_en", credit: words },
  "science QA en": { ability: "knowledge_reasoning_en", credit: words },
  "APP agent en": { ability: "knowledge_reasoning_en", credit: words },
  "ASCII art classification en": { ability: "knowledge_reasoning_en", credit: words },
  "full-page OCR cn": { ability: "text_recognition_cn", credit: page },
  "key information extraction cn": { ability: "relationship_extraction_cn", ...keys },
  "handwritten answer extraction cn": {
    ability: "relationship_extraction_cn",
    credit: (row, text) =>
      row.question.includes("简答")
        ? meanLikeness(textLikeness(text, first(row)))
        : writtenLetters(text, first(row))
          ? 1
          : 0,
  },
  "document parsing cn": { ability: "element_parsing_cn", credit: (row, text) => documentCredit(text, first(row)) },
  "table parsing cn": { ability: "element_parsing_cn", credit: (row, text) => htmlCredit(text, first(row)) },
  "formula recognition cn": { ability: "element_parsing_cn", credit: formula(true) },
  "cognition VQA cn": { ability: "visual_text_understanding_cn", credit: chinese },
  "reasoning VQA cn": { ability: "knowledge_reasoning_cn", credit: chinese },
  "text translation cn": { ability: "knowledge_reasoning_cn", credit: page },
};

/** A cell of VLMEvalKit's file as Python reads it. A dictionary stays a text: an object would put years before names. */
function plain(value: ReturnType<typeof python.literal>): unknown {
  if (value instanceof python.Float) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  // What follows a "#" of a chart's dictionary is no comment.
  return value instanceof Map ? python.str(value).replaceAll("#", "\\x23") : value;
}
/** @param none what stands in the place of a cell */
const literalOr = (none: string, cell = none): unknown => (cell === none ? null : plain(python.literal(cell)));

const languageOf = ({ type }: Row): string => (type.endsWith(" cn") ? "cn" : "en");

/** The likeness of two trees ends below 0 where one has little in common with the other. */
const range = [-1, 1] as const;

const ocrBench: Task<Row> = {
  name: "ocrbench_v2",
  version: 2,
  about:
    "Thirty kinds of reading text in images: recognition, places, tables, documents, keys, in English and Chinese (Fu et al. 2025).",
  cite: "https://arxiv.org/abs/2501.00321; scoring follows Yuliang-Liu/MultimodalOCR OCRBench_v2/eval_scripts; lmms-eval ocrbench_v2/utils.py has a mean over samples for its whole (accuracy), the authors a mean of abilities for each language",
  splits: {
    test: { sources: ["ling99/OCRBench_v2"], split: "test", rows: 10_000, licence: "not stated", answers: "public" },
    mini: { sources: [], split: "mini", licence: "not stated", answers: "public" }, // VLMEvalKit's choice of them
  },
  tsv: {
    files: { test: "OCRBench_v2", mini: "OCRBench_v2_MINI" },
    rows: ({ index, category, answer = "", eval: rule, bbox, content, ...cells }) => [
      {
        ...{ ...cells, id: index, type: category, answers: plain(python.literal(answer)) },
        ...{ eval: rule === "without eval" ? null : rule, bbox: literalOr("without bbox", bbox) },
        content: literalOr("without content", content),
      },
    ],
  },
  row,
  id: ({ id, image, question, type, answers }) =>
    String(id ?? rowDigest(image.path, question, type, JSON.stringify(answers))),
  profiles: ["default", "official", "vlmevalkit"],
  prompt: ({ image, question }, profile) => userPrompt(image, profile === "default" ? strip(question) : question),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference(row) {
    const kind = kinds[row.type];
    return kind !== undefined && (kind.isAnswered?.(row) ?? (!list(row).includes(null) && hasText(texts(row))));
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { en_overall: "English Overall Score", cn_overall: "Chinese Overall Score" } },
  score(row, { text }, { scoring }) {
    // VLMEvalKit stops at a count whose answer is no list.
    const stops = scoring === "vlmevalkit" && row.type === "text counting en" && typeof row.answers === "string";
    const value = stops ? undefined : kinds[row.type]?.credit(row, text, scoring);
    if (value === undefined) return { status: "unscored", reason: "data", detail: `no rule for "${row.type}"` };
    return {
      status: "scored",
      value: { all: value, [languageOf(row)]: value },
      answer: text,
      targets: texts(row),
    };
  },
  metrics: [
    meanOfGroups("en_overall", { group: "ability", of: "en", range, perGroup: false }),
    meanOfGroups("cn_overall", { group: "ability", of: "cn", range, perGroup: false }),
    mean("accuracy", { of: "all", range }),
    mean("accuracy_en", { of: "en", range, perGroup: false }),
    mean("accuracy_cn", { of: "cn", range, perGroup: false }),
  ],
  groups: { type: ({ type }) => type, ability: ({ type }) => kinds[type]?.ability },
};

const reasoning = thoughts.form(ocrBench, {
  name: "ocrbench_v2_reasoning",
  tags: "think",
  prompt: ({ image, question }) => userPrompt(image, strip(question)),
  rewardsNothing: true,
});

export default [defineTask(ocrBench), defineTask(reasoning)];
