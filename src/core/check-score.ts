import { unscoredReasons } from "./errors.js";
import type { Metric } from "./metric.js";
import { remarks, type Scored, type Unscored } from "./score.js";

/** Sums like 0.1 + 0.2 end a little beside where they should. */
const slack = 1e-9;

const none = [0, 0] as const;

export const isWithin = (value: number, [low, high]: readonly [low: number, high: number]) =>
  value >= low - slack && value <= high + slack;

/**
 * What is wrong with what a task's `score` returned, or undefined: a value that is no number, or that lies outside the range of
 * the metric it goes to, would be averaged like any other.
 */
export function problemOfScore(score: unknown, metrics: readonly Metric[]): string | undefined {
  if (typeof score !== "object" || score === null) return `it is ${shown(score)}, not { status, value, answer }`;
  const { status } = score as { status?: unknown };
  if (status === "scored") return problemOfScored(score as Scored, metrics);
  if (status === "unscored") return problemOfUnscored(score as Unscored);
  return `status is ${shown(status)}; write "scored" or "unscored"`;
}

function problemOfUnscored({ reason, detail }: Unscored): string | undefined {
  if (!unscoredReasons.includes(reason))
    return `reason is ${shown(reason)}; write one of ${unscoredReasons.join(", ")}`;
  return typeof detail === "string" ? undefined : `detail is ${shown(detail)}, not a string`;
}

function problemOfScored(
  { value, answer, remark, targets, data }: Scored,
  metrics: readonly Metric[],
): string | undefined {
  if (typeof answer !== "string") return `answer is ${shown(answer)}, not a string`;
  if (remark !== undefined && !remarks.includes(remark))
    return `remark is ${shown(remark)}; write one of ${remarks.join(", ")}`;
  if (targets !== undefined && !(Array.isArray(targets) && targets.every((target) => typeof target === "string"))) {
    return `targets is ${shown(targets)}, not a list of strings`;
  }
  const values: Readonly<Record<string, number>> =
    typeof value === "object" && value !== null && !Array.isArray(value) ? value : { "": value as number };
  for (const [name, number] of Object.entries(values)) {
    if (!Number.isFinite(number)) return `value${name && `.${name}`} is ${shown(number)}, not a finite number`;
  }
  return problemOfData(data) ?? problemOfValues(values, metrics);
}

/** What a journal cannot hold would be lost without a word: a NaN becomes null, a function nothing. */
function problemOfData(data: unknown, where = "data", above: readonly unknown[] = []): string | undefined {
  if (data === undefined && above.length === 0) return undefined;
  if (data === null || typeof data === "string" || typeof data === "boolean" || Number.isFinite(data)) return undefined;
  if (typeof data !== "object") return `${where} is ${shown(data)}, which JSON cannot hold`;
  if (above.includes(data)) return `${where} holds itself`;
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined && !Array.isArray(data)) continue;
    const problem = problemOfData(value, `${where}.${key}`, [...above, data]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** @param values by the name that metrics ask for; the single number under "" */
function problemOfValues(values: Readonly<Record<string, number>>, metrics: readonly Metric[]): string | undefined {
  const ranged = metrics.filter(({ range }) => range !== undefined);
  let taken = 0;
  for (const { name, of = "", range = none } of ranged) {
    const value = values[of];
    if (value === undefined) continue;
    taken++;
    if (!isWithin(value, range)) {
      return `value${of && `.${of}`} is ${value}, outside ${range[0]} to ${range[1]}, the range of the metric "${name}"`;
    }
  }
  // A sample may leave some metrics out; a value that none of them asks for is a misspelt name.
  if (taken > 0 || ranged.length === 0 || ranged.length < metrics.length) return undefined;
  const asked = ranged.map(({ of }) => (of === undefined ? "the single number" : `"${of}"`));
  const given = Object.keys(values).map((name) => (name === "" ? "a single number" : `"${name}"`));
  return `value has ${given.join(", ") || "nothing"}; the metrics take ${[...new Set(asked)].join(", ")}`;
}

/** A value in a message, whatever it is. */
export function shown(value: unknown): string {
  const text = typeof value === "string" || typeof value === "object" ? jsonText(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function jsonText(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A bigint in it, or itself.
    return `an object that JSON cannot hold (${(error as Error).message.split("\n", 1)[0]})`;
  }
}
