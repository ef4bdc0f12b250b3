/** Samples of runs for other programs. */
import { dirname, resolve } from "node:path";
import { writeParquet } from "../board/samples/as-parquet.js";
import { makeFolder } from "../files/make-folder.js";
import { replaceWhole } from "../files/whole-file.js";
import { requireNoRunsFile } from "../record/own-files.js";
import { openRun } from "../record/read.js";

/** Writes all samples of the runs into one file. */
export const exportForms = { parquet: writeParquet };

/** @throws UserError  a folder that is no run; a file that cannot be written */
export async function exportSamples(
  folders: readonly string[],
  format: keyof typeof exportForms,
  out: string,
): Promise<void> {
  await requireNoRunsFile(out);
  const runs = await Promise.all(folders.map(openRun));
  await makeFolder(dirname(resolve(out)));
  await replaceWhole(out, "the export", (file) => exportForms[format](runs, (bytes) => file.writeFile(bytes)));
}
