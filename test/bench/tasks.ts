/**
 * Scoring a whole benchmark, on generated answers of the real number of rows: CPU milliseconds, one core.
 *   npm run bench -- tasks [--task NAME]
 */

import { parseArgs } from "node:util";
import { type DefinedTask, loadDefinitions } from "../../src/api/tasks/catalogue.js";
import type { Output } from "../../src/core/runner.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { scoreSample } from "../../src/run/score-sample.js";
import { summarise } from "../../src/run/summarise.js";
import { readingOf } from "../../src/text/visible-answer.js";

const { values } = parseArgs({ options: { task: { type: "string" } } });
const long =
  "Let me think. The picture shows several shapes, and the second is the largest of all, so the answer is (B) because it is 12.5 cm tall. ".repeat(
    3,
  );

/** What a judge would have said; the same for every row. */
const verdicts: Readonly<Record<string, readonly (string | number | readonly number[])[]>> = {
  llava_in_the_wild: [[8, 7]],
  llava_wilder: [[10, 7]],
  mathverse: ["B", 1],
  mathvista: ["4.5"],
  mmvet: [1],
  live_bench: [8],
};

for (const defined of await loadDefinitions()) {
  const { task } = defined;
  if (values.task === undefined ? task.choices : task.name !== values.task) continue;
  const rows = Math.max(
    0,
    ...Object.values(task.splits).map((split) => (split.answers === "public" ? (split.rows ?? 0) : 0)),
  );
  if (rows === 0 || !task.score) continue;
  for (const scoring of ["official", "lmms-eval"] as const) {
    const milliseconds = await cost(defined, rows, scoring);
    console.log(
      `${task.name.padEnd(24)} ${scoring.padEnd(10)} ${String(rows).padStart(7)} rows ${milliseconds.toFixed(0).padStart(7)} ms`,
    );
  }
}

async function cost({ task, file }: DefinedTask, rows: number, scoring: "official" | "lmms-eval"): Promise<number> {
  const row = await exampleRow(task.name, file, task.row);
  const split = Object.values(task.splits).find((one) => one.answers === "public");
  if (split === undefined) return 0;
  const groups = Object.fromEntries(
    Object.entries(task.groups ?? {}).flatMap(([name, of]) => {
      const value = of(row);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const start = process.cpuUsage();
  const records = (async function* () {
    for (let index = 0; index < rows; index++) {
      const text = index % 3 === 0 ? "B" : long;
      const output: Output = { text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 1 }, warnings: [] };
      const scored = scoreSample({
        ...{ task, split, row, turns: [output] },
        verdicts: verdicts[task.name] ?? ["B"],
        rules: { scoring, seed: 0, reading: readingOf(scoring) },
      });
      yield { index, id: String(index), cluster: String(index), groups, text, ...scored } as SampleRecord;
    }
  })();
  const head = {
    ...{ task: task.name, version: 1, model: "bench", fingerprint: {}, scoring, promptProfile: "default" },
    ...{ generation: {}, seed: 0, repeats: 1 },
    dataset: { source: "bench", kind: "folder" as const, split: split.split, licence: split.licence },
  };
  await summarise(task, head, records, {
    maxFailed: { count: rows },
    demo: false,
    answers: "public",
    reading: readingOf(scoring),
    total: rows,
  });
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
