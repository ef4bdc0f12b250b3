/** `--until decided --against RUN`: the other run, opened before the first question, and what its samples say. */
import { obstaclesBetween } from "../board/compare/comparability.js";
import { resolveSide, type SideTask } from "../board/compare/side.js";
import type { Dataset } from "../core/dataset.js";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { Result } from "../core/result.js";
import type { Runner } from "../core/runner.js";
import type { Reading, Scoring } from "../core/score.js";
import { ownName } from "../record/manifest.js";
import { ownValue } from "../record/outcome.js";
import type { EvaluatedTask } from "../run/evaluate.js";
import type { Selection } from "../run/plan.js";
import { type Baseline, UntilDecided } from "../run/until-decided.js";
import type { Choice } from "./catalogue.js";
import type { RunSettings } from "./settings.js";

export { untilLinesOf } from "../board/compare/until-words.js";

/** What was decided on before, as far as it matters here. */
interface Asked {
  readonly choice: Choice;
  readonly selection: Selection;
  readonly scoring: Scoring;
  readonly reading: Reading;
  readonly seed: number;
}

export interface Until {
  /** What of it decides which samples are asked. */
  readonly identity: Json;
  /** @throws UserError  the other run's numbers of this task mean something else, or its metric cannot be decided early */
  of(task: EvaluatedTask, facts: Dataset["facts"]): Promise<UntilDecided>;
}

/** Of any wrong verdict, over all tasks of the run. */
const alpha = 0.05;

/**
 * @returns undefined without `--until`
 * @throws UserError  the settings do not go together; there is no such run, or it lacks a task
 */
export async function openUntil(
  settings: RunSettings,
  decided: Asked,
  judge: Runner | undefined,
): Promise<Until | undefined> {
  const { until, against, delta = 1 } = settings;
  if (until === undefined) {
    const lone = against !== undefined ? "against" : settings.delta !== undefined ? "delta" : undefined;
    if (lone !== undefined) throw new UserError(`--${lone} goes with --until`, `--${lone}`, "add --until decided");
    return undefined;
  }
  if (against === undefined) {
    throw new UserError("--until decided needs a run to compare with", "--until", "name one: --against results/NAME");
  }
  requireOneWhole(decided);
  const { chosen } = decided.choice;
  const side = await resolveSide(against, "results");
  const tasks = new Map(chosen.map(({ label }) => [label, taskOf(side.tasks.get(label), label, against)]));
  const runs = [...new Set([...tasks.values()].map(({ run }) => ownName(run.manifest)))];
  return {
    identity: { against: runs.sort(), delta },
    async of(task, facts) {
      const other = tasks.get(task.label) as SideTask;
      requireComparable(task, other.result, nowOf(task, { decided, facts, judge, other: other.result }));
      const rules = { alpha: alpha / chosen.length, delta, seed: decided.seed };
      return new UntilDecided(task.task, await baselineOf(other, against), rules);
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
  { task }: EvaluatedTask,
  of: {
    readonly decided: Asked;
    readonly facts: Dataset["facts"];
    readonly judge: Runner | undefined;
    readonly other: Result;
  },
): Result {
  const { decided, facts, judge, other } = of;
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

function requireComparable({ label }: EvaluatedTask, other: Result, now: Result): void {
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
