/** The first sheet of an Excel file as text, as pandas with openpyxl or xlsxwriter writes it (ECMA-376, part 1: SpreadsheetML). */
import { open } from "node:fs/promises";
import { Parser } from "htmlparser2";
import { SampleFailure, UserError } from "../core/errors.js";
import { requireRegular } from "../files/regular-file.js";
import { NoArchive, type Ranged } from "./ranged.js";
import { memberBytes, type ZipMember, zipMembers } from "./zip.js";

/** A results file is a table of texts; what is larger is none. */
const mostBytes = 512 * 2 ** 20;
/** Of a sheet of Excel's, and of anybody's. */
const mostColumns = 16_384;
const mostRows = 1_048_576;
const mostCells = 50_000_000;
/** Elements within each other: a cell's rich text is the seventh. The parser's time grows with the square. */
const mostNested = 64;

/**
 * Rows of cells, each of the width of the first; an empty cell is "".
 * @throws UserError  it cannot be read, or is no Excel file
 */
export async function readSheet(path: string): Promise<readonly (readonly string[])[]> {
  const refuse = (what: string, cause?: unknown) =>
    new UserError(`this is no Excel file that can be read: ${what}`, path, "name the .xlsx that was written", {
      cause,
    });
  await requireRegular(path);
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const ranged: Ranged = {
      byteLength: size,
      async slice(start, end = size) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
        return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + bytesRead) as ArrayBuffer;
      },
    };
    const members = new Map((await zipMembers(ranged)).map((member) => [member.name, member]));
    const sheet = members.get("xl/worksheets/sheet1.xml");
    if (!sheet) throw refuse("it has no first sheet");
    const strings = members.get("xl/sharedStrings.xml");
    const texts = new SharedStrings();
    if (strings) await parse(ranged, strings, texts);
    const cells = new Cells(texts.found);
    await parse(ranged, sheet, cells);
    const width = cells.rows[0]?.length ?? 0;
    if (width * cells.rows.length > mostCells) throw refuse(`it has ${cells.rows.length} rows of ${width} cells`);
    return cells.rows.map((row) => Array.from({ length: width }, (_, i) => row[i] ?? ""));
  } catch (error) {
    if (error instanceof NoArchive || error instanceof SampleFailure) throw refuse(error.message, error);
    if (error instanceof UserError || !("code" in (error as object))) throw error;
    throw refuse((error as Error).message, error);
  }
}

/** What an XML file is read by: the elements that begin and end, by their names without a prefix, and what stands in them. */
interface Reader {
  begin(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  end(name: string): void;
}

async function parse(file: Ranged, member: ZipMember, reader: Reader): Promise<void> {
  if (member.size > mostBytes) throw new NoArchive(`${member.name} has ${member.size} bytes`);
  const own = (name: string) => name.slice(name.indexOf(":") + 1);
  let nested = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (++nested > mostNested) throw new NoArchive(`${member.name} has elements ${nested} within each other`);
        reader.begin(own(name), attributes);
      },
      ontext: (text) => reader.text(text),
      onclosetag(name) {
        nested--;
        reader.end(own(name));
      },
    },
    { xmlMode: true },
  );
  const decoder = new TextDecoder();
  for await (const piece of memberBytes(file, member)) parser.write(decoder.decode(piece, { stream: true }));
  parser.end(decoder.decode());
}

/** The characters that Excel writes as `_x000D_`, because XML cannot have them. */
const unescaped = (text: string) =>
  text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Texts that cells name by number. Of rich text the runs together; how it is read aloud (`rPh`) is no part of it. */
class SharedStrings implements Reader {
  readonly found: string[] = [];
  private words = "";
  private isText = false;
  private spoken = 0;

  begin(name: string): void {
    if (name === "si") this.words = "";
    if (name === "rPh") this.spoken++;
    if (name === "t") this.isText = this.spoken === 0;
  }

  text(text: string): void {
    if (this.isText) this.words += text;
  }

  end(name: string): void {
    if (name === "t") this.isText = false;
    if (name === "rPh") this.spoken--;
    if (name === "si") this.found.push(unescaped(this.words));
  }
}

class Cells implements Reader {
  readonly rows: string[][] = [];
  private column = 0;
  private type = "";
  private value = "";
  private isValue = false;

  constructor(private readonly shared: readonly string[]) {}

  begin(name: string, { r = "", t = "" }: Readonly<Record<string, string>>): void {
    if (name === "row") {
      if (this.rows.length === mostRows) throw new NoArchive(`it has more than ${mostRows} rows`);
      this.rows.push([]);
    } else if (name === "c") {
      this.column = columnOf(r) ?? this.rows.at(-1)?.length ?? 0;
      if (this.column >= mostColumns) throw new NoArchive(`a cell stands in column ${this.column + 1}`);
      [this.type, this.value] = [t, ""];
    } else if (name === "v" || name === "t") this.isValue = true;
  }

  text(text: string): void {
    if (this.isValue) this.value += text;
  }

  end(name: string): void {
    if (name === "v" || name === "t") this.isValue = false;
    const row = this.rows.at(-1);
    if (name === "c" && row) row[this.column] = this.cell();
  }

  private cell(): string {
    if (this.type === "s" && this.value !== "") return this.sharedText(Number(this.value));
    if (this.type === "b") return this.value === "1" ? "True" : "False";
    return unescaped(this.value);
  }

  /** A text that is not there is no empty answer. */
  private sharedText(i: number): string {
    const text = this.shared[i];
    if (text === undefined) throw new NoArchive(`a cell is text ${this.value} of ${this.shared.length}`);
    return text;
  }
}

/** Of `AA12` 26; undefined where the cell does not say. */
function columnOf(place: string): number | undefined {
  const letters = /^[A-Z]+/.exec(place)?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
}
