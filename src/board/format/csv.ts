import { stringify } from "csv-stringify/sync";

/**
 * RFC 4180 with a header. Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV Injection");
 * numbers stay numbers, negative ones too.
 */
export function csv(
  head: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  return stringify([[...head], ...rows].map((row) => row.map(cell)));
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? String(value) : formulaSafe(value);
}

/** Also behind blanks and in full width, which some spreadsheets accept. */
export function formulaSafe(text: string): string {
  return /^[\s\u0000-\u001f]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/.test(text) ? `'${text}` : text;
}
