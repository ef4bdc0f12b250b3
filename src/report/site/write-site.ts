/** A static site: a folder for any web host, below any path, or opened from disk. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import { makeFolder } from "../../files/make-folder.js";
import type { Run } from "../../record/read.js";
import { boardPage } from "./board-page.js";
import { modelPage } from "./model-page.js";
import type { Site } from "./site.js";
import { taskPage } from "./task-page.js";
import { listPages, removePages, writtenPages } from "./written-pages.js";

/** The built script of the board's page. */
const builtScript = join(packageRoot, "dist", "src", "report", "page", "board.js");

/**
 * Pages of an earlier site in this folder that this one does not have are removed.
 * @param writeReport  the page of a run's samples, into a folder
 * @throws UserError  the page is not built, or the folder has a site.json that is no site's of ours
 */
export async function writeSite(
  site: Site,
  folder: string,
  writeReport: (run: Run, folder: string) => Promise<unknown>,
): Promise<void> {
  if (!existsSync(builtScript))
    throw new UserError(
      "the leaderboard's page is not built",
      builtScript,
      "run `npm run build` in the package's folder",
    );
  const { places, tasks, others, runs } = site;
  const pages: Record<string, string> = { ...others };
  for (const [model, place] of places.models) pages[place] = modelPage(site, model);
  for (const [label, task] of tasks) pages[places.tasks.get(label) as string] = taskPage(site, label, task);
  // Last: whoever sees it finds what it links to.
  pages["index.html"] = boardPage(site, (await readFile(builtScript, "utf8")).trimEnd());

  const before = await writtenPages(folder);
  const now = new Set([...places.samples.values(), ...Object.keys(pages)]);
  // Both, until all is written: whoever ends this in the middle leaves no page that nobody knows.
  await listPages(folder, [...before, ...now]);
  for (const [name, run] of runs) {
    const place = places.samples.get(name) as string;
    // Images that were published before are not those that are published now.
    if (before.includes(place)) await removePages(folder, [place]);
    await writeReport(run, dirname(join(folder, place)));
  }
  for (const [name, text] of Object.entries(pages)) {
    await makeFolder(dirname(join(folder, name)));
    await writeFile(join(folder, name), text);
  }
  await removePages(
    folder,
    before.filter((page) => !now.has(page)),
  );
  await listPages(folder, now);
}
