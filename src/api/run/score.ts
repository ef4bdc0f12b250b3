import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { regenerateLeaderboard, writeRunLeaderboard } from "../../board/leaderboard/collect.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import type { Scoring } from "../../core/score.js";
import { readMask } from "../../images/mask.js";
import { copyRun } from "../../record/copy.js";
import { RunFolder } from "../../record/folder.js";
import type { Identity } from "../../record/identity.js";
import { openRun, type Run, requireCounted } from "../../record/read.js";
import { rescore } from "../../run/rescore.js";
import type { ScoreRules } from "../../run/score-sample.js";
import { readingOf, reasoningTagsOf } from "../../text/visible-answer.js";
import { openRunDataset, tasksOfRun } from "../record/dataset.js";
import { type Evaluated, evaluated } from "../record/evaluated.js";
import { parseMaxFailed } from "../settings.js";
import type { Chosen } from "../tasks/catalogue.js";
import { requireScoring } from "../tasks/require-scoring.js";
import { runsBeside } from "./beside.js";
import { withWhatLiesBeside } from "./compared-ways.js";
import { wayOfRun } from "./ways.js";

export interface ScoreOptions {
  /** Another rule; needs `out`. Default: the run's. */
  readonly scoring?: Scoring;
  /** Other thoughts taken out before scoring, as `--reasoning-tags` names them; needs `out`. Default: the run's. */
  readonly reasoningTags?: readonly string[];
  /** Write the scores to a copy of the folder. */
  readonly out?: string;
  /** Task files of the user's: a run from elsewhere loads none that it names itself. */
  readonly tasks?: readonly string[];
  /** Told of what a user should know. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Scores a finished run again, without any model: its answers and its judge's verdicts are in its folder.
 * @param name its folder
 * @throws UserError  there is no such run; a task of it is not known here; its data changed; another rule, or a packed copy, and no `out`
 */
export async function score(name: string, options: ScoreOptions = {}): Promise<Evaluated> {
  const { out, onWarning: warn = () => {} } = options;
  const run = await openRun(name);
  const decided = run.manifest.identity as { scoring?: Scoring; seed?: number; reasoningTags?: readonly string[] };
  const scoring = options.scoring ?? decided.scoring ?? "official";
  const tags = options.reasoningTags === undefined ? decided.reasoningTags : reasoningTagsOf(options.reasoningTags);
  const rules = { scoring, seed: decided.seed ?? 0, reading: readingOf(scoring, tags) };
  const { known, problem } = await tasksOfRun(run, { named: options.tasks });
  if (problem && [...run.results.keys()].some((label) => !known.has(label))) throw problem;
  const chosenTasks = [...known.values()];
  requireScoring(
    chosenTasks.map(({ task }) => task),
    scoring,
  );
  const before = readingOf(decided.scoring ?? "official", decided.reasoningTags);
  if (scoring !== decided.scoring && out === undefined) {
    throw new UserError(
      `the run was scored by ${decided.scoring}`,
      "--scoring",
      "name a folder for the other scores with --out",
    );
  }
  if (out === undefined && rules.reading.tags.join() !== before.tags.join()) {
    throw new UserError(
      `the run was scored without the thoughts of ${before.tags.join(", ") || "nobody"}`,
      "--reasoning-tags",
      "name a folder for the other scores with --out",
    );
  }
  if (run.isPacked && out === undefined) {
    throw new UserError(
      "this is a packed copy of a run, as baselines are",
      run.dir,
      "name a folder for the scores with --out",
    );
  }
  for (const result of run.results.values()) await requireCounted(run, result);
  const target = resolve(out ?? name);
  if (out !== undefined) {
    if (existsSync(target)) throw new UserError("the folder exists", "--out", "name a new one");
    await copyRun(run, target);
  }
  const again = {
    ...{ chosenTasks, rules, warn },
    decided: out === undefined ? {} : { scoring, seed: rules.seed, ...defined({ reasoningTags: tags }) },
  };
  await using folder = await RunFolder.reopen(target);
  for (const beside of (await runsBeside(target)).values()) {
    await using besideFolder = await RunFolder.reopen(beside.dir);
    await scoreRun(beside, besideFolder, again);
  }
  const results = await withWhatLiesBeside(folder, await scoreRun(run, folder, again));
  await writeRunLeaderboard(target);
  if (existsSync(resolve("results")) && target.startsWith(resolve("results")))
    await regenerateLeaderboard(resolve("results"));
  return evaluated(target, results);
}

interface Again {
  readonly chosenTasks: readonly Chosen[];
  readonly rules: ScoreRules;
  /** What of the run's identity follows from the new scores. */
  readonly decided: Identity;
  warn(message: string): void;
}

async function scoreRun(run: Run, folder: RunFolder, { chosenTasks, rules, warn, decided }: Again): Promise<Result[]> {
  const maxFailed = run.manifest.config["max-failed"];
  const results: Result[] = [];
  // The scores follow from the task as it is now: the run may go on with it.
  const identity: Record<string, Json> = {};
  // Moved options have moved references.
  const way = wayOfRun(run, chosenTasks, rules.seed);
  for (const chosen of chosenTasks) {
    const { split, label } = chosen;
    const task = way?.taskOf(label, chosen.task) ?? chosen.task;
    const before = run.results.get(label);
    if (!before) continue;
    const known = run.manifest.identity[`task ${label}`];
    if (typeof known === "object" && known !== null && chosen.fileDigest !== undefined)
      identity[`task ${label}`] = { ...known, version: task.version, file: chosen.fileDigest };
    await using dataset = await openRunDataset(run, chosen, warn);
    results.push(
      await rescore({
        ...{ folder, task, split, label, dataset, before, rules, readMask, ...defined({ only: way?.only }) },
        maxFailed: parseMaxFailed(maxFailed === undefined ? undefined : String(maxFailed)),
        signal: new AbortController().signal,
      }),
    );
  }
  await folder.setIdentity({ ...identity, ...decided });
  return results;
}
