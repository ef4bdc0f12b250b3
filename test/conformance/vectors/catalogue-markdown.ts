/** Vector files of OmniDocBench: whole pages and replies in Markdown. */

import type { Json } from "../../../src/core/json.js";
import type { Scoring } from "../../../src/core/score.js";
import { blocksOf, type Version } from "../../../tasks/documents/omnidocbench-blocks.js";
import { formulaForm, tableForm, textForm } from "../../../tasks/documents/omnidocbench-forms.js";
import {
  lmmsFormulaForm,
  lmmsLanguage,
  lmmsParts,
  lmmsTargets,
  lmmsTextForm,
} from "../../../tasks/documents/omnidocbench-lmms.js";
import { orderDistance, type Page, type Pair, scorePage } from "../../../tasks/documents/omnidocbench-page.js";
import { teds } from "../../../tasks/documents/teds.js";
import { isChangedBefore, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms, type ScoredRow } from "./catalogue-metrics.js";

interface Asked {
  readonly page: Page;
  readonly response: string;
}

function scored({ page, response }: Asked, scoring: Scoring): ScoredRow {
  const row = { answer: JSON.stringify(page) };
  const { value, data } = taskScore("omnidocbench", row, response, { scoring });
  return { row, value, ...(data === undefined ? {} : { data }) };
}

/** What the authors' configuration computes, as far as it is ours. */
function officialMetrics(rows: readonly ScoredRow[]) {
  const of = (metric: string) => fold("omnidocbench", metric, rows);
  return {
    ...{ text: of("text_edit"), formula: of("formula_edit"), order: of("reading_order_edit") },
    ...{ table: of("table_teds"), structure: of("table_teds_structure") },
  };
}

interface OfficialValue {
  readonly text_block: { readonly Edit_dist: Readonly<Record<string, number | "NaN">> };
  readonly display_formula: { readonly Edit_dist: Readonly<Record<string, number | "NaN">> };
  readonly reading_order: { readonly Edit_dist: Readonly<Record<string, number | "NaN">> };
  readonly table: Readonly<Record<"TEDS" | "TEDS_structure_only", { readonly all?: number }>> | null;
  readonly pages?: readonly Json[];
}

/** Where the set has more tables in LaTeX than in HTML a program of TeX's decides, and the vectors have nothing. */
function officialReference(value: OfficialValue) {
  const page = ({ Edit_dist: { ALL_page_avg: mean } }: OfficialValue["text_block"]) =>
    typeof mean === "number" ? mean : null;
  return {
    ...{ text: page(value.text_block), formula: page(value.display_formula), order: page(value.reading_order) },
    ...(value.table && { table: value.table.TEDS.all ?? null, structure: value.table.TEDS_structure_only.all ?? null }),
    ...(value.pages && { pages: value.pages }),
  };
}

const listed = (pairs: readonly Pair[]) =>
  pairs.map(({ targets, said, target, text, kind, distance }) => ({
    ...{ gt_idx: targets, pred_idx: said.length === 0 ? [""] : said, norm_gt: target, norm_pred: text },
    ...{ gt_type: kind, edit: distance },
  }));

/**
 * The authors' code moves a formula that a reply has as text to the texts; the vectors of whole sets were made without that step. Run whole on these
 * pages it gives what we give.
 */
const hasFormulaInText = ({
  pages: all = [],
  responses = [],
}: {
  pages?: readonly Page[];
  responses?: readonly string[];
}) => all.some((page, i) => scorePage(page, responses[i] ?? "").formulasInText.length > 0);

const pages: VectorFile = {
  setAside: (input: { pages?: readonly Page[]; responses?: readonly string[] }, fn) =>
    fn === "official15.set" && hasFormulaInText(input)
      ? "made without the authors' step that compares a formula that stands as text with the texts"
      : undefined,
  compare: { extraKeys: true },
  functions: {
    "official15.page"(asked: Asked) {
      const { text, formula, tables, order } = scorePage(asked.page, asked.response);
      const row = scored(asked, "official");
      return {
        ...officialMetrics([row]),
        pages: [
          {
            ...{ text: listed(text), formula: listed(formula), tables: tables.length },
            order: order ? { gt: order.wanted, pred: order.said, edit: orderDistance(order) } : {},
          },
        ],
      };
    },
    "official15.set": ({ pages: all, responses }: { pages: Page[]; responses: string[] }) =>
      officialMetrics(all.map((page, i) => scored({ page, response: responses[i] ?? "" }, "official"))),
    "vek10.set"({ pages: all, responses }: { pages: Page[]; responses: string[] }) {
      const rows = all.map((page, i) => scored({ page, response: responses[i] ?? "" }, "vlmevalkit"));
      const of = (metric: string, language: "EN" | "CH") =>
        fold("omnidocbench", `${metric}_${language === "EN" ? "en" : "cn"}`, rows, "vlmevalkit");
      const table = { EN: of("table_teds", "EN"), CH: of("table_teds", "CH") };
      // There the report ends at a language without tables, or a set without formulas.
      const isWhole = [table.EN, table.CH, fold("omnidocbench", "formula_edit", rows, "vlmevalkit")].every(
        (value) => value !== null,
      );
      if (!isWhole) throw new RangeError("no report of such a set there");
      const both = (name: string, metric: string) =>
        Object.fromEntries((["EN", "CH"] as const).map((one) => [`${name}_${one}`, rounded(of(metric, one))]));
      return {
        ...both("text_block_Edit_dist", "text_edit"),
        ...both("display_formula_Edit_dist", "formula_edit"),
        ...{ display_formula_CDM_EN: "-", display_formula_CDM_CH: "-" },
        ...{ table_TEDS_EN: rounded(table.EN && 100 * table.EN), table_TEDS_CH: rounded(table.CH && 100 * table.CH) },
        ...both("table_Edit_dist", "table_edit"),
        ...both("reading_order_Edit_dist", "reading_order_edit"),
        ...both("overall", "overall_edit"),
      };
    },
    "lmms.omnidocbench"(asked: Asked) {
      const text = isChangedBefore(asked.response) ? asked.response.replace(/<(?=\/?think>)/g, "＜") : asked.response;
      const row = scored({ page: asked.page, response: text }, "lmms-eval");
      const value = row.value as Readonly<Record<string, number>>;
      const {
        text: words,
        formula,
        tables,
        language,
      } = row.data as unknown as {
        readonly text?: { readonly length: number };
        readonly formula?: { readonly length: number };
        readonly tables: readonly number[];
        readonly language: string;
      };
      return {
        ...{ text_ed: value.text_edit ?? 0, text_weight: words?.length ?? 0, has_text: words !== undefined },
        ...{
          formula_ed: value.formula_edit ?? 0,
          formula_weight: formula?.length ?? 0,
          has_formula: formula !== undefined,
        },
        ...{ table_teds: value.table_teds ?? 0, table_count: tables.length, has_table: tables.length > 0 },
        ...{ overall: fold("omnidocbench", "overall", [row], "lmms-eval") ?? 0, lang: language },
      };
    },
    "lmms.omnidocbench.aggregate": ({ payloads }: { payloads: readonly Payload[] }) => {
      const rows = payloads.map((payload): ScoredRow => ({ row: { answer: "" }, value: {}, data: dataOf(payload) }));
      const of = (metric: string) => fold("omnidocbench", metric, rows, lmms.scoring) ?? 0;
      return Object.fromEntries(aggregates.map((name) => [name, of(name)]));
    },
  },
  reference: (expected, fn) => (fn.startsWith("official15") ? officialReference(expected as OfficialValue) : expected),
};

/** As its table has it. */
const rounded = (value: number | null | undefined) =>
  typeof value === "number" ? Math.round(value * 1000) / 1000 : null;

const aggregates = [
  ...["overall", "text_edit", "table_teds", "formula_edit", "text_edit_en", "text_edit_cn", "table_teds_en"],
  ...["table_teds_cn", "formula_edit_en", "formula_edit_cn"],
];

interface Payload {
  readonly text_ed: number;
  readonly text_weight: number;
  readonly has_text: boolean;
  readonly formula_ed: number;
  readonly formula_weight: number;
  readonly has_formula: boolean;
  readonly table_teds: number;
  readonly table_count: number;
  readonly has_table: boolean;
  readonly lang: string;
}

const dataOf = (payload: Payload): Record<string, Json> => ({
  ...{ language: payload.lang, structures: [] },
  tables: payload.has_table ? Array.from({ length: payload.table_count }, () => payload.table_teds) : [],
  ...(payload.has_text && { text: edits(payload.text_ed, payload.text_weight) }),
  ...(payload.has_formula && { formula: edits(payload.formula_ed, payload.formula_weight) }),
});
const edits = (ratio: number, length: number) => ({ edits: ratio * length, length });

const kinds = { text: "text_all", formula: "equation_isolated", html: "html_table", latex: "latex_table" } as const;

const parts: VectorFile = {
  part: "the forms that OmniDocBench's rules compare, and the blocks of a reply",
  functions: {
    "official15.text": ({ text }: { text: string }) => ({
      ...{ v15: textForm(text), v10: textForm(text) },
      lmms: lmmsTextForm(text),
    }),
    "official15.formula": ({ text }: { text: string }) => ({
      ...{ v15: formulaForm(text), v10: formulaForm(text, "1.0") },
      lmms: lmmsFormulaForm(text),
    }),
    "official15.normalized_html_table": ({ html }: { html: string }) => ({
      ...{ v15: tableForm(html), v10: tableForm(html) },
    }),
    "official15.teds": ({ pred, gt }: { pred: string; gt: string }) => ({
      teds: teds(tableForm(pred), tableForm(gt)),
      structure: teds(tableForm(pred), tableForm(gt), { structureOnly: true }),
    }),
    "official15.md_tex_filter"({ text }: { text: string }) {
      const found = (version: Version) => {
        const blocks: Record<string, string[]> = {};
        for (const { kind, content } of blocksOf(text, version))
          blocks[kinds[kind]] = [...(blocks[kinds[kind]] ?? []), content];
        return blocks;
      };
      return { v15: found("1.5"), v10: found("1.0"), lmms: lmmsParts(text) };
    },
    "lmms.omnidocbench.gt": ({ page }: { page: Page }) => ({
      elements: lmmsTargets(page),
      language: lmmsLanguage(page),
    }),
  },
};

export const catalogueMarkdownVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/omnidocbench": pages,
  "catalogue/omnidocbench_parts": parts,
};
