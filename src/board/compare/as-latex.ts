import { latexTable } from "../format/latex-table.js";
import type { Comparison } from "./comparison.js";
import { type ComparisonLook, comparisonColumns, tableOfComparison } from "./table.js";
import { sideText } from "./words.js";

/** For a paper: p-values adjusted, verdicts in words; which columns is the author's choice. */
export function comparisonLatex(comparison: Comparison, look: ComparisonLook = {}): string {
  const columns = look.columns ?? comparisonColumns.filter((name) => name !== "p");
  const table = tableOfComparison(comparison, { ...look, columns });
  const brief = table.sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({
      ...row,
      cells: row.cells.map((cell) => (cell?.short === undefined ? cell : { ...cell, value: cell.short })),
    })),
  }));
  const caption = `A: ${sideText(comparison.a)}. B: ${sideText(comparison.b)}. The side that is significantly better is bold.`;
  return latexTable({ ...table, sections: brief }, caption);
}
