/** A static site: a folder for any web host, below any path, or opened from disk. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import { makeFolder } from "../../files/make-folder.js";
import { boardPage } from "./board-page.js";
import { modelPage } from "./model-page.js";
import type { Site } from "./site.js";
import { taskPage } from "./task-page.js";

/** The built script of the board's page. */
const builtScript = join(packageRoot, "dist", "src", "report", "page", "board.js");

export async function writeSite(site: Site, folder: string): Promise<void> {
  if (!existsSync(builtScript))
    throw new UserError(
      "the leaderboard's page is not built",
      builtScript,
      "run `npm run build` in the package's folder",
    );
  const { places, tasks, others } = site;
  const pages: Record<string, string> = { ...others };
  for (const [model, place] of places.models) pages[place] = modelPage(site, model);
  for (const [label, task] of tasks) pages[places.tasks.get(label) as string] = taskPage(site, label, task);
  // Last: whoever sees it finds what it links to.
  pages["index.html"] = boardPage(site, (await readFile(builtScript, "utf8")).trimEnd());
  for (const [name, text] of Object.entries(pages)) {
    await makeFolder(dirname(join(folder, name)));
    await writeFile(join(folder, name), text);
  }
}
