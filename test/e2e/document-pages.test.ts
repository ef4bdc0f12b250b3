/** PDF documents as images of their pages: rendered once, asked about whole, and what a damaged one comes to. */

import { spawnSync } from "node:child_process";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { Workplace } from "./cli.js";

const hasPoppler = spawnSync("pdftoppm", ["-v"]).status === 0;

/** So many pages of 2 by 1 inch, each with a bar of another length. */
function pdf(pages: number): string {
  const kids = Array.from({ length: pages }, (_, i) => `${3 + 2 * i} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages} >>`,
    ...Array.from({ length: pages }, (_, i) => {
      const drawn = `0 0 0 rg 10 10 ${10 + 10 * i} 30 re f`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 144 72] /Contents ${4 + 2 * i} 0 R >>`,
        `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
      ];
    }).flat(),
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, "0")} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${places.join("")}`;
  return `${text}${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}

const rowOf = (doc_id: string, question: string) => ({
  ...{ doc_id, question, answer: "5", answer_format: "Int", evidence_pages: "[2]", evidence_sources: "['Chart']" },
  doc_type: "Brochure",
});

async function writeDocuments(place: Workplace): Promise<void> {
  await mkdir(place.file("data", "documents"), { recursive: true });
  await writeFile(place.file("data", "documents", "short.pdf"), pdf(2));
  await writeFile(place.file("data", "documents", "a long one.pdf"), pdf(11));
  await writeFile(place.file("data", "documents", "broken.pdf"), "no document");
  await writeFile(place.file("outside.pdf"), pdf(1));
  const rows = [
    rowOf("short.pdf", "How many?"),
    rowOf("a long one.pdf", "How many bars?"),
    rowOf("short.pdf", "Which?"),
    rowOf("broken.pdf", "What?"),
    rowOf("../../outside.pdf", "Where?"),
  ];
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await writeFile(place.file("data", "mmlongbench_doc.jsonl"), text);
}

describe.skipIf(!hasPoppler)(`documents${hasPoppler ? "" : " (skipped: poppler-utils is not installed here)"}`, () => {
  test("pages are rendered once, in order, and a run shows them after the question; a broken document is unscored", async () => {
    await using place = await Workplace.make();
    await writeDocuments(place);
    await using endpoint = await startEndpoint({ latencyMs: 1 });
    const pages = ["data", "pages", "mmlongbench_doc", "--data", "data"];
    const first = await place.run(...pages);
    expect([first.exitCode, first.stdout]).toEqual([
      3,
      expect.stringMatching(
        /5 rows, 4 documents, 13 pages by pdftoppm version \S+, 144 dots an inch\n.*train\.jsonl\n.*broken\.pdf": pdftoppm cannot read it: .+\n.*outside\.pdf": it leads out of the data folder/,
      ),
    ]);
    const folder = place.file("data", "mmlongbench_doc", "pages");
    const documents = await readdir(folder);
    expect(documents).toHaveLength(2);
    const long = join(folder, documents.find((name) => name.includes("long")) ?? "");
    const names = (await readdir(long)).sort();
    expect(names).toHaveLength(11);
    const written = await stat(join(long, names[0] ?? ""));
    expect((await place.run(...pages)).stdout).toContain("13 pages");
    expect((await stat(join(long, names[0] ?? ""))).mtimeMs).toBe(written.mtimeMs);

    const run = ["run", "--tasks", "mmlongbench_doc", "--data", "data", "--scoring", "lmms-eval", "--out", "out"];
    const ended = await place.run(...run, "--model", `openai:fake@${endpoint.url}`);
    expect([ended.exitCode, ended.stderr]).toEqual([2, expect.any(String)]);
    const samples = await place.samples("out", "mmlongbench_doc");
    expect(samples.map(({ images, score }) => [images?.length ?? 0, score?.status])).toEqual([
      ...[2, 11, 2].map((count) => [count, "scored"]),
      [0, "unscored"],
      [0, "unscored"],
    ]);
    const { score } = samples[3] ?? {};
    expect(score?.status === "unscored" ? score.detail : "").toMatch(/no pages of "broken\.pdf": render them first/);
    // The same page is the same image, and those of one document are all different.
    expect(samples[0]?.images).toEqual(samples[2]?.images);
    expect(new Set(samples[1]?.images).size).toBe(11);
    expect(endpoint.asked.some(({ text }) => text.startsWith("How many bars?"))).toBe(true);
  });

  test("a document of the hub, or a task without documents, says what to do", async () => {
    await using place = await Workplace.make();
    await writeDocuments(place);
    const hub = await place.run("data", "pages", "mmlongbench_doc");
    expect([hub.exitCode, hub.stderr]).toEqual([1, expect.stringMatching(/read from a folder[\s\S]*--data DIR/)]);
    const other = await place.run("data", "pages", "pope", "--data", "data");
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining("the rows of pope name no documents")]);
  });
});

test("without pdftoppm it says what to install", async () => {
  await using place = await Workplace.make({ PATH: "/nowhere" });
  await writeDocuments(place);
  const ended = await place.run("data", "pages", "mmlongbench_doc", "--data", "data");
  expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining("apt-get install poppler-utils")]);
});
