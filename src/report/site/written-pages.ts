/** Which files of a folder are a site's own: those that the next one leaves out are removed, and nothing else of the folder. */
import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { check, type Static, Type } from "../../core/schema.js";
import { readJson } from "../../files/json-file.js";
import { writeJson } from "../../files/whole-file.js";

const listName = "site.json";

/** No name leads out of the folder: none begins with a point. */
const place = "^(?:[a-z0-9][a-z0-9.-]*/){0,2}[a-z0-9][a-z0-9.-]*$";
const WrittenPages = Type.Object(
  { schema: Type.Literal("llava-eval/site@1"), pages: Type.Array(Type.String({ pattern: place })) },
  { additionalProperties: false },
);
type WrittenPages = Static<typeof WrittenPages>;

/** What a report's page has beside it. */
const besideReport = ["chunks", "images", "thumbs"];
const isReport = (page: string) => page.startsWith("samples/");

/** @throws UserError  the list of another's pages stands there */
export async function writtenPages(folder: string): Promise<readonly string[]> {
  const path = join(folder, listName);
  if (!existsSync(path)) return [];
  const fix = "give the site a folder of its own";
  return check(WrittenPages, await readJson(path), path, fix).pages;
}

export async function listPages(folder: string, pages: Iterable<string>): Promise<void> {
  const list: WrittenPages = { schema: "llava-eval/site@1", pages: [...new Set(pages)].sort() };
  await writeJson(join(folder, listName), "the list of the site's pages", list);
}

/** With what a report has beside it; a folder goes with its last file. */
export async function removePages(folder: string, pages: readonly string[]): Promise<void> {
  for (const page of pages) {
    const of = dirname(join(folder, page));
    if (isReport(page)) for (const name of besideReport) await rm(join(of, name), { recursive: true, force: true });
    await rm(join(folder, page), { force: true });
    if (page.includes("/") && existsSync(of) && (await readdir(of)).length === 0) await rmdir(of);
  }
}
