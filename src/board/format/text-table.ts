import { terminalSafe } from "../../core/terminal-safe.js";

export interface Column {
  readonly title: string;
  /** Numbers to the right. */
  readonly align?: "left" | "right";
}

/** Aligned columns for a terminal, two spaces apart, without trailing blanks. Cells are made safe here. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows].map((row) => row.map((cell) => terminalSafe(cell)));
  const widths = columns.map((_, i) => Math.max(...lines.map((row) => columnsOf(row[i] ?? ""))));
  return lines
    .map((row) =>
      columns
        .map(({ align }, i) => padded(row[i] ?? "", widths[i] as number, align))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A cell filled up with blanks. */
export function padded(cell: string, to: number, align: Column["align"] = "left"): string {
  const blanks = " ".repeat(Math.max(0, to - columnsOf(cell)));
  return align === "right" ? blanks + cell : cell + blanks;
}

// Wide East Asian letters and emoji take two columns, combining marks none.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

/** A long line broken between its words, the lines that follow set in by two blanks. A word that is too long stays whole. */
export function folded(text: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && columnsOf(longer) > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}
