/** A table before it is written: what a board or a comparison shows. Each form (terminal, Markdown, LaTeX) writes the same one. */

export interface Table {
  /** What a row is, and what a column is: `model`, `task`. */
  readonly axes: readonly [row: string, column: string];
  readonly columns: readonly Column[];
  /** Rows that belong together; a form may put its title above them. */
  readonly sections: readonly Section[];
  readonly notes: readonly Note[];
  /** Rows and columns may be exchanged where that is what fits. */
  readonly transposable: boolean;
}

export interface Column {
  readonly title: string;
  /** `v1`: a paper leaves it out unless two columns share a title. */
  readonly version?: string;
  /** What is measured, in a line of its own or behind the title: `accuracy`. */
  readonly measure?: string;
  readonly align?: "left" | "right";
  /** Left out where there is no room: the highest first. Absent: never. */
  readonly spare?: number;
  /** In papers: whom a column is from. */
  readonly cite?: string;
}

export interface Section {
  readonly title?: string;
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly name: string;
  /** In a form that has citations: its key. */
  readonly cite?: string;
  /** From elsewhere: not one of ours. */
  readonly isForeign?: boolean;
  /** One for each column; undefined where there is nothing. */
  readonly cells: readonly (TableCell | undefined)[];
}

export interface TableCell {
  readonly value: string;
  /** The same in fewer words, where there is no room. */
  readonly short?: string;
  /** What stands behind ±. */
  readonly error?: string;
  readonly rank?: number;
  /** Letters of the notes that explain more. */
  readonly marks?: string;
  readonly tone?: Tone;
}

/** What a reader should see at once. */
export type Tone = "best" | "second" | "good" | "bad" | "unsure" | "soft";

/** A fact that cells or the whole table share. */
export interface Note {
  /** Its letter in the cells. */
  readonly mark?: string;
  readonly fact: string;
  /** The cells that it is about. */
  readonly about?: string;
  /** Where it can be read up. */
  readonly url?: string;
  /** It explains ranks, and is not needed where none are shown. */
  readonly ofRanks?: true;
}

/** The letters of notes, without q, which Unicode cannot raise. */
export const noteLetters = "abcdefghijklmnoprstuvwxyz";
const raisedLetters = [..."ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"];

/** `ab` as `ᵃᵇ`, for forms that cannot set a letter higher. */
export const raised = (marks: string) =>
  [...marks].map((letter) => raisedLetters[noteLetters.indexOf(letter)] ?? letter).join("");

/** `partial: t v1 of llava-7b`. */
export const factText = ({ fact, about, url }: Note) =>
  `${fact}${about === undefined ? "" : `: ${about}`}${url === undefined ? "" : `, ${url}`}`;

/** `a partial: t v1 of llava-7b`. */
export const noteText = (note: Note) =>
  note.mark === undefined ? factText(note) : `${raised(note.mark)} ${factText(note)}`;

/** Flagged entries are compared with nothing: of them none is the best. */
export const hasBest = ({ sections }: Table): boolean =>
  sections.some(({ rows }) => rows.some(({ cells }) => cells.some((cell) => cell?.tone === "best")));

/** A column's head, one line below the other. */
export const headLines = ({ title, version, measure }: Column): string[] =>
  [title, version, measure].filter((line) => line !== undefined);

/** Rows become columns, each named by its row; sections have no place any more. */
export function transposed(table: Table): Table {
  const rows = table.sections.flatMap((section) => section.rows);
  return {
    ...table,
    axes: [table.axes[1], table.axes[0]],
    columns: rows.map(({ name, cite }) => ({ title: name, ...(cite === undefined ? {} : { cite }) })),
    sections: [
      {
        rows: table.columns.map((column, i) => ({
          name: headLines(column).join(" "),
          cells: rows.map(({ cells }) => cells[i]),
        })),
      },
    ],
  };
}

/** The columns that `names` lists, in that order. @param isNamed whether a name means a column */
export function chosenColumns(
  table: Table,
  names: readonly string[],
  isNamed: (column: Column, name: string) => boolean,
): Table {
  const places = names.flatMap((name) => table.columns.flatMap((column, i) => (isNamed(column, name) ? [i] : [])));
  const pick = <T>(from: readonly T[]): T[] => places.map((i) => from[i] as T);
  return {
    ...table,
    columns: pick(table.columns),
    sections: table.sections.map((section) => ({
      ...section,
      rows: section.rows.map((row) => ({ ...row, cells: pick(row.cells) })),
    })),
  };
}
