import { existsSync } from "node:fs";
import { UserError } from "../../core/errors.js";

/**
 * Where the runs are. Nobody has to have runs; but a folder that was named is meant to be there.
 * @throws UserError  it was named, and is not there
 */
export function resultsFolder(named: string | undefined): string {
  if (named === undefined || existsSync(named)) return named ?? "results";
  throw new UserError("there is no such folder", `--results ${named}`, "name the folder that has the runs");
}
