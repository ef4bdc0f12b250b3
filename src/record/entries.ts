/** leaderboard.json: of one run, and of all runs below a folder. What stands in it is `board`'s. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { diskError } from "../files/disk-error.js";
import { withLock } from "../files/lock.js";
import { writeJson } from "../files/whole-file.js";
import type { Leaderboard } from "./leaderboard-entry.js";

/** A run's own entries. */
export async function writeRunEntries(dir: string, board: Leaderboard): Promise<void> {
  await writeJson(join(dir, "leaderboard.json"), "leaderboard.json", board);
}

/** Writers take turns of milliseconds. One that is silent for so long has died, whatever machine it was on. */
const silentMs = 30_000;

/** The entries of all runs below `resultsDir`, made while this process alone may write them: of two that end together none is lost. */
export async function writeAllEntries<T extends { readonly board: Leaderboard }>(
  resultsDir: string,
  make: () => Promise<T>,
): Promise<T> {
  try {
    await mkdir(resultsDir, { recursive: true });
  } catch (error) {
    throw diskError(error, "leaderboard.json", resultsDir);
  }
  return await withLock(
    join(resultsDir, "leaderboard.lock"),
    "leaderboard.json",
    { patienceMs: 2 * silentMs, silentMs },
    async () => {
      const made = await make();
      await writeJson(join(resultsDir, "leaderboard.json"), "leaderboard.json", made.board);
      return made;
    },
  );
}
