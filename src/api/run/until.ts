/** `--until decided --against RUN`: the other run, opened before the first question, and what its samples say. */
import { obstaclesBetween } from "../../board/compare/comparability.js";
import { resolveSide, type SideTask } from "../../board/compare/side.js";
import { defined } from "../../core/defined.js";
import { digestOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import type { Runner } from "../../core/runner.js";
import { check, Type } from "../../core/schema.js";
import type { Reading, Scoring } from "../../core/score.js";
import { plainOrGzipped, readJsonLines } from "../../files/lines.js";
import type { Label } from "../../record/keys.js";
import { ownName } from "../../record/manifest.js";
import { ownValue } from "../../record/outcome.js";
import type { TaskToAsk } from "../../run/identity.js";
import { type Difficulty, InformativeOrder } from "../../run/informative-order.js";
import type { Selection } from "../../run/plan.js";
import { type Baseline, UntilDecided } from "../../run/until-decided.js";
import type { RunSettings } from "../settings.js";

export { untilLinesOf } from "../../board/compare/until-words.js";

/** What was decided on before, as far as it matters here. */
interface Asked {
  readonly selection: Selection;
  readonly scoring: Scoring;
  readonly reading: Reading;
  readonly seed: number;
}

export interface Until {
  /** What of it decides which samples are asked. */
  readonly identity: Json;
  /** Of one of the run's tasks; its baseline is held until then. */
  of(label: Label): UntilDecided;
}

/** Of any wrong verdict, over all tasks of the run. */
const alpha = 0.05;

/**
 * @returns undefined without `--until`
 * @throws UserError  the settings do not go together; there is no such run, or it lacks a task; its numbers of one mean something else, or
 *   cannot be decided early: all before the first question of the first task
 */
export async function openUntil(
  settings: RunSettings,
  decided: Asked,
  { tasks: asked, judge }: { readonly tasks: readonly TaskToAsk[]; readonly judge: Runner | undefined },
): Promise<Until | undefined> {
  const { until, against, delta = 1 } = settings;
  if (until === undefined) {
    const lone = (["against", "delta", "order"] as const).find((name) => settings[name] !== undefined);
    if (lone !== undefined) throw new UserError(`--${lone} goes with --until`, `--${lone}`, "add --until decided");
    return undefined;
  }
  if (against === undefined) {
    throw new UserError("--until decided needs a run to compare with", "--until", "name one: --against results/NAME");
  }
  requireOneWhole(decided);
  const side = await resolveSide(against, "results");
  const others = new Map(asked.map(({ label }) => [label, taskOf(side.tasks.get(label), label, against)]));
  const rules = { alpha: alpha / asked.length, delta, seed: decided.seed };
  const { order: file } = settings;
  const orders: Record<string, string> = {};
  const comparisons = new Map<Label, UntilDecided>();
  for (const task of asked) {
    const other = others.get(task.label) as SideTask;
    requireComparable(task.label, other.result, nowOf(task, { decided, judge, other: other.result }));
    const order = file === undefined ? undefined : await orderOf(task.label, { file, other });
    if (order) orders[task.label] = order.digest;
    const baseline = await baselineOf(other, against);
    comparisons.set(task.label, new UntilDecided(task.task, baseline, { ...rules, ...defined({ order }) }));
  }
  const runs = [...new Set([...others.values()].map(({ run }) => ownName(run.manifest)))];
  return {
    identity: { against: runs.sort(), delta, ...(file === undefined ? {} : { order: orders }) },
    of(label) {
      const comparison = comparisons.get(label) as UntilDecided;
      comparisons.delete(label);
      return comparison;
    },
  };
}

function requireOneWhole({ selection }: Asked): void {
  const what = selection.shard ? "--shard" : selection.repeats > 1 ? "--repeats" : undefined;
  if (what === undefined) return;
  throw new UserError(`${what} does not go with --until decided`, what, "leave one of them out");
}

function taskOf(found: SideTask | undefined, label: string, against: string): SideTask {
  if (!found) {
    throw new UserError(`${against} has no result of ${label}`, "--against", "name a run that has, or other --tasks");
  }
  const { result } = found;
  const fault =
    result.until !== undefined
      ? "stopped early itself"
      : result.blind !== undefined
        ? "was asked blind"
        : result.optionOrder !== undefined
          ? "was asked with its options moved"
          : result.repeats > 1
            ? "asked each sample several times"
            : result.shard !== undefined
              ? "has only a part of the samples"
              : undefined;
  if (fault)
    throw new UserError(`${against} ${fault} (${label})`, "--against", "name a run that asked every sample once");
  return found;
}

/** What this run's Result will say where Results must agree. */
function nowOf(
  { task, facts }: TaskToAsk,
  of: { readonly decided: Asked; readonly judge: Runner | undefined; readonly other: Result },
): Result {
  const { decided, judge, other } = of;
  const { reasoningTags: _, ...rest } = other;
  return {
    ...rest,
    version: task.version,
    scoring: decided.scoring,
    dataset: facts,
    ...(decided.reading.tags.length > 0 ? { reasoningTags: decided.reading.tags } : {}),
    ...(other.judge && judge ? { judge: { ...other.judge, model: judge.name } } : {}),
  };
}

function requireComparable(label: Label, other: Result, now: Result): void {
  const refused = obstaclesBetween(other, now).filter(({ severity }) => severity === "refuse");
  if (refused.length === 0) return;
  throw new UserError(
    `${label} cannot be compared with that run: ${refused.map(({ text }) => text).join("; ")}`,
    "--against",
    "run with the settings of the other run, or name another",
  );
}

async function baselineOf({ run, result }: SideTask, name: string): Promise<Baseline> {
  const metric = result.metrics.find(({ direction }) => direction !== "neither") ?? result.metrics[0];
  if (!metric) {
    throw new UserError(`${name} has no metric of ${result.task}: its answers are secret`, "--against", "leave it out");
  }
  const samples = new Map<number, { readonly cluster: string; readonly value: number | undefined }>();
  for await (const { index, cluster, score } of run.counted(result)) {
    const value = score?.status === "scored" ? ownValue(score, metric) : undefined;
    samples.set(index, { cluster, value });
  }
  return { name, run: ownName(run.manifest), metric, samples };
}

/** What an order needs of a line of `items --format jsonl`. */
const ItemLine = Type.Object({
  task: Type.String(),
  index: Type.Integer({ minimum: 0 }),
  id: Type.String(),
  runs: Type.Integer({ minimum: 0 }),
  difficulty: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
});

async function orderOf(
  label: Label,
  { file, other: { run, result } }: { readonly file: string; readonly other: SideTask },
): Promise<InformativeOrder> {
  const again = `make it by: llava-eval items ${label} --runs ... --format jsonl --out ${file}`;
  const items = new Map<number, Difficulty & { readonly id: string }>();
  // A file that is not there reads as one without lines.
  if (!(await plainOrGzipped(file))) throw new UserError("there is no such file", `--order ${file}`, again);
  for await (const { value, where } of readJsonLines(file)) {
    const { task, index, id, runs, difficulty } = check(ItemLine, value, where, again);
    if (task !== label || difficulty === undefined) continue;
    const known = items.get(index);
    if (known && (known.id !== id || known.runs !== runs || known.difficulty !== difficulty))
      throw new UserError(
        `row ${index} of ${label} is there twice, and differs: two reports in one file`,
        where,
        again,
      );
    items.set(index, { id, runs, difficulty });
  }
  if (items.size === 0) throw new UserError(`--order has no item of ${label} with a difficulty`, file, again);
  for await (const { index, id } of run.counted(result)) {
    const item = items.get(index);
    if (item && item.id !== id)
      throw new UserError(`row ${index} of ${label} is "${id}", and its item is "${item.id}"`, file, again);
  }
  const known = [...items].sort(([a], [b]) => a - b).map(([index, item]) => [index, item.difficulty, item.runs]);
  return new InformativeOrder(digestOf(known, 16), items);
}
