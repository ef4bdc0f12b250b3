/** A static site: a folder for any web host. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { boardLongCsv, boardWideCsv } from "./as-csv.js";
import { boardHtml } from "./as-html.js";
import { boardJson } from "./as-json.js";
import { boardMarkdown } from "./as-markdown.js";
import { boardModelIndex } from "./as-model-index.js";
import type { Board } from "./board.js";

/** Writes index.html with the same board in every other form beside it. */
export async function writeSite(board: Board, folder: string, version: string): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    "leaderboard.json": boardJson(board),
    "leaderboard.csv": boardWideCsv(board),
    "leaderboard-long.csv": boardLongCsv(board),
    "leaderboard.md": boardMarkdown(board),
    "model-index.yaml": boardModelIndex(board, version),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "index.html"), boardHtml(board, "llava-eval leaderboard", Object.keys(files)));
}
