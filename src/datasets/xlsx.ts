/** The first sheet of an Excel file as text, as pandas with openpyxl or xlsxwriter writes it (ECMA-376, part 1: SpreadsheetML). */
import { open } from "node:fs/promises";
import { SampleFailure, UserError } from "../core/errors.js";
import { memberBytes, NoArchive, type Ranged, type ZipMember, zipMembers } from "./zip.js";

/** A results file is a table of texts; what is larger is none. */
const mostBytes = 512 * 2 ** 20;

/**
 * Rows of cells, each of the width of the first; an empty cell is "".
 * @throws UserError  it cannot be read, or is no Excel file
 */
export async function readSheet(path: string): Promise<readonly (readonly string[])[]> {
  const refuse = (what: string, cause?: unknown) =>
    new UserError(`this is no Excel file that can be read: ${what}`, path, "name the .xlsx that was written", {
      cause,
    });
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
    const shared = strings ? sharedStrings(await textOf(ranged, strings)) : [];
    return cellsOf(await textOf(ranged, sheet), shared);
  } catch (error) {
    if (error instanceof NoArchive || error instanceof SampleFailure) throw refuse(error.message, error);
    if (error instanceof UserError || !("code" in (error as object))) throw error;
    throw refuse((error as Error).message, error);
  }
}

async function textOf(file: Ranged, member: ZipMember): Promise<string> {
  if (member.size > mostBytes) throw new NoArchive(`${member.name} has ${member.size} bytes`);
  const pieces: Buffer[] = [];
  for await (const piece of memberBytes(file, member)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** Of rich text the runs together; how it is read aloud (`rPh`) is no part of it. */
function sharedStrings(xml: string): readonly string[] {
  return [...xml.matchAll(/<si\b[^>]*?(?:\/>|>([\s\S]*?)<\/si>)/g)].map(([, inside = ""]) => textIn(inside));
}

function textIn(xml: string): string {
  const own = xml.replace(/<rPh\b[\s\S]*?<\/rPh>/g, "");
  return [...own.matchAll(/<t\b[^>]*?(?:\/>|>([\s\S]*?)<\/t>)/g)].map(([, text = ""]) => decoded(text)).join("");
}

function cellsOf(xml: string, shared: readonly string[]): readonly (readonly string[])[] {
  const rows = [...xml.matchAll(/<row\b[^>]*?(?:\/>|>([\s\S]*?)<\/row>)/g)].map(([, inside = ""]) => {
    const cells: string[] = [];
    for (const [, attributes = "", content = ""] of inside.matchAll(/<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
      const place = /\br="([A-Z]+)\d+"/.exec(attributes)?.[1];
      cells[place === undefined ? cells.length : columnOf(place)] = cellText(attributes, content, shared);
    }
    return cells;
  });
  const width = rows[0]?.length ?? 0;
  return rows.map((cells) => Array.from({ length: width }, (_, i) => cells[i] ?? ""));
}

/** `A` is 0, `AA` 26. */
const columnOf = (letters: string) => [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;

function cellText(attributes: string, content: string, shared: readonly string[]): string {
  const type = /\bt="(\w+)"/.exec(attributes)?.[1];
  if (type === "inlineStr") return textIn(content);
  const value = decoded(/<v\b[^>]*>([\s\S]*?)<\/v>/.exec(content)?.[1] ?? "");
  if (type === "s") return shared[Number(value)] ?? "";
  return type === "b" ? (value === "1" ? "True" : "False") : value;
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** XML's entities, and the characters that Excel writes as `_x000D_` because XML cannot have them. */
function decoded(text: string): string {
  const plain = text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
  return plain.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
