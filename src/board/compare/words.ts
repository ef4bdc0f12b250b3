/** The sentences that every form of a comparison shares. */
import { notesText } from "../../core/note.js";
import { number, printed, range, signed, unitWord } from "../format/numbers.js";
import type { Comparison, Flip, TaskComparison } from "./comparison.js";

/** The note of a task whose two runs gave the same answers. */
export const identicalAnswers = "all answers are identical";

/** `results/nightly (llava-7b)`. */
export const sideText = ({ name, models }: { readonly name: string; readonly models: readonly string[] }) =>
  models.join() === name ? name : `${name} (${models.join(", ")})`;

/** `vqav2 accuracy: 78.1 → 76.9, -1.2 [-1.9, -0.5]`. */
export function changeText(task: TaskComparison): string {
  const { a, b, delta, interval } = task;
  const { unit, name } = printedOf(task);
  if (delta === null) return `${task.task} ${name}: not comparable`;
  return `${task.task} ${name}: ${number(a, unit)} → ${number(b, unit)}, ${signed(delta, unit)} ${range(interval, unit)}`;
}

const printedOf = ({ metric, unit }: TaskComparison) => printed({ name: metric, unit });

/** The verdict as people say it: what is significantly better is more than no regression. */
export const verdictText = ({ verdict, improved }: TaskComparison): string =>
  verdict === "no regression" && improved ? "improvement" : verdict;

/** What the verdict rests on. */
export function reasonText(task: TaskComparison): string {
  const { minEffect } = task;
  const { unit } = printedOf(task);
  const loss = `${number(minEffect, unit)}${unitWord(unit)}`;
  if (task.notes.includes(identicalAnswers)) return identicalAnswers;
  switch (task.verdict) {
    case "regression":
      return "significantly worse";
    case "no regression":
      return task.improved ? "significantly better" : `a loss of ${loss} is excluded`;
    case "not enough evidence":
      return `${[...(task.delta === null ? task.notes : []), smallestEffectText(task)].filter(Boolean).join("; ")}; a loss of ${loss} cannot be excluded`;
  }
}

function smallestEffectText(task: TaskComparison): string {
  const { smallestEffect, samples, delta } = task;
  const { unit } = printedOf(task);
  if (delta === null) return "";
  if (smallestEffect === undefined || !Number.isFinite(smallestEffect))
    return `${samples.paired} samples cannot show any effect`;
  return `these ${samples.paired} samples show ${number(smallestEffect, unit)}${unitWord(unit)} or more`;
}

/** Everything about the whole comparison that a reader must not miss. */
export function warningsOf(comparison: Comparison): string[] {
  const { onlyA, onlyB, warnings, tasks } = comparison;
  const partly = tasks.flatMap(({ task, samples }) => {
    const { onlyA: a, onlyB: b, unscored } = samples;
    return a + b + unscored === 0
      ? []
      : [`${task}: compared on ${samples.paired} samples; ${a} only in A, ${b} only in B, ${unscored} unscored in one`];
  });
  const noted = tasks.flatMap(({ task, notes, delta }) =>
    delta === null ? [] : notes.filter((note) => note !== identicalAnswers).map((note) => `${task}: ${note}`),
  );
  return [
    ...warnings,
    ...partly,
    ...noted,
    ...(onlyA.length > 0 ? [`not in B: ${onlyA.join(", ")}`] : []),
    ...(onlyB.length > 0 ? [`not in A: ${onlyB.join(", ")}`] : []),
  ];
}

/** What people noted on either side's answer: `A mislabelled (ann)`. */
export const flipNotes = ({ a, b }: Flip): string =>
  [...(a.notes ? [`A ${notesText(a.notes)}`] : []), ...(b.notes ? [`B ${notesText(b.notes)}`] : [])].join("; ");

/** The extracted answer where there is one, else the raw one, else why there is none. */
export function answerText({ answer, text, unscored }: Flip["a"]): string {
  return answer ?? text ?? unscored ?? "";
}
