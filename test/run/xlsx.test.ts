import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { workbook } from "../../src/run/xlsx.js";

// Python's zipfile and expat are independent readers; python3 is on every machine that builds native addons.
const reader = `
import sys, zipfile, xml.etree.ElementTree as tree, json
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
for name in archive.namelist(): tree.fromstring(archive.read(name))
sheet = tree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
print(json.dumps([["".join(cell.itertext()) for cell in row] for row in sheet.iter(ns + "row")]))
`;

test("a workbook is a sound archive of well-formed XML with the rows in it", () => {
  const folder = mkdtempSync(join(tmpdir(), "llava-eval-xlsx-"));
  try {
    const path = join(folder, "a.xlsx");
    writeFileSync(
      path,
      workbook([
        { index: 1, question: "a < b & c ]]>", A: "é漢" },
        { index: 2, question: "\u0001\ud800=1+1", A: "" },
      ]),
    );
    const rows = JSON.parse(execFileSync("python3", ["-c", reader, path], { encoding: "utf8" }));
    expect(rows).toEqual([
      ["index", "question", "A"],
      ["1", "a < b & c ]]>", "é漢"],
      ["2", "\ufffd\ufffd=1+1", ""],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("equal rows are equal bytes", () => {
  expect(workbook([{ a: 1 }]).equals(workbook([{ a: 1 }]))).toBe(true);
});
