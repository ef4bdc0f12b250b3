/** The sentences that every form of an item report shares. */
import { count } from "../format/numbers.js";
import { enoughModels, type Item, type ItemsReport, lowestFirst } from "./item.js";

/** `pope: 9,000 items by accuracy, 40 runs of 38 models that score 41.2 to 88.0`. */
export function headOf({ task, metric, runs, models, items, shared }: ItemsReport): string {
  const scores = runs.map(({ score }) => score);
  const ends = [Math.min(...scores), Math.max(...scores)].map((score) => (100 * score).toFixed(1));
  const all = shared === items.length ? "" : ` on the ${count(shared)} items that all have a score for`;
  return `${task}: ${count(items.length)} items by ${metric}, ${runs.length} runs of ${models === 1 ? "one model" : `${models} models`} that score ${ends.join(" to ")}${all}`;
}

/** What is known of the items together. */
export function factsOf(report: ItemsReport): string[] {
  const { items, same, models, isEnough } = report;
  const by = (who: Item["solvedBy"]) => items.filter(({ solvedBy }) => solvedBy === who).length;
  const share = (n: number) => `${count(n)} (${((100 * n) / items.length).toFixed(1)} %)`;
  const [all, none] = [by("all"), by("none")];
  const repeated = same.reduce((sum, { ids }) => sum + ids.length, 0);
  const contradictions = same.filter(({ isContradiction }) => isContradiction).length;
  const suspects = items.filter(({ suspect }) => suspect).length;
  return [
    `${share(all)} everybody solves and ${share(none)} nobody: they tell no two of these runs apart`,
    repeated === 0
      ? "no two items ask the same about the same images"
      : `${count(repeated)} items ask what another asks about the same images, in ${count(same.length)} groups${contradictions > 0 ? `; ${count(contradictions)} of these have different references` : ""}`,
    isEnough
      ? `${count(suspects)} references may be wrong: strong runs speak against them, and most of the stronger half give one other answer`
      : `which references may be wrong ${models === 1 ? "one model" : `${models} models`} cannot say: it takes ${enoughModels} or more, and 40 to find nearly all`,
  ];
}

/** The items to look at first: none where so few models cannot know. */
export const toLookAt = (report: ItemsReport, limit: number): Item[] =>
  report.isEnough
    ? lowestFirst(report.items)
        .filter(({ discrimination }) => (discrimination as number) < 0)
        .slice(0, limit)
    : [];

/** `B (92 % of the stronger half)`. */
export const answerText = ({ answer }: Item): string =>
  answer ? `${answer.text} (${(100 * answer.share).toFixed(0)} %)` : "";

export const targetsText = ({ targets = [] }: Item): string => targets.join(" / ");

/** `-0.42`. */
export const correlation = (r: number | undefined): string => (r === undefined ? "-" : r.toFixed(2));
