/** Checks folders of conformance data and prints what differs. */

import { relative, resolve } from "node:path";
import { UserError } from "../../src/core/errors.js";
import { terminalSafe } from "../../src/core/terminal-safe.js";
import { checkBenchmarkFolder, type OutputsReport } from "./benchmark-folder.js";
import { type ConformanceData, findData, vectorName } from "./find-data.js";
import { benchmarks } from "./outputs/table.js";
import { notYetLine, outputDifferences, totals, vectorDifferences } from "./report.js";
import type { Print } from "./run-program.js";
import { checkVectorFile } from "./vector-file.js";
import { vectorFiles } from "./vectors/table.js";

/**
 * All data at or below each folder, scored by the code that scores runs. What has no adapter here is named and counted apart.
 * @param args folders, and `--all`: what has no adapter is a failure too
 * @returns the exit code: 0 when all agree, 3 when something differs or nothing was checked
 * @throws UserError when a folder cannot be read
 */
export async function checkFolders(args: readonly string[], print: Print): Promise<number> {
  const roots = args.filter((arg) => arg !== "--all");
  const unknown = roots.find((arg) => arg.startsWith("-"));
  if (unknown !== undefined)
    throw new UserError(`no option "${unknown}"`, "npm run conformance", "there is only --all");
  if (roots.length === 0)
    throw new UserError("no folder given", "npm run conformance", "npm run conformance -- ../shared/conformance");
  let passed = 0;
  let failed = 0;
  let notYet = 0;
  const unsupported = new Map<string, number>();
  const outputs: OutputsReport[] = [];
  for (const root of roots.map((path) => resolve(path))) {
    const found = findData(root);
    if (found.length === 0) print(`${terminalSafe(root)}: neither benchmark folders nor vector files below it`);
    for (const data of found) {
      const name = relative(root, data.path) || data.path;
      const counts = data.kind === "outputs" ? checkedOutputs(data.path, outputs) : await checkedVectors(data, print);
      print(line(name, counts));
      if (counts === undefined) notYet++;
      passed += counts?.passed ?? 0;
      failed += counts?.failed ?? 0;
      for (const [reason, count] of counts?.unsupported ?? [])
        unsupported.set(reason, (unsupported.get(reason) ?? 0) + count);
    }
  }
  for (const text of outputDifferences(outputs)) print(text);
  if (notYet > 0) print(notYetLine(notYet));
  print(totals({ passed, failed, unsupported }));
  const incomplete = notYet > 0 && args.includes("--all");
  return failed === 0 && passed > 0 && !incomplete ? 0 : 3;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported?: ReadonlyMap<string, number>;
}

/** Undefined without an adapter. A folder that cannot be read is a failure like any other; the rest is still checked. */
function checkedOutputs(folder: string, reports: OutputsReport[]): Counts | undefined {
  const report = orFailure(folder, () => checkBenchmarkFolder(folder, benchmarks));
  if (report !== undefined) reports.push(report);
  return report;
}

function orFailure(folder: string, checked: () => OutputsReport | undefined): OutputsReport | undefined {
  try {
    return checked();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const expected = "a readable folder";
    const difference = { benchmark: folder, case: "", path: error.where, expected, actual: error.message };
    return { folder, benchmark: folder, passed: 0, failed: 1, differences: [difference], tasks: [] };
  }
}

/** Undefined without an adapter: no vectors of that name, or another harness's run, which nothing here reads. */
async function checkedVectors({ kind, path }: ConformanceData, print: Print): Promise<Counts | undefined> {
  const name = vectorName(path);
  const file = vectorFiles[name];
  if (kind === "run" || file === undefined) return undefined;
  try {
    const report = await checkVectorFile(file, path);
    for (const text of vectorDifferences(name, report)) print(text);
    if (report.passed + report.failed > 0) return report;
    print(`${terminalSafe(path)}: no cases`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    print(`${terminalSafe(error.where)}: ${terminalSafe(error.message)}`);
  }
  return { passed: 0, failed: 1 };
}

function line(name: string, counts: Counts | undefined): string {
  const shown = terminalSafe(name).padEnd(42);
  if (counts === undefined) return `${shown} not yet`;
  const { passed, failed, unsupported = new Map() } = counts;
  const left = [...unsupported].map(([reason, lines]) => `${lines} unsupported (${reason})`);
  return `${shown} ${String(passed).padStart(6)} passed  ${[...(failed === 0 ? [] : [`${failed} FAILED`]), ...left].join("  ")}`.trimEnd();
}
