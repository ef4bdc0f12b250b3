import { terminalSafe } from "../../core/terminal-safe.js";
import { annotation } from "../format/workflow-command.js";
import type { Comparison, Verdict } from "./comparison.js";
import { changeText, reasonText, verdictText, warningsOf } from "./words.js";

const levels: Readonly<Record<Verdict, "error" | "warning" | "notice">> = {
  regression: "error",
  "not enough evidence": "warning",
  "no regression": "notice",
};

/** Workflow commands, one for each task and warning. GitHub keeps ten of a level per step: the worst come first. */
export function comparisonAnnotations(comparison: Comparison): string {
  const order: readonly Verdict[] = ["regression", "not enough evidence", "no regression"];
  const tasks = [...comparison.tasks].sort((x, y) => order.indexOf(x.verdict) - order.indexOf(y.verdict));
  return [
    ...tasks.map((task) =>
      annotation(
        levels[task.verdict],
        `${task.task}: ${verdictText(task)}`,
        terminalSafe(`${changeText(task)} (${reasonText(task)})`),
      ),
    ),
    ...warningsOf(comparison).map((warning) => annotation("warning", "llava-eval compare", terminalSafe(warning))),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
