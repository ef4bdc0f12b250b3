import { xmlText } from "../format/xml.js";
import type { Comparison, TaskComparison } from "./comparison.js";
import { answerText, changeText, reasonText, warningsOf } from "./words.js";

/**
 * JUnit XML as CI servers read it: a test case for each task, a regression is a failure, too little evidence a skipped case
 * (or a failure, where the gate closes on it).
 */
export function comparisonJUnit(comparison: Comparison, failOn: readonly string[]): string {
  const { tasks, a, b, onlyA } = comparison;
  // A gate closes on a task that vanished.
  const missed = failOn.length > 0 ? onlyA.length : 0;
  const failed = tasks.filter((task) => isFailure(task, failOn)).length + missed;
  const unknown = tasks.filter(({ verdict }) => verdict === "not enough evidence").length + onlyA.length;
  const skipped = unknown - inconclusiveFailures(tasks, failOn) - missed;
  const counts = `tests="${tasks.length + onlyA.length}" failures="${failed}" errors="0"`;
  const warnings = warningsOf(comparison).join("\n");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // Jenkins' schema (junit-10.xsd of its xUnit plugin) knows `skipped` of a suite only.
    `<testsuites ${counts}>`,
    `  <testsuite name="${xmlText(`llava-eval compare ${a.name} ${b.name}`)}" ${counts} skipped="${skipped}">`,
    ...tasks.map((task) => testCase(task, failOn)),
    ...onlyA.map((task) => missingCase(task, missed > 0)),
    ...(warnings ? [`    <system-out>${xmlText(warnings)}</system-out>`] : []),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** A regression always fails its test case: a report says what is, only the exit code depends on the gate. */
function isFailure({ verdict, valueLost = false }: TaskComparison, failOn: readonly string[]): boolean {
  if (verdict === "regression" || (valueLost && failOn.length > 0)) return true;
  return verdict === "not enough evidence" && failOn.includes("inconclusive");
}

const inconclusiveFailures = (tasks: readonly TaskComparison[], failOn: readonly string[]) =>
  tasks.filter((task) => task.verdict === "not enough evidence" && isFailure(task, failOn)).length;

function testCase(task: TaskComparison, failOn: readonly string[]): string {
  const open = `    <testcase classname="llava-eval" name="${xmlText(`${task.task} ${task.metric}`)}"`;
  const message = `${changeText(task)} (${reasonText(task)})`;
  if (isFailure(task, failOn)) {
    return `${open}>\n      <failure type="${task.verdict}" message="${xmlText(message)}">${xmlText(details(task))}</failure>\n    </testcase>`;
  }
  if (task.verdict === "not enough evidence") {
    return `${open}>\n      <skipped message="${xmlText(message)}"/>\n    </testcase>`;
  }
  return `${open}>\n      <system-out>${xmlText(message)}</system-out>\n    </testcase>`;
}

function missingCase(task: string, isFailed: boolean): string {
  const outcome = isFailed ? '<failure type="missing" message="not in B"/>' : '<skipped message="not in B"/>';
  return `    <testcase classname="llava-eval" name="${xmlText(task)}">\n      ${outcome}\n    </testcase>`;
}

function details({ flips }: TaskComparison): string {
  const lines = flips.shown.map((flip) => `${flip.id}: ${answerText(flip.a)} -> ${answerText(flip.b)}`);
  return [`${flips.lost} worse, ${flips.gained} better`, ...lines].join("\n");
}
