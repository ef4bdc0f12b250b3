/** RFC 4180 as pandas writes it: quoted cells may hold commas, quotes (doubled) and line breaks. Empty lines are left out. */
export function readCsv(text: string, comma: "," | "\t" = ","): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += c;
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === comma) endCell();
    else if (c === "\n") endRow();
    else if (c !== "\r" && !(c === "\ufeff" && i === 0)) cell += c;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

/** Rows below a table's head, by its names. One that stands twice is its first column's: pandas calls the second one `prediction.1`. */
export function recordsOf([head = [], ...body]: readonly (readonly string[])[]): Readonly<Record<string, string>>[] {
  const columns = [...head.entries()].filter(([i, name]) => head.indexOf(name) === i);
  return body.map((cells) => Object.fromEntries(columns.map(([i, name]) => [name, cells[i] ?? ""])));
}
