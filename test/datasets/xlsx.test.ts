/** Excel files: what of a sheet is read, in whose writing, and what is none. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSheet } from "../../src/datasets/xlsx.js";
import { workbook } from "../../src/run/xlsx.js";
import { type Folder, temporaryFolder } from "../board/run-fixture.js";
import { zipBytes } from "../fakes/zip.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder.dir, { recursive: true, force: true }));

const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
async function written(sheet: string, strings?: string): Promise<string> {
  const path = join(folder.dir, `${Math.random()}.xlsx`);
  const members = {
    "[Content_Types].xml": Buffer.from("<Types/>"),
    "xl/worksheets/sheet1.xml": Buffer.from(sheet),
    ...(strings === undefined ? {} : { "xl/sharedStrings.xml": Buffer.from(strings) }),
  };
  await writeFile(path, zipBytes(members));
  return path;
}
const rows = (inside: string) => `<?xml version="1.0"?><worksheet ${main}><sheetData>${inside}</sheetData></worksheet>`;

test("texts by number, rich or plain, in the cell, numbers, formulas' values and truth values; a gap is empty", async () => {
  const strings = `<sst ${main}><si><t>a &amp; &#x4E2D; &lt;b&gt;</t></si><si><r><t>rich </t></r><r><t xml:space="preserve">text</t></r><rPh sb="0" eb="1"><t>spoken</t></rPh></si><si><t/></si><si><t>line_x000D_
end</t></si></sst>`;
  const sheet = rows(
    `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>3</v></c><c r="D1" t="s"><v>2</v></c></row>
     <row r="2"><c r="B2"><v>0.875</v></c><c r="C2" t="str"><f>A1</f><v>x</v></c><c r="D2" t="b"><v>1</v></c></row>
     <row r="3"><c t="inlineStr"><is><t>in &quot;it&quot;</t></is></c><c><v>2</v></c></row><row r="4"/>`,
  );
  expect(await readSheet(await written(sheet, strings))).toEqual([
    ["a & 中 <b>", "rich text", "line\r\nend", ""],
    ["", "0.875", "x", "True"],
    ['in "it"', "2", "", ""],
    ["", "", "", ""],
  ]);
});

test("names with a prefix are the same names; what we write ourselves is read back", async () => {
  const prefixed = `<x:worksheet xmlns:x="y"><x:sheetData><x:row><x:c r="A1"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
  expect(await readSheet(await written(prefixed))).toEqual([["7"]]);
  const path = join(folder.dir, "ours.xlsx");
  await writeFile(path, workbook([{ index: 1, prediction: 'He said "A & B"\n<done>' }]));
  expect(await readSheet(path)).toEqual([
    ["index", "prediction"],
    ["1", 'He said "A & B"\n<done>'],
  ]);
});

test("a cell or a row beyond Excel's own, and more cells than any table has, are refused and not made room for", async () => {
  const beyond = await written(rows('<row><c r="ZZZZZZ1"><v>1</v></c></row>'));
  await expect(readSheet(beyond)).rejects.toMatchObject({ message: expect.stringContaining("column 321272406") });
  const wide = await written(rows(`<row><c r="XFD1"><v>1</v></c></row>${"<row/>".repeat(4000)}`));
  await expect(readSheet(wide)).rejects.toMatchObject({ message: expect.stringContaining("4001 rows of 16384 cells") });
  expect((await readSheet(await written(rows('<row><c r="XFD1"><v>1</v></c></row>'))))[0]).toHaveLength(16_384);
});

test("elements that never end, and a text that is not there, are a damaged file: neither a hang nor an empty answer", async () => {
  const endless = await written(rows('<row r="2"><c r="A2">'.repeat(200_000)));
  await expect(readSheet(endless)).rejects.toMatchObject({ message: expect.stringContaining("65 within each other") });
  const missing = await written(
    rows('<row><c r="A1" t="s"><v>99999</v></c></row>'),
    `<sst ${main}><si><t>a</t></si></sst>`,
  );
  await expect(readSheet(missing)).rejects.toMatchObject({ message: expect.stringContaining("text 99999 of 1") });
  expect(await readSheet(await written(rows('<row><c r="A1" t="s"/><c r="B1"><v>1</v></c></row>')))).toEqual([
    ["", "1"],
  ]);
});

test("what is no Excel file is named: no archive, no sheet, cut off", async () => {
  const path = join(folder.dir, "no.xlsx");
  await writeFile(path, "no");
  await expect(readSheet(path)).rejects.toMatchObject({
    where: path,
    message: expect.stringContaining("no Excel file"),
  });
  await writeFile(path, zipBytes({ "a.txt": Buffer.from("a") }));
  await expect(readSheet(path)).rejects.toMatchObject({ message: expect.stringContaining("no first sheet") });
  await expect(readSheet(join(folder.dir, "gone.xlsx"))).rejects.toMatchObject({
    where: join(folder.dir, "gone.xlsx"),
  });
});
