/** Samples of runs for other programs. */
import { dirname, resolve } from "node:path";
import { writeParquet } from "../../board/samples/as-parquet.js";
import { UserError } from "../../core/errors.js";
import { makeFolder } from "../../files/make-folder.js";
import { replaceWhole } from "../../files/whole-file.js";
import { requireNoRows, requireNoRunsFile } from "../../record/own-files.js";
import { openRun, requireCounted } from "../../record/read.js";

/** Writes all samples of the runs into one file. */
export const exportForms = { parquet: writeParquet };

/** @throws UserError  a folder that is no run; a file that cannot be written */
export async function exportSamples(
  folders: readonly string[],
  format: keyof typeof exportForms,
  out: string,
): Promise<void> {
  await requireNoRunsFile(out);
  await requireNoRows(out, "PAR1");
  const twice = folders.find((folder, i) => folders.slice(0, i).some((other) => resolve(other) === resolve(folder)));
  if (twice !== undefined) throw new UserError("this run is named twice", twice, "name each run once");
  const runs = await Promise.all(folders.map(openRun));
  for (const run of runs) for (const result of run.results.values()) await requireCounted(run, result);
  await makeFolder(dirname(resolve(out)));
  await replaceWhole(out, "the export", (file) => exportForms[format](runs, (bytes) => file.writeFile(bytes)));
}
