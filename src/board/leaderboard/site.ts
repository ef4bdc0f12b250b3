/** A static site: a folder for any web host. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.js";
import { boardHtml } from "./as-html.js";
import { boardModelIndex } from "./as-model-index.js";
import type { Board } from "./board.js";

/**
 * Writes index.html with `others` beside it, and a card's section for each model of ours.
 * @param others  the same board in other forms and further pages, by the names of their files
 */
export async function writeSite(
  board: Board,
  folder: string,
  version: string,
  others: Readonly<Record<string, string>>,
): Promise<void> {
  const files: Readonly<Record<string, string>> = { ...others, ...modelIndexes(board, version) };
  await makeFolder(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "index.html"), boardHtml(board, "llava-eval leaderboard", Object.keys(files)));
}

/** `model-index.llava-next-7b.yaml`: names of models are anything, names of files are not. */
function modelIndexes(board: Board, version: string): Record<string, string> {
  const own = board.rows.filter(({ origin }) => origin === undefined);
  const files: Record<string, string> = {};
  for (const model of new Set(own.map((row) => row.model))) {
    const slug =
      model
        .toLowerCase()
        .replace(/[^a-z0-9.]+/g, "-")
        .replace(/^[-.]+|[-.]+$/g, "")
        .slice(0, 60) || "model";
    let name = `model-index.${slug}.yaml`;
    for (let i = 2; name in files; i++) name = `model-index.${slug}-${i}.yaml`;
    files[name] = boardModelIndex({ ...board, rows: own.filter((row) => row.model === model) }, version);
  }
  return files;
}
