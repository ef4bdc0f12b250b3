import { UserError } from "../../src/core/errors.js";
import { didYouMean } from "../../src/core/nearest.js";
import { totals, unsupportedLines, vectorDifferences } from "./report.js";
import type { Print } from "./run-program.js";
import { checkVectorFile } from "./vector-file.js";
import { vectorFiles } from "./vectors/table.js";

/**
 * Every line of one vector file against our code.
 * @returns the exit code: 0 when all agree, 3 when a line differs or the file has none
 * @throws UserError when there is no such name or file
 */
export async function checkVectors(args: readonly string[], print: Print): Promise<number> {
  const [name = "", path] = args;
  const file = vectorFiles[name];
  if (file === undefined) {
    const names = Object.keys(vectorFiles).sort();
    throw new UserError(
      `no vectors named "${name}"`,
      "npm run vectors -- NAME FILE",
      `${didYouMean(name, names)}names: ${names.join(", ")}`,
    );
  }
  if (path === undefined || args.length > 2)
    throw new UserError("one file is wanted", `npm run vectors -- ${name} FILE`, "name a .jsonl or .jsonl.gz file");
  const report = await checkVectorFile(file, path);
  for (const text of vectorDifferences(name, report)) print(text);
  for (const text of unsupportedLines(report)) print(text);
  if (report.passed + report.failed === 0) print("the file has no cases");
  print(totals(report));
  return report.failed === 0 && report.passed > 0 ? 0 : 3;
}
