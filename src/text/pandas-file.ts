import { isMissingCell } from "./missing-cells.js";

/** Longest text of an Excel cell, and longest link that xlsxwriter keeps. */
const maxCell = 32_767;
const maxLink = 2079;

const link = /^(?:https?|ftps?|file):\/\/|^(?:mailto|internal|external):/;
const unwritten = /[\x00-\x08\x0b-\x1f]/g;

/** What VLMEvalKit (pandas, xlsxwriter, openpyxl) reads back of a text that it has written into a file of predictions. */
export function readBack(text: string, format: "xlsx" | "tsv" | "json"): string {
  if (format === "json") return text;
  const cell = format === "xlsx" ? excelCell(text) : (text.split("\0", 1)[0] as string);
  return isMissingCell(cell) ? "nan" : cell;
}

function excelCell(text: string): string {
  if (link.test(text)) return text.length > maxLink ? "" : text.replace(/^(?:mailto|internal):/, "");
  const escaped = (character: string) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`;
  return text.slice(0, maxCell).replace(unwritten, escaped);
}
