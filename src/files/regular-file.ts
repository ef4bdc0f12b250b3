/** What stands in a file's place and is none: its reader would wait for a writer that never comes, or read a device. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { UserError } from "../core/errors.js";

/** A folder is none of these: its readers refuse it themselves. @throws UserError */
export async function requireRegular(path: string): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (facts) refuseSpecial(facts, path);
}

/** @param facts  of what `path` leads to @throws UserError */
export function refuseSpecial(facts: Stats, path: string): void {
  if (facts.isFile() || facts.isDirectory()) return;
  throw new UserError(
    `${kindOf(facts)} stands where a file is expected`,
    path,
    "put the file itself there, or remove it",
  );
}

function kindOf(facts: Stats): string {
  if (facts.isFIFO()) return "a named pipe";
  return facts.isSocket() ? "a socket" : "a device";
}
