/** Two sides compared task by task: is B worse, is it not, or can nobody tell? */
import { UserError } from "../../core/errors.js";
import { holm } from "../../statistics/holm.js";
import { type Obstacle, obstaclesBetween } from "./comparability.js";
import type { Comparison, TaskComparison } from "./comparison.js";
import { readFlips } from "./flips.js";
import { type Measurement, type MeasureOptions, measure } from "./measure.js";
import type { Side, SideTask } from "./side.js";
import { verdictOf, worst } from "./verdict.js";
import { identicalAnswers } from "./words.js";

export interface CompareOptions extends MeasureOptions {
  /** A loss counts from here: points for fractions and percentages, per cent of A's value for other units. */
  readonly minEffect: number;
  /** Only these tasks; default: all. */
  readonly tasks?: readonly string[];
  /** Compare also what is not comparable; the reasons become warnings. */
  readonly force: boolean;
  /** Flips shown per task, at most. */
  readonly flips: number;
}

/** @throws UserError when the sides share no task, or differ in what makes numbers comparable (without `force`) */
export async function compare(a: Side, b: Side, options: CompareOptions): Promise<Comparison> {
  const wanted = (task: string) => options.tasks === undefined || options.tasks.includes(task);
  const [left, right] = [[...a.tasks.keys()].filter(wanted), [...b.tasks.keys()].filter(wanted)];
  const shared = left.filter((task) => b.tasks.has(task)).sort();
  if (shared.length === 0) throw nothingShared(a, b);
  const warnings = checkComparable(shared, a, b, options.force);
  const measured: { measurement: Measurement; runs: { a: SideTask; b: SideTask } }[] = [];
  for (const task of shared) {
    const runs = { a: a.tasks.get(task) as SideTask, b: b.tasks.get(task) as SideTask };
    measured.push({ measurement: await measure(task, runs.a, runs.b, options), runs });
  }
  const adjusted = holm(measured.map(({ measurement }) => measurement.p ?? 1));
  const tasks: TaskComparison[] = [];
  for (const [i, { measurement, runs }] of measured.entries()) {
    tasks.push(await concluded(measurement, adjusted[i] as number, runs, options));
  }
  const onlyA = left.filter((task) => !b.tasks.has(task)).sort();
  // Of a task that vanished nobody knows whether it became worse.
  const vanished = onlyA.map(() => "not enough evidence" as const);
  return {
    schema: "llava-eval/comparison@1",
    a: { name: a.name, models: modelsOf(a) },
    b: { name: b.name, models: modelsOf(b) },
    alpha: options.alpha,
    verdict: worst([...tasks.map(({ verdict }) => verdict), ...vanished]),
    tasks,
    onlyA,
    onlyB: right.filter((task) => !a.tasks.has(task)).sort(),
    warnings,
  };
}

async function concluded(
  { changes, identical, ...measured }: Measurement,
  pHolm: number,
  runs: { readonly a: SideTask; readonly b: SideTask },
  options: CompareOptions,
): Promise<TaskComparison> {
  const minEffect = minEffectFor(measured.unit, measured.a, options.minEffect);
  const { delta, interval } = measured;
  const sign = measured.direction === "lower" ? -1 : 1;
  const known = delta !== null && interval !== undefined;
  const gain = known ? delta * sign : 0;
  const gainInterval: readonly [number, number] = !known
    ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    : sign > 0
      ? interval
      : [-interval[1], -interval[0]];
  const evidence = { gain, interval: gainInterval, p: pHolm, identical };
  const shown = changes.ordered.slice(0, options.flips);
  return {
    ...measured,
    ...(measured.p === undefined ? {} : { pHolm }),
    minEffect,
    verdict: verdictOf(evidence, options.alpha, minEffect),
    improved: gain > 0 && pHolm < options.alpha,
    flips: {
      gained: changes.gained,
      lost: changes.lost,
      shown: await readFlips(shown, measured.task, measured.metric, { a: runs.a.run, b: runs.b.run }),
    },
    notes: [
      ...measured.notes,
      ...(identical ? [identicalAnswers] : []),
      ...(known && measured.p !== undefined && (interval[0] > 0 || interval[1] < 0) !== measured.p < options.alpha
        ? [twoTests(measured.test)]
        : []),
    ],
  };
}

/** Near the level the interval of the difference and the test's p can fall on either side of it. */
const twoTests = (test: TaskComparison["test"]) =>
  `the interval and p (${test}) are two tests and disagree about a difference of 0: p calls a regression, the interval excludes one`;

/** In the metric's unit. */
function minEffectFor(unit: string, a: number | null, minEffect: number): number {
  if (unit === "fraction") return minEffect / 100;
  if (unit === "percent") return minEffect;
  return (Math.abs(a ?? 0) * minEffect) / 100;
}

/** The warnings; refuses when numbers would be compared that measure different things. */
function checkComparable(tasks: readonly string[], a: Side, b: Side, force: boolean): string[] {
  const obstacles = tasks.flatMap((task) => {
    const [left, right] = [a.tasks.get(task) as SideTask, b.tasks.get(task) as SideTask];
    return obstaclesBetween(left.result, right.result).map((obstacle) => ({ task, ...obstacle }));
  });
  const text = ({ task, text }: Obstacle & { task: string }) => `${task}: ${text}`;
  const refused = obstacles.filter(({ severity }) => severity === "refuse");
  if (refused.length > 0 && !force) {
    throw new UserError(
      `${a.name} and ${b.name} cannot be compared: ${refused.map(text).join("; ")}`,
      refused[0]?.task ?? "compare",
      "run both with the same settings, leave the tasks out with --tasks, or compare nevertheless with --force",
    );
  }
  return obstacles.map(text);
}

function nothingShared(a: Side, b: Side): UserError {
  const list = (side: Side) => [...side.tasks.keys()].sort().join(", ") || "none";
  return new UserError(
    `${a.name} and ${b.name} have no task in common`,
    `${a.name}: ${list(a)}; ${b.name}: ${list(b)}`,
    "name two runs that share a task (and check --tasks)",
  );
}

const modelsOf = (side: Side) => [...new Set([...side.tasks.values()].map(({ result }) => result.model))].sort();
