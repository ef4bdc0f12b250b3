import { join } from "node:path";
import { comparisonAnnotations } from "../../board/compare/as-annotations.js";
import { comparisonJUnit } from "../../board/compare/as-junit.js";
import { comparisonLatex } from "../../board/compare/as-latex.js";
import { comparisonMarkdown } from "../../board/compare/as-markdown.js";
import { comparisonMessage } from "../../board/compare/as-message.js";
import { comparisonTable, comparisonWarnings } from "../../board/compare/as-table.js";
import { compare as compareSides } from "../../board/compare/compare.js";
import type { Comparison } from "../../board/compare/comparison.js";
import { type PublishedComparison, compareWithPublished as published } from "../../board/compare/published.js";
import { publishedForms } from "../../board/compare/published-forms.js";
import { isSide, resolveSide } from "../../board/compare/side.js";
import { type ComparisonLook, comparisonColumns } from "../../board/compare/table.js";
import type { Screen } from "../../board/format/terminal-table.js";
import { readPublished } from "../../board/leaderboard/published.js";
import { UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import { metricsOf } from "./metrics-of.js";
import { numberIn } from "./number-in.js";
import { resultsFolder } from "./results-folder.js";

export type { Comparison, PublishedComparison };
export {
  comparisonAnnotations,
  comparisonColumns,
  comparisonMarkdown,
  comparisonMessage,
  comparisonWarnings,
  publishedForms,
};

export interface CompareOptions {
  /** Only these labels. Default: all that both have. */
  readonly tasks?: readonly string[];
  /** Two-sided level, after Holm. Default 0.05. */
  readonly alpha?: number;
  /** A loss counts from here: points of a percentage; for other units per cent of A. Default 1. */
  readonly minEffect?: number;
  /** Changed samples listed per task, at most. Default 20. */
  readonly flips?: number;
  /** Seeds the permutations. Default 0. */
  readonly seed?: number;
  /** For metrics of whole splits. Default 1000. */
  readonly resamples?: number;
  /** Compare what is not comparable; the reasons become `warnings`. Default false. */
  readonly force?: boolean;
  /** Where models' runs are. Default "results". */
  readonly results?: string;
}

/** What the numbers may be, and what they are when they are not given. */
export const compareNumbers = {
  alpha: { min: 0.0001, max: 0.5, fallback: 0.05 },
  minEffect: { min: 0, max: 100, fallback: 1 },
  flips: { min: 0, max: 100_000, integer: true, fallback: 20 },
  seed: { min: 0, max: 2 ** 31, integer: true, fallback: 0 },
  resamples: { min: 100, max: 100_000, integer: true, fallback: 1000 },
} as const;

/**
 * Is B worse than A? Paired per sample, with intervals, tests and a verdict for each task.
 * @param a the baseline: a run's folder, or the name of a model below `results`
 * @param b the candidate
 * @throws UserError  a side is not there, they share no task, or differ in what makes numbers comparable
 */
export async function compare(a: string, b: string, options: CompareOptions = {}): Promise<Comparison> {
  const { tasks, force = false } = options;
  const results = resultsFolder(options.results);
  const number = (name: keyof typeof compareNumbers) =>
    numberIn(options[name] ?? compareNumbers[name].fallback, name, compareNumbers[name]);
  const [sideA, sideB] = [await resolveSide(a, results), await resolveSide(b, results)];
  return await compareSides(sideA, sideB, {
    alpha: number("alpha"),
    minEffect: number("minEffect"),
    flips: number("flips"),
    seed: number("seed"),
    replicates: number("resamples"),
    force,
    metricsOf,
    ...(tasks ? { tasks } : {}),
  });
}

/**
 * One of the two is a model that only others have numbers of: unpaired, with its caveats. undefined: both are ours.
 * @throws UserError  neither is ours; they share no task
 */
export async function compareWithPublished(
  a: string,
  b: string,
  options: CompareOptions = {},
): Promise<PublishedComparison | undefined> {
  const { tasks, force = false } = options;
  const results = resultsFolder(options.results);
  const [hasA, hasB] = [await isSide(a, results), await isSide(b, results)];
  if (hasA === hasB) return undefined;
  const [own, theirs] = hasA ? [a, b] : [b, a];
  const all = await readPublished(join(packageRoot, "configs", "published"));
  const entries = all.filter(({ model }) => model.toLowerCase() === theirs.toLowerCase());
  if (entries.length === 0) return undefined;
  const alpha = numberIn(options.alpha ?? compareNumbers.alpha.fallback, "alpha", compareNumbers.alpha);
  const comparison = published(await resolveSide(own, results), entries, { alpha, force, ...(tasks ? { tasks } : {}) });
  if (comparison.lines.length > 0) return comparison;
  const has = [...new Set(entries.map(({ task }) => task))].join(", ");
  throw comparison.leftOut.length > 0
    ? new UserError(
        `no whole result of ${own} to compare: ${comparison.leftOut.join(", ")}`,
        theirs,
        "run the whole benchmark, or compare nevertheless with --force",
      )
    : new UserError(`${own} and ${theirs} have no task in common`, theirs, `it has ${has} (and check --tasks)`);
}

/** A comparison as text. What a form does not show of a look it leaves alone. */
export const comparisonForms = {
  table: comparisonTable,
  text: (comparison) => `${comparisonMessage(comparison)}\n`,
  md: comparisonMarkdown,
  latex: comparisonLatex,
  json: (comparison) => `${JSON.stringify(comparison, null, 2)}\n`,
  junit: (comparison, { failOn = [] }) => comparisonJUnit(comparison, failOn),
  github: comparisonAnnotations,
} satisfies Record<string, (comparison: Comparison, look: ComparisonLook & Screen & Gates) => string>;

interface Gates {
  readonly failOn?: readonly string[];
}
