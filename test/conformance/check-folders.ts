/** Checks folders of conformance data and prints what differs. */

import { type Dirent, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../../src/core/errors.js";
import { didYouMean } from "../../src/core/nearest.js";
import { terminalSafe } from "../../src/core/terminal-safe.js";
import { benchmarkFolders, checkBenchmarkFolder, type OutputsReport } from "./benchmark-folder.js";
import { benchmarks } from "./outputs/table.js";
import { outputDifferences, totals, vectorDifferences } from "./report.js";
import type { Print } from "./run-program.js";
import { checkVectorFile } from "./vector-file.js";
import { vectorFiles } from "./vectors/table.js";

const lineFile = /\.jsonl(\.gz)?$/;

/**
 * Every benchmark folder and every vector file at or below each root, scored by the code that scores runs.
 * @returns the exit code: 0 when all agree, 3 when something differs, is unknown, or there was nothing to check
 * @throws UserError when a root cannot be read
 */
export function checkFolders(roots: readonly string[], print: Print): number {
  if (roots.length === 0)
    throw new UserError("no folder given", "npm run conformance", "npm run conformance -- ../shared/conformance");
  let passed = 0;
  let failed = 0;
  const outputs: OutputsReport[] = [];
  for (const root of roots.map((path) => resolve(path))) {
    const folders = benchmarkFolders(root);
    const vectors = folders.includes(root) ? [] : vectorPaths(root, folders);
    if (folders.length + vectors.length === 0) {
      print(`${terminalSafe(root)}: neither benchmark folders nor vector files below it`);
      failed++;
    }
    for (const folder of folders) {
      const report = checked(folder);
      outputs.push(report);
      print(line(relative(root, folder) || folder, report));
      passed += report.passed;
      failed += report.failed;
    }
    for (const path of vectors) {
      const report = checkedVectors(path, print);
      print(line(relative(root, path), report));
      passed += report.passed;
      failed += report.failed;
    }
  }
  for (const text of outputDifferences(outputs)) print(text);
  print(totals(passed, failed));
  return failed === 0 ? 0 : 3;
}

/** A folder that cannot be read is a failure like any other; the rest is still checked. */
function checked(folder: string): OutputsReport {
  try {
    return checkBenchmarkFolder(folder, benchmarks);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const difference = {
      benchmark: folder,
      case: "",
      path: error.where,
      expected: "a readable folder",
      actual: error.message,
    };
    return { folder, benchmark: folder, passed: 0, failed: 1, differences: [difference] };
  }
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

function checkedVectors(path: string, print: Print): Counts {
  const name = path.replace(/^.*[\\/]/, "").replace(lineFile, "");
  const file = vectorFiles[name];
  if (file === undefined) {
    print(
      `${terminalSafe(path)}: no scorer named "${terminalSafe(name)}"; ${didYouMean(name, Object.keys(vectorFiles))}`,
    );
    return { passed: 0, failed: 1 };
  }
  const report = checkVectorFile(file, path);
  for (const text of vectorDifferences(name, report)) print(text);
  if (report.passed + report.failed > 0) return report;
  print(`${terminalSafe(path)}: no cases`);
  return { passed: 0, failed: 1 };
}

/** Vector files below `root`: JSON Lines outside the benchmark folders. */
function vectorPaths(root: string, folders: readonly string[]): string[] {
  return readdirSync(root, { withFileTypes: true })
    .sort((a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(root, entry.name);
      if (entry.isDirectory()) return folders.includes(path) ? [] : vectorPaths(path, folders);
      return entry.isFile() && lineFile.test(entry.name) ? [path] : [];
    });
}

function line(name: string, { passed, failed }: Counts): string {
  const counts = `${String(passed).padStart(6)} passed  ${failed === 0 ? "" : `${failed} FAILED`}`;
  return `${terminalSafe(name).padEnd(34)} ${counts}`.trimEnd();
}
