import { join, resolve } from "node:path";
import { linesOf } from "../../board/history/lines.js";
import { appendHistory } from "../../record/history.js";
import { openRun } from "../../record/read.js";

/** Adds a finished run below results/ to the history there; a run elsewhere is nobody's. */
export async function remember(folder: string): Promise<void> {
  const results = resolve("results");
  if (!folder.startsWith(join(results, "/"))) return;
  await appendHistory(results, linesOf(await openRun(folder), results));
}
