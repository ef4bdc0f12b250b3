/**
 * Runs one scorer conformance file (`NAME.jsonl`, lines `{id, fn?, input, expected}`) through the functions that score runs.
 */

import { dirname } from "node:path";
import {
  type CompareOptions,
  compareOutcome,
  decodeInput,
  exactFloats,
  type Mismatch,
  type Outcome,
} from "./compare.js";
import { readLines } from "./lines.js";
import { watched } from "./task-score.js";

/** How the lines of one file are answered by our code. */
export interface VectorFile {
  /**
   * By the line's `fn` ("" for files with a single function): our value for an input. The parameter is the file's own
   * input type. Undefined cases return undefined, null or NaN, or throw a RangeError. What stands beside the file is found by its folder.
   */
  readonly functions: Readonly<Record<string, (input: never, folder: string) => unknown>>;
  /** By `fn`: why we offer no scoring that answers these lines. They are counted apart from passed and failed. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** The same for single lines. */
  readonly setAside?: (input: never, fn: string) => string | undefined;
  /** What of the reference's value is compared, where a line has more than we offer: one value for each implementation. */
  readonly reference?: (expected: unknown, fn: string, input: never) => unknown;
  readonly compare?: Partial<CompareOptions>;
  /** What is compared, where no line asks a task's score. */
  readonly part?: string;
}

export interface VectorDifference extends Mismatch {
  readonly id: string;
  readonly input: unknown;
}

export interface VectorReport {
  readonly passed: number;
  readonly failed: number;
  /** Lines of implementations that no scoring of ours reproduces, by the reason. */
  readonly unsupported: ReadonlyMap<string, number>;
  readonly differences: readonly VectorDifference[];
  /** Whose `score` was asked, and for how many lines. */
  readonly tasks: readonly string[];
  readonly linesByTask: number;
  /** Lines by task and scoring: `ai2d official`. */
  readonly byScoring: ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;
}

/** Our value for one input, or the error it throws. */
function answer(file: VectorFile, fn: string, input: unknown, folder: string): Outcome {
  const run = file.functions[fn];
  if (run === undefined) return { error: new Error(`no function "${fn}" for this file`) };
  try {
    return { value: run(decodeInput(input) as never, folder) };
  } catch (error) {
    return { error };
  }
}

async function settled(outcome: Outcome): Promise<Outcome> {
  if ("error" in outcome) return outcome;
  try {
    return { value: await outcome.value };
  } catch (error) {
    return { error };
  }
}

/** Checks every line of the file at `path`; the caller treats zero lines as a failure. */
export async function checkVectorFile(file: VectorFile, path: string): Promise<VectorReport> {
  const options = { tolerance: exactFloats, ...file.compare };
  const differences: VectorDifference[] = [];
  let passed = 0;
  let failed = 0;
  const unsupported = new Map<string, number>();
  const tasks = new Set<string>();
  let linesByTask = 0;
  const byScoring = new Map<string, { passed: number; failed: number }>();
  for (const [i, line] of readLines(path).entries()) {
    const id = typeof line.id === "string" ? line.id : `line ${i + 1}`;
    const fn = typeof line.fn === "string" ? line.fn : "";
    const reason = file.unsupported?.[fn] ?? file.setAside?.(line.input as never, fn);
    if (reason !== undefined) {
      unsupported.set(reason, (unsupported.get(reason) ?? 0) + 1);
      continue;
    }
    const { result, asked, askedBy } = watched(() => answer(file, fn, line.input, dirname(path)));
    const outcome = await settled(result);
    if (asked.length > 0) linesByTask++;
    for (const task of asked) tasks.add(task);
    const mismatches: Mismatch[] =
      "input" in line && "expected" in line
        ? compareOutcome(file.reference?.(line.expected, fn, line.input as never) ?? line.expected, outcome, options)
        : [{ path: "", expected: "a line with input and expected", actual: Object.keys(line) }];
    if (mismatches.length === 0) passed++;
    else failed++;
    for (const name of askedBy) {
      const counts = byScoring.get(name) ?? { passed: 0, failed: 0 };
      counts[mismatches.length === 0 ? "passed" : "failed"]++;
      byScoring.set(name, counts);
    }
    for (const mismatch of mismatches) differences.push({ id, input: line.input, ...mismatch });
  }
  return { passed, failed, unsupported, differences, tasks: [...tasks].sort(), linesByTask, byScoring };
}
