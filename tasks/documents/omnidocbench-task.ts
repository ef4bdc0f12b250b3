import {
  bootstrap,
  defineTask,
  folded,
  Image,
  jsonOf,
  type Metric,
  type MetricValue,
  Nullable,
  rowDigest,
  type Scoring,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import { scoreFirstPage } from "./omnidocbench-first-page.js";
import { lmmsLanguage, lmmsScore } from "./omnidocbench-lmms.js";
import { type Edits, editsOf, orderDistance, type Page, scorePage } from "./omnidocbench-page.js";

const row = Type.Object({
  image: Image(), // base64 text
  answer: Type.String(), // JSON: layout_dets, extra, page_info
  index: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
});
type Row = Static<typeof row>;

interface Answer extends Page {
  readonly page_info?: {
    readonly page_attribute?: Readonly<Record<"data_source" | "language" | "layout", string | undefined>> | null;
  } | null;
}

/** Undefined for what is no page with blocks. */
function pageOf({ answer }: Row): Answer | undefined {
  const page = jsonOf(answer) as Answer | undefined;
  return Array.isArray(page?.layout_dets) && page.layout_dets.every((one) => typeof one?.category_type === "string")
    ? page
    : undefined;
}

const attributeOf = (row: Row, name: "data_source" | "language" | "layout"): string | undefined =>
  pageOf(row)?.page_info?.page_attribute?.[name];

/** What a page's measures are made of. */
interface PageData {
  readonly text?: Edits | undefined;
  readonly formula?: Edits | undefined;
  /** Of tables, as texts: in version 1.0 alone. */
  readonly tableText?: Edits | undefined;
  readonly order?: number | undefined;
  readonly tables: readonly number[];
  readonly structures: readonly number[];
  readonly language: string;
}

const average = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const ratio = ({ edits, length }: Edits): number => (length === 0 ? 0 : edits / length);

/** The authors take the mean of the pages, lmms-eval that of the letters. */
function editsOver(pages: readonly PageData[], part: "text" | "formula" | "tableText", by: Scoring): number | null {
  const own = pages.flatMap((page) => page[part] ?? []);
  if (by !== "lmms-eval") return average(own.map(ratio));
  const all = own.reduce((sum, { length }) => sum + length, 0);
  return own.length === 0 ? null : all === 0 ? 0 : own.reduce((sum, { edits }) => sum + edits, 0) / all;
}
/** VLMEvalKit takes the mean of the pages, the others that of the tables. */
const tablesOver =
  (part: "tables" | "structures"): Measure["of"] =>
  (pages, by) =>
    average(
      by === "vlmevalkit" ? pages.flatMap((page) => average(page[part]) ?? []) : pages.flatMap((page) => page[part]),
    );
const tablesLike = tablesOver("tables");

interface Measure {
  readonly unit: Metric["unit"];
  readonly direction: Metric["direction"];
  of(pages: readonly PageData[], by: Scoring): number | null;
  /** Where it has no value. */
  readonly note?: string;
  /** Default true. */
  readonly perGroup?: boolean;
}

/** A measure over all pages, whose parts are weighted by what they hold. */
function overPages(name: string, { unit, direction, of, note, perGroup = true }: Measure): Metric {
  return {
    ...{ name, unit, direction, perGroup },
    start(context) {
      const pages: PageData[] = [];
      const value = (): MetricValue => {
        const whole = of(pages, context.scoring);
        if (whole === null) return { value: null, n: 0, note: note ?? "no page has such a part" };
        const drawn = (times?: Uint32Array) =>
          of(
            pages.flatMap((page, i) => Array.from({ length: times?.[i] ?? 1 }, () => page)),
            context.scoring,
          ) ?? whole;
        const spread = context.valueOnly ? undefined : bootstrap(pages.length, drawn, [context.seed, name]);
        const interval = spread && { stderr: spread.stderr, interval: spread.interval, method: "bootstrap" as const };
        return { value: whole, n: pages.length, ...interval };
      };
      return folded({ scored: ({ score }) => void pages.push(score.data as unknown as PageData), value }, context);
    },
  };
}

const lower = { unit: "fraction", direction: "lower" } as const;
const higher = { unit: "fraction", direction: "higher" } as const;

/** The mean of those of the three that there are, in hundredths. */
function overall(pages: readonly PageData[], by: Scoring): number | null {
  const [text, formula] = [editsOver(pages, "text", by), editsOver(pages, "formula", by)];
  const tables = tablesLike(pages, by);
  const parts = [text === null ? [] : 1 - text, tables ?? [], formula === null ? [] : 1 - formula].flat();
  const mean = average(parts);
  return mean === null ? null : mean * 100;
}

/** Text and tables alone, both of which there must be. */
function withoutFormulas(pages: readonly PageData[], by: Scoring): number | null {
  const [text, tables] = [editsOver(pages, "text", by), tablesLike(pages, by)];
  return text === null || tables === null ? null : ((1 - text + tables) / 2) * 100;
}

const CDM =
  "undefined: OmniDocBench 1.5's overall needs CDM, which compares formulas as TeX renders them; without TeX there is none. formula_edit and overall_without_cdm stand beside it";

const inLanguage =
  (language: string, of: Measure["of"]): Measure["of"] =>
  (pages, by) =>
    of(
      pages.filter((page) => page.language === language),
      by,
    );
const textEdit: Measure["of"] = (pages, by) => editsOver(pages, "text", by);
const formulaEdit: Measure["of"] = (pages, by) => editsOver(pages, "formula", by);
const tableEdit: Measure["of"] = (pages, by) => editsOver(pages, "tableText", by);
const orderEdit: Measure["of"] = (pages) => average(pages.flatMap(({ order }) => order ?? []));

/** VLMEvalKit's: the mean of the four edit distances, all of which there must be. */
const editOverall: Measure["of"] = (pages, by) => {
  const parts = [textEdit, formulaEdit, tableEdit, orderEdit].map((of) => of(pages, by));
  return by === "vlmevalkit" && !parts.includes(null) ? average(parts as number[]) : null;
};

const vlmEvalKitOnly = {
  ...lower,
  perGroup: false,
  note: "VLMEvalKit's alone, of pages in one language that have text, formulas, tables and an order",
} as const;

const REQUEST =
  "You are an AI assistant specialized in converting PDF images to Markdown format. Output ONLY the converted markdown — no explanations, no thinking process, no commentary. Rules: 1. Recognize all text accurately and convert to Markdown. 2. Convert mathematical formulas to LaTeX (inline: $...$, display: $$...$$). 3. Convert tables to HTML format. 4. Ignore figures and images. 5. Maintain the original document structure and reading order.";

const VLMEVALKIT_REQUEST = `You are an AI assistant specialized in converting PDF images to Markdown format. Please follow these instructions for the conversion:

    1. Text Processing:
    - Accurately recognize all text content in the PDF image without guessing or inferring.
    - Convert the recognized text into Markdown format.
    - Maintain the original document structure, including headings, paragraphs, lists, etc.

    2. Mathematical Formula Processing:
    - Convert all mathematical formulas to LaTeX format.
    # - Enclose inline formulas with \\( \\). For example: This is an inline formula \\( E = mc^2 \\)
    - Enclose block formulas with \\\\[ \\\\]. For example: \\[ \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a} \\]

    3. Table Processing:
    - Convert tables to HTML format.
    - Wrap the entire table with <table> and </table>.

    4. Figure Handling:
    - Ignore figures content in the PDF image. Do not attempt to describe or convert images.

    5. Output Format:
    - Ensure the output Markdown document has a clear structure with appropriate line breaks between elements.
    - For complex layouts, try to maintain the original document's structure and format as closely as possible.

    Please strictly follow these guidelines to ensure accuracy and consistency in the conversion. Your task is to accurately convert the content of the PDF image into Markdown format without adding any extra explanations or comments.
    `;

export default defineTask<Row>({
  name: "omnidocbench",
  version: 2,
  about:
    "Pages of PDF files as Markdown: text, tables, formulas and reading order (OmniDocBench 1.5; Ouyang et al. 2024).",
  cite: "https://arxiv.org/abs/2412.07626; official scoring follows opendatalab/OmniDocBench e1d467cc (1.5), without its limit of 30 seconds a page, and without CDM; lmms-eval omnidocbench/utils.py has rules of its own; VLMEvalKit has version 1.0's (its OmniDocBench, whose overall_EN and overall_CH are overall_edit_en and _cn); the TSV on the hub has the 981 pages of version 1.0, and the 1,355 of 1.5 are asked from a folder (--data)",
  splits: {
    train: {
      sources: ["ouyanglinke/OmniDocBench_tsv"],
      split: "train",
      rows: 981,
      licence: "not stated",
      answers: "public",
    },
  },
  tsv: { files: { train: "OmniDocBench" } }, // its columns are the hub's
  row,
  id: ({ index, image, answer }) => String(index ?? rowDigest(image.path, answer)),
  profiles: ["default", "vlmevalkit"],
  prompt: ({ image }, profile) => userPrompt(image, profile === "vlmevalkit" ? VLMEVALKIT_REQUEST : REQUEST),
  generation: { maxNewTokens: 4096, temperature: 0 },
  hasReference(row) {
    const page = pageOf(row);
    if (page === undefined) return false;
    const { text, formula, tables } = scorePage(page, "");
    return text.length + formula.length + tables.length > 0;
  },
  defects: {
    "lmms-eval": ["text that the page has not costs nothing"],
    vlmevalkit: [
      "blocks that nothing is left for count twice",
      "pages that mix two languages are in no number",
      "without tables in English and in Chinese it ends with an error (here: no value)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { ...namesIn("en", "EN"), ...namesIn("cn", "CH") } },
  score(row, { text: reply }, { scoring }) {
    const page = pageOf(row);
    if (page === undefined) return { status: "unscored", reason: "data", detail: "the answer is no page" };
    const kept = dataOf(page, reply, scoring);
    const { text, formula, tableText, tables, order } = kept;
    const value = {
      ...(text && { text_edit: ratio(text) }),
      ...(formula && { formula_edit: ratio(formula) }),
      ...(order === undefined ? {} : { order_edit: order }),
      ...(tables.length === 0 ? {} : { table_teds: average(tables) as number }),
      ...(tableText && { table_edit: ratio(tableText) }),
    };
    return { status: "scored", value, answer: reply, data: JSON.parse(JSON.stringify(kept)) };
  },
  metrics: [
    overPages("overall_without_cdm", { ...higher, unit: "points", of: withoutFormulas }),
    overPages("text_edit", { ...lower, of: textEdit }),
    overPages("table_teds", { ...higher, of: tablesLike }),
    overPages("table_teds_structure", {
      ...higher,
      of: tablesOver("structures"),
    }),
    overPages("formula_edit", { ...lower, of: formulaEdit }),
    overPages("reading_order_edit", { ...lower, of: orderEdit }),
    overPages("overall", {
      ...higher,
      unit: "points",
      of: (pages, by) => (by === "lmms-eval" ? overall(pages, by) : null),
      note: CDM,
    }),
    overPages("text_edit_en", { ...lower, perGroup: false, of: inLanguage("en", textEdit) }),
    overPages("text_edit_cn", { ...lower, perGroup: false, of: inLanguage("cn", textEdit) }),
    overPages("table_teds_en", { ...higher, perGroup: false, of: inLanguage("en", tablesLike) }),
    overPages("table_teds_cn", { ...higher, perGroup: false, of: inLanguage("cn", tablesLike) }),
    overPages("formula_edit_en", { ...lower, perGroup: false, of: inLanguage("en", formulaEdit) }),
    overPages("formula_edit_cn", { ...lower, perGroup: false, of: inLanguage("cn", formulaEdit) }),
    overPages("table_edit_en", { ...vlmEvalKitOnly, of: inLanguage("en", tableEdit) }),
    overPages("table_edit_cn", { ...vlmEvalKitOnly, of: inLanguage("cn", tableEdit) }),
    overPages("reading_order_edit_en", { ...lower, perGroup: false, of: inLanguage("en", orderEdit) }),
    overPages("reading_order_edit_cn", { ...lower, perGroup: false, of: inLanguage("cn", orderEdit) }),
    overPages("overall_edit_en", { ...vlmEvalKitOnly, of: inLanguage("en", editOverall) }),
    overPages("overall_edit_cn", { ...vlmEvalKitOnly, of: inLanguage("cn", editOverall) }),
  ],
  groups: {
    data_source: (row) => attributeOf(row, "data_source"),
    language: (row) => attributeOf(row, "language"),
    layout: (row) => attributeOf(row, "layout"),
  },
});

/** VLMEvalKit's names of the numbers in a language. */
function namesIn(language: string, theirs: string): Readonly<Record<string, string>> {
  const names = {
    text_edit: "text_block_Edit_dist",
    formula_edit: "display_formula_Edit_dist",
    table_teds: "table_TEDS",
    table_edit: "table_Edit_dist",
    reading_order_edit: "reading_order_Edit_dist",
    overall_edit: "overall",
  };
  return Object.fromEntries(
    Object.entries(names).map(([name, their]) => [`${name}_${language}`, `${their}_${theirs}`]),
  );
}

/** What is undefined is left out when it is written. */
function dataOf(page: Answer, reply: string, scoring: Scoring): PageData {
  if (scoring === "lmms-eval") return { ...lmmsScore(page, reply), structures: [], language: lmmsLanguage(page) };
  if (scoring === "vlmevalkit") {
    const { order, ...parts } = scoreFirstPage(page, reply);
    const language = languages[page.page_info?.page_attribute?.language ?? ""] ?? "other";
    return { ...parts, order: order && orderDistance(order), language };
  }
  return { ...officialData(page, reply), language: lmmsLanguage(page) };
}

/** VLMEvalKit reports pages in these two, and none that mixes them. */
const languages: Readonly<Record<string, string>> = { english: "en", simplified_chinese: "cn" };

function officialData(page: Page, reply: string) {
  const { text, formula, formulasInText, tables, structures, order } = scorePage(page, reply);
  const inText = new Set(formulasInText.map(({ targets }) => targets.join()));
  return {
    text: editsOf([...text, ...formulasInText]),
    formula: editsOf(formula.filter(({ targets }) => !inText.has(targets.join()))),
    order: order && orderDistance(order),
    ...{ tables, structures },
  };
}
