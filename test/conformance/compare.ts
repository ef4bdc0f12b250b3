/**
 * Compares what our code gives with what a reference gave, by the conventions of the conformance files:
 * `{"$num": "NaN"}`, `{"$float": 1.0}`, `{"$error": ...}`, `{"$random": [...]}`, keys ending in `_any_of`.
 */

import { PythonFloat } from "../../src/text/python-values.js";

export interface Tolerance {
  readonly absolute: number;
  /** Times max(1, |expected|) unless `absolute` is larger. */
  readonly relative?: number;
  /** For expected values smaller than `below`: relative to the value itself. */
  readonly tiny?: { readonly below: number; readonly relative: number };
}

/** `|a - b| <= 1e-12 * max(1, |b|)`. */
export const exactFloats: Tolerance = { absolute: 1e-12, relative: 1e-12 };

export interface CompareOptions {
  readonly tolerance: Tolerance;
  /** Keys whose lists stand for sets, compared as multisets; "" is the value itself. */
  readonly unordered?: readonly string[];
  /** Our value may have keys that the expected one lacks. Default false. */
  readonly extraKeys?: boolean;
}

export interface Mismatch {
  /** Where in the value: `acc.0.5`, or "" for the value itself. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What a run gave: a value, or the error it threw. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** The mismatches between the reference's value and ours; empty when they agree. */
export function compareOutcome(expected: unknown, outcome: Outcome, options: CompareOptions): Mismatch[] {
  if ("error" in outcome) {
    const undefinedCase = special(expected, "$error") !== undefined && outcome.error instanceof RangeError;
    return undefinedCase ? [] : [{ path: "", expected, actual: `threw ${String(outcome.error)}` }];
  }
  return compare(expected, outcome.value, options, "");
}

function compare(expected: unknown, actual: unknown, options: CompareOptions, path: string): Mismatch[] {
  const differs = [{ path, expected, actual }];
  if (special(expected, "$error") !== undefined) return isUndefined(actual) ? [] : differs;
  const random = special(expected, "$random");
  if (Array.isArray(random)) {
    const oneOfThem = random.some((choice) => compare(choice, actual, options, path).length === 0);
    return oneOfThem || isUndefined(actual) ? [] : differs;
  }
  const reference = decode(expected);
  if (typeof reference === "number" && typeof actual === "number")
    return sameNumber(reference, actual, options.tolerance) ? [] : differs;
  if (Array.isArray(reference)) {
    if (!Array.isArray(actual) || actual.length !== reference.length) return differs;
    if (options.unordered?.includes(lastKey(path)) === true) return compareSets(reference, actual, options, path);
    return reference.flatMap((item, i) => compare(item, actual[i], options, join(path, String(i))));
  }
  if (isRecord(reference)) return isRecord(actual) ? compareRecords(reference, actual, options, path) : differs;
  return reference === (actual ?? null) ? [] : differs;
}

function compareRecords(
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
  options: CompareOptions,
  path: string,
): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(expected)) {
    if (key.endsWith("_any_of") && Array.isArray(value)) {
      const name = key.slice(0, -"_any_of".length);
      seen.add(name);
      const agrees = value.some((choice) => compare(choice, actual[name], options, join(path, name)).length === 0);
      if (!agrees) mismatches.push({ path: join(path, key), expected: value, actual: actual[name] });
    } else {
      seen.add(key);
      if (key in actual) mismatches.push(...compare(value, actual[key], options, join(path, key)));
      else mismatches.push({ path: join(path, key), expected: value, actual: undefined });
    }
  }
  if (options.extraKeys !== true)
    for (const key of Object.keys(actual))
      if (!seen.has(key) && actual[key] !== undefined)
        mismatches.push({ path: join(path, key), expected: undefined, actual: actual[key] });
  return mismatches;
}

function compareSets(expected: readonly unknown[], actual: readonly unknown[], options: CompareOptions, path: string) {
  const left = [...actual];
  for (const item of expected) {
    const found = left.findIndex((candidate) => compare(item, candidate, options, join(path, "0")).length === 0);
    if (found < 0) return [{ path, expected, actual }];
    left.splice(found, 1);
  }
  return [];
}

function sameNumber(expected: number, actual: number, tolerance: Tolerance): boolean {
  if (Object.is(expected, actual) || expected === actual) return true;
  if (!Number.isFinite(expected) || !Number.isFinite(actual)) return false;
  const distance = Math.abs(expected - actual);
  const size = Math.abs(expected);
  if (tolerance.tiny !== undefined && size < tolerance.tiny.below) return distance <= tolerance.tiny.relative * size;
  return distance <= Math.max(tolerance.absolute, (tolerance.relative ?? 0) * Math.max(1, size));
}

/** Our documented "undefined": no value, or not a number. Never a finite number. */
function isUndefined(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "number" && Number.isNaN(value));
}

function special(value: unknown, key: string): unknown {
  return isRecord(value) && key in value ? value[key] : undefined;
}

/** A value of a conformance file with `$num` and `$float` replaced, at any depth. */
export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (!isRecord(value)) return value;
  if ("$num" in value) return Number(value.$num);
  return value;
}

/** An input of a conformance file: as `decode`, at any depth, and `$float` becomes a `PythonFloat`. */
export function decodeInput(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeInput);
  if (!isRecord(value)) return value;
  if ("$num" in value) return Number(value.$num);
  if ("$float" in value) return new PythonFloat(Number(value.$float));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodeInput(item)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
