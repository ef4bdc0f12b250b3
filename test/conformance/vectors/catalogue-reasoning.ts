/** Vector files of MME-RealWorld, VisuLogic and VisualPuzzles. */

import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { mmeRealWorldLetter } from "../../../tasks/mme_realworld/score.js";
import { answerLetter, visualPuzzlesLetter } from "../../../tasks/visualpuzzles/score.js";
import { lmmsVisuLogicLetter, visuLogicLetter } from "../../../tasks/visulogic/score.js";
import { isChangedBefore, taskGroups, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, type ScoredRow, vlmevalkit } from "./catalogue-metrics.js";

interface RealWorldDoc {
  readonly index: number;
  readonly category: string;
  readonly "l2-category": string;
  readonly answer: string;
}

/** The tables that both scripts print: of each task its subtasks, of each its categories, with the count of "E". */
function tables(rows: readonly (ScoredRow & { letter: string })[], subtasks: readonly string[], end = ""): string[] {
  const groupsOf = ({ row }: ScoredRow) => taskGroups("mme_realworld", row);
  const share = (of: readonly ScoredRow[]) =>
    (of.length === 0 ? 0 : (fold("mme_realworld", "accuracy", of) ?? 0)).toFixed(4);
  const chosenE = (of: typeof rows) => of.filter(({ letter }) => letter === "E").length;
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  const blocks = ["Reasoning", "Perception"].flatMap((task) => {
    const ofTask = rows.filter((row) => groupsOf(row).task === task);
    const lines = subtasks.flatMap((subtask) => {
      const ofSubtask = ofTask.filter((row) => groupsOf(row).subtask === subtask);
      const kinds = [...new Set(ofSubtask.map((row) => groupsOf(row).category ?? ""))];
      const ofKinds = kinds.map((kind) => {
        const of = ofSubtask.filter((row) => groupsOf(row).category === kind);
        return `----\tAcc ${share(of)}\t${capital(kind)} (${of.length} items)`;
      });
      const total = `\t Acc ${share(ofSubtask)}\t E choice ${chosenE(ofSubtask)} \t${subtask} (${ofSubtask.length} items)`;
      return [...ofKinds, "+".repeat(16) + total];
    });
    const total = `Acc ${share(ofTask)}\t E choice ${chosenE(ofTask)} \t${task} (${ofTask.length} items)`;
    return [...lines, "*".repeat(32) + total + end];
  });
  return [...blocks, `${"*".repeat(32)}Overall Acc ${share(rows)}`];
}

const pandasNothing = ["", "nan", "NaN", "None", "null", "NA", "N/A"];
const printed = ["Monitoring", "OCR with Complex Context", "Diagram and Table", "Autonomous_Driving", "Remote Sensing"];
const logged = ["Monitoring", "Autonomous_Driving", "OCR with Complex Context", "Diagram and Table", "Remote Sensing"];

const mmeRealWorld: VectorFile = {
  functions: {
    "vlmevalkit.evaluate": ({ docs, predictions }: { docs: RealWorldDoc[]; predictions: string[] }) => {
      // Its predictions come back from a file, where pandas makes a float of these, and the pattern raises; a run has no such file.
      if (predictions.some((text) => pandasNothing.includes(text))) throw new RangeError("a prediction became a float");
      const rows = docs.map((doc, i) => {
        const row = { ...doc, "multi-choice options": [] };
        return { row, value: taskValue("mme_realworld", row, predictions[i] ?? "", vlmevalkit) };
      });
      const share = (of: readonly ScoredRow[]) => (of.length === 0 ? 0 : fold("mme_realworld", "accuracy", of));
      const byTask = ["Reasoning", "Perception"].map((task) => {
        const ofTask = rows.filter(({ row }) => taskGroups("mme_realworld", row).task === task);
        const bySubtask = logged.map((subtask) => {
          const of = ofTask.filter(({ row }) => taskGroups("mme_realworld", row).subtask === subtask);
          return [subtask, { ...foldEach("mme_realworld", "accuracy", of, "category"), Avg: share(of) }] as const;
        });
        return [task, { ...Object.fromEntries(bySubtask), Avg: share(ofTask) }] as const;
      });
      return { Overall: share(rows), ...Object.fromEntries(byTask) };
    },
    "lmms.extract": ({ text }: { text: string }) => mmeRealWorldLetter(text, [], "lmms-eval"),
    "official.extract": ({ text, choices }: { text: string; choices: string[] }) =>
      taskScore("mme_realworld", { "multi-choice options": choices, answer: "A" }, text).answer,
    "lmms.aggregate": ({ docs, predictions }: { docs: RealWorldDoc[]; predictions: string[] }) => {
      const rows = docs.map((doc, i) => {
        const row = { ...doc, "multi-choice options": [] };
        const text = predictions[i] ?? "";
        const letter = mmeRealWorldLetter(text, [], "lmms-eval");
        if (isChangedBefore(text)) return { row, letter, value: one(letter === doc.answer) };
        const score = taskScore("mme_realworld", row, text, lmms);
        return { row, letter: score.answer, value: score.value };
      });
      return {
        derived: rows.map(({ letter }) => letter),
        overall: fold("mme_realworld", "accuracy", rows),
        logged: tables(rows, logged, "\n"),
      };
    },
    "official.evaluate": ({ results }: { results: Record<string, unknown>[] }) => {
      const rows = results.map((result) => {
        const row = {
          "multi-choice options": result["Answer choices"],
          answer: result["Ground truth"],
          category: `${result.Task}/${result.Subtask}`,
          "l2-category": result.Category,
        };
        const { answer, value } = taskScore("mme_realworld", row, String(result.Output));
        return { row, letter: answer, value };
      });
      return { printed: tables(rows, printed) };
    },
  },
};

const tags = [
  ...["Quantitative Reasoning", "Spatial Reasoning", "Positional Reasoning", "Attribute Reasoning"],
  ...["Stylistic Reasoning", "Other"],
];

/** VLMEvalKit's table of hits; a name without rows raises there. */
function hitTable(title: string, names: readonly string[], of: (name: string) => readonly ScoredRow[]): unknown {
  const rows = names.map((name) => {
    const hits = of(name).map(({ value }) => Number(value));
    if (hits.length === 0) throw new RangeError(`no row of ${name}`);
    return { tot: hits.length, hit: hits.reduce((sum, hit) => sum + hit, 0) };
  });
  return {
    [title]: names,
    tot: rows.map(({ tot }) => tot),
    hit: rows.map(({ hit }) => hit),
    acc: rows.map(({ tot, hit }) => (hit / tot) * 100),
  };
}

const visulogic: VectorFile = {
  // The authors' function also says which of its rules found the letter.
  reference: (expected, fn) => (fn.endsWith(".extract") && Array.isArray(expected) ? expected[0] : expected),
  functions: {
    "vlmevalkit.extract": ({ text }: { text: string }) =>
      taskScore("visulogic", { label: "A" }, text, vlmevalkit).answer || "Z",
    "vlmevalkit.acc": ({ rows: docs }: { rows: { category: string; answer: string; prediction: string }[] }) => {
      const rows = docs.map(({ category, answer, prediction }) => ({
        row: { tag: category },
        value: taskValue("visulogic", { label: answer }, prediction, vlmevalkit),
      }));
      return hitTable("category", ["Overall", ...tags], (name) =>
        name === "Overall" ? rows : rows.filter(({ row }) => row.tag === name),
      );
    },
    "lmms.extract": ({ text }: { text: string }) =>
      isChangedBefore(text) ? lmmsVisuLogicLetter(text) : taskScore("visulogic", { label: "A" }, text, lmms).answer,
    "official.extract": ({ text }: { text: string }) => {
      const letter = visuLogicLetter(text);
      if (letter === undefined) return { $judge: true };
      return taskScore("visulogic", { label: "A" }, text).answer;
    },
    "lmms.target": ({ label }: { label: string | null }) =>
      // The column has no null in a run; Python prints it, and takes the N of "NONE".
      label === null ? "N" : (taskScore("visulogic", { label }, "A", lmms).targets?.[0] ?? ""),
    "official.calculate_scores": (input: { results: { answer: string; extracted_answer: string; tag: string }[] }) => {
      const rows = input.results.map(({ answer, extracted_answer, tag }) => ({
        row: { tag },
        value: taskValue("visulogic", { label: answer }, "", { verdicts: [extracted_answer.toUpperCase()] }),
      }));
      const of = (tag: string) =>
        fold(
          "visulogic",
          "accuracy",
          rows.filter(({ row }) => row.tag === tag),
        ) ?? 0;
      const all = fold("visulogic", "accuracy", rows) ?? 0;
      return [
        Object.fromEntries(tags.map((tag) => [tag, roundHalfEven(of(tag), 3) * 100])),
        roundHalfEven(all * 100, 2),
      ];
    },
  },
};

const kinds = ["spatial", "algorithmic", "analogical", "inductive", "deductive"];
const levels = ["easy", "medium", "hard"];

interface PuzzleRow {
  readonly category: string;
  readonly difficulty: string;
  readonly answer: string;
  readonly prediction: string;
}

const visualpuzzles: VectorFile = {
  functions: {
    "vlmevalkit.extract": ({ text }: { text: string }) => answerLetter(text) ?? "Z",
    "vlmevalkit.acc": ({ rows: docs }: { rows: PuzzleRow[] }) => {
      const rows = docs.map((row) => ({
        row,
        value: taskValue("visualpuzzles", { options: null, answer: row.answer }, row.prediction, vlmevalkit),
      }));
      const of = (column: "category" | "difficulty") => (name: string) =>
        name === "overall" ? rows : rows.filter(({ row }) => row[column] === name);
      return [
        hitTable("category", ["overall", ...kinds], of("category")),
        hitTable("level", [...levels, "overall"], of("difficulty")),
      ];
    },
    "lmms.parse_response": ({ response, options }: { response: string; options: string[] | null }) => {
      const letter = visualPuzzlesLetter(response, options);
      // The score compares without case; the reference's function gives the letter as it is written.
      if (letter === undefined || isChangedBefore(response)) return letter;
      const { answer } = taskScore("visualpuzzles", { options, answer: "A" }, response, lmms);
      return answer === letter.toUpperCase() ? letter : answer;
    },
  },
};

export const catalogueReasoningVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/mme_realworld": mmeRealWorld,
  "catalogue/visulogic": visulogic,
  "catalogue/visualpuzzles": visualpuzzles,
};
