/** A table for a paper: booktabs, the best of a column bold, the second underlined, groups of rows apart. */
import { terminalSafe } from "../../core/terminal-safe.js";
import { type Column, factText, type Note, type Section, type Table, type TableCell, type TableRow } from "./table.js";

/** @param caption  words of ours or the user's, not LaTeX */
export function latexTable(table: Table, caption: string): string {
  const { columns, sections, notes, axes } = table;
  // In two columns of text a wide table goes over both; with one column of text it is an ordinary one.
  const frame = columns.length > 5 ? "table*" : "table";
  const alignment = columns.map(({ align = "right" }) => align[0]).join("");
  const titles = [latexText(capital(axes[0])), ...columns.map((column) => titleOf(column, columns))];
  const measures = columns.map(({ measure }) => (measure === undefined ? "" : `\\footnotesize ${latexText(measure)}`));
  const head = [titles, ...(measures.some(Boolean) ? [["", ...measures]] : [])];
  // What is about single cells is printed; the rest is for whoever keeps the file.
  const printed = notes.filter(({ mark }) => mark !== undefined);
  const comments = notes.filter(({ mark, ofRanks }) => mark === undefined && !ofRanks);
  const filled = sections.filter(({ rows }) => rows.length > 0);
  return [
    "% \\usepackage{booktabs,graphicx}",
    ...comments.map((note) => `% ${terminalSafe(factText(note))}`),
    `\\begin{${frame}}[t]`,
    "  \\centering",
    `  \\caption{${latexText(caption)}}`,
    "  \\par\\smallskip",
    "  \\setlength{\\tabcolsep}{4pt}",
    `  \\sbox{0}{\\begin{tabular}{l${alignment}}`,
    "    \\toprule",
    ...head.map(line),
    ...filled.flatMap((section) => [
      "    \\midrule",
      ...sectionLines(filled.length > 1 ? section : { rows: section.rows }, columns.length + 1),
    ]),
    "    \\bottomrule",
    "  \\end{tabular}}",
    // Made narrower only where the page is: a table that fits keeps the size of its letters.
    "  \\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox{0}}\\else\\usebox{0}\\fi",
    ...(printed.length > 0
      ? ["  \\par\\smallskip", `  \\footnotesize ${printed.map(latexNote).join(" \\\\\n  ")}`]
      : []),
    `\\end{${frame}}`,
    "",
  ].join("\n");
}

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);

const line = (cells: readonly string[]) => `    ${cells.join(" & ")} \\\\`;

/** A column's title stands over its numbers. */
function titleOf({ title, version, cite, align }: Column, all: readonly Column[]): string {
  const isOne = all.filter((column) => column.title === title).length === 1;
  const text = `${latexText(isOne || version === undefined ? title : `${title} ${version}`)}${citation(cite)}`;
  return align === "left" ? text : `\\multicolumn{1}{r}{${text}}`;
}

function sectionLines({ title, rows }: Section, width: number): string[] {
  const above = title === undefined ? [] : [`    \\multicolumn{${width}}{l}{\\emph{${latexText(title)}}} \\\\`];
  return [...above, ...rows.map(rowLine)];
}

const rowLine = ({ name, cite, cells }: TableRow) =>
  line([`${latexText(name)}${citation(cite)}`, ...cells.map(latexCell)]);

/** Keys of ours: letters, digits and hyphens. */
const citation = (key: string | undefined) =>
  key === undefined ? "" : `~\\cite{${key.replace(/[^A-Za-z0-9:-]/g, "")}}`;

function latexCell(cell: TableCell | undefined): string {
  if (!cell) return "--";
  const { value, error, rank, marks, tone } = cell;
  const number = latexText(value);
  const shown = tone === "best" ? `\\textbf{${number}}` : tone === "second" ? `\\underline{${number}}` : number;
  return [
    shown,
    marks ? `\\textsuperscript{${latexText(marks)}}` : "",
    error === undefined ? "" : `{\\scriptsize\\,$\\pm$\\,${latexText(error)}}`,
    rank === undefined ? "" : `\\,{\\scriptsize(${rank})}`,
  ].join("");
}

const latexNote = (note: Note) =>
  `${note.mark === undefined ? "" : `\\textsuperscript{${latexText(note.mark)}}~`}${latexText(factText(note))}`;

const commands: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "''",
  "`": "\\textasciigrave{}",
  // As the first of a row a bracket or a star would be an argument of the line before.
  "[": "{[}",
  "]": "{]}",
  "*": "{*}",
  // Two hyphens would become a dash.
  "-": "-{}",
  "×": "$\\times$",
  "±": "$\\pm$",
  "−": "$-$",
  "→": "$\\rightarrow$",
  "∞": "$\\infty$",
  "·": "$\\cdot$",
  "…": "\\dots{}",
  "–": "--",
  "—": "---",
};

/**
 * Text from anywhere as LaTeX that prints it and does nothing else, for pdfLaTeX without further packages: what its fonts do not have
 * is named by its code point.
 */
export function latexText(text: string): string {
  let out = "";
  for (const character of terminalSafe(text)) {
    const command = commands[character];
    if (command !== undefined) out += command;
    else if (/[ -~À-ÖØ-öø-ÿ]/.test(character)) out += character;
    else out += `{[}U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}{]}`;
  }
  // A hyphen that no second one follows stays as it is.
  return out.replace(/-\{\}(?!-)/g, "-");
}
