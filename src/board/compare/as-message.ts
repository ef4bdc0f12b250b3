import { terminalSafe } from "../../core/terminal-safe.js";
import type { Comparison, TaskComparison, Verdict } from "./comparison.js";
import { answerText, changeText, reasonText, verdictText } from "./words.js";

const marks: Readonly<Record<Verdict, string>> = {
  regression: "❌",
  "no regression": "✅",
  "not enough evidence": "❔",
};
const order: readonly Verdict[] = ["regression", "not enough evidence", "no regression"];
/** A chat folds what is longer: verdict, tasks, worst answers and a link fit. */
const mostTasks = 6;
const mostFlips = 3;

/**
 * A comparison in the lines of a chat message, the worst task first: at most 11, plain text.
 * @param link  where more is to be seen
 */
export function comparisonMessage({ a, b, verdict, tasks, onlyA }: Comparison, link?: string): string {
  const sorted = [...tasks].sort((x, y) => order.indexOf(x.verdict) - order.indexOf(y.verdict));
  const shown = sorted.length > mostTasks ? sorted.slice(0, mostTasks - 1) : sorted;
  const more = sorted.length - shown.length;
  const missing = onlyA.length === 0 ? "" : `, not in B: ${onlyA.join(", ")}`;
  return [
    `${marks[verdict]} llava-eval: ${verdict} (A ${a.name}, B ${b.name}${missing})`,
    ...shown.map((task) => `${marks[task.verdict]} ${changeText(task)}: ${verdictText(task)}, ${reasonText(task)}`),
    ...(more > 0 ? [`and ${more} more tasks`] : []),
    ...worst(sorted.filter((task) => task.verdict === "regression")),
    ...(link === undefined ? [] : [link]),
  ]
    .map((line) => terminalSafe(line, 300))
    .join("\n");
}

/** The largest losses, one of each task in turn. */
function worst(tasks: readonly TaskComparison[]): string[] {
  const rounds = Array.from({ length: mostFlips }, (_, round) => tasks.flatMap((task) => lossLine(task, round)));
  return rounds.flat().slice(0, mostFlips);
}

function lossLine({ task, flips }: TaskComparison, place: number): string[] {
  const flip = flips.shown[place];
  if (!flip || place >= flips.lost) return [];
  const said = (side: typeof flip.a) => terminalSafe(answerText(side), 60);
  return [`   ${task} ${terminalSafe(flip.id, 40)}: "${said(flip.a)}" became "${said(flip.b)}"`];
}
