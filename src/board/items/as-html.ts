import { htmlText } from "../format/html.js";
import { pValue } from "../format/numbers.js";
import { type HtmlRow, rowsHtml } from "../samples/rows-html.js";
import type { Item, ItemsReport } from "./item.js";
import { answerText, correlation, factsOf, headOf, targetsText, toLookAt } from "./words.js";

/** What a page shows of an item besides its numbers. */
export interface ItemDetail {
  readonly prompt?: string;
  /** Data URIs, with what each image is. */
  readonly images: HtmlRow["images"];
}

/** The items that a page shows: the lowest discriminations, those whose twin has another reference, those that nobody solves. */
export function itemsOfPage(report: ItemsReport, limit: number): Item[] {
  const contradictory = new Set(report.same.flatMap(({ ids, isContradiction }) => (isContradiction ? ids : [])));
  const twins = report.items.filter(({ id }) => contradictory.has(id)).slice(0, limit);
  const unsolved = report.items.filter(({ solvedBy }) => solvedBy === "none").slice(0, limit);
  return [...new Set([...toLookAt(report, limit), ...twins, ...unsolved])];
}

/**
 * A page that opens from disk.
 * @param details  by index, of the items that it shows
 */
export function itemsHtml(report: ItemsReport, limit: number, details: ReadonlyMap<number, ItemDetail>): string {
  const lead = [headOf(report), ...factsOf(report)].map((text) => `<p>${htmlText(text)}</p>`).join("\n");
  const rows = itemsOfPage(report, limit).map((item): HtmlRow => {
    const { prompt, images = [] } = details.get(item.index) ?? {};
    return {
      title: item.id,
      ...(prompt === undefined ? {} : { prompt }),
      images,
      columns: columnsOf(item),
      problems: [
        ...(item.suspect ? ["the reference may be wrong"] : []),
        ...(item.solvedBy === "none" ? ["nobody solves it"] : []),
        ...(item.sameAs ?? []).map((other) => `asks the same about the same images as ${other}`),
      ],
    };
  });
  return rowsHtml(`Items of ${report.task}`, rows, lead);
}

const columnsOf = (item: Item): HtmlRow["columns"] => [
  ["reference", targetsText(item)],
  ["the stronger half says", answerText(item)],
  ["difficulty", `${item.difficulty?.toFixed(2) ?? "-"} (mean score of ${item.runs} runs)`],
  ["discrimination", `${correlation(item.discrimination)} (p ${pValue(item.p)}, q ${pValue(item.q)})`],
];
