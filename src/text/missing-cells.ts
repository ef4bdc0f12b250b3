/** Cells that pandas reads as missing: VLMEvalKit's TSVs go through it, so an option "None" is asked of nobody and matched with nothing. */
const missing = new Set(
  [
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
  ].concat(["NULL", "NaN", "None", "n/a", "nan", "null"]),
);

export const isMissingCell = (cell: string): boolean => missing.has(cell);
