/** Invented nonsense as judges' replies: a verdict has the form asked for, or there is none; what follows from it is a score. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import type { Json } from "../../src/core/json.js";
import type { Output } from "../../src/core/runner.js";
import type { Scoring } from "../../src/core/score.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { withoutReasoning } from "../../src/text/visible-answer.js";
import { invented, inventedTimeout } from "../invented.js";

const judgedTasks = (await loadDefinitions()).filter(({ task }) => task.judge ?? task.judgesByScoring);

const number = (low: number, high: number) => (verdict: Json) =>
  typeof verdict === "number" && verdict >= low && verdict <= high;
const letter = (verdict: Json) => typeof verdict === "string" && /^\(?[A-Z]\)?$/.test(verdict);
const words = (verdict: Json) => typeof verdict === "string" && verdict.trim() !== "";
const pair = (verdict: Json) => Array.isArray(verdict) && verdict.length === 2 && verdict.every(number(1, 10));

/** What a verdict is, by the benchmark's own words to its judge. */
const isVerdict: readonly (readonly [RegExp, (verdict: Json, reply: string) => boolean])[] = [
  [/^llava_in_the_wild|^llava_bench_wilder|^llava_wilder|^ferret/, pair],
  [
    /^hallusion/,
    (verdict, reply) =>
      reply.replace(/[^a-z]/gi, "").toLowerCase() === ["incorrect", "correct", "unclear"][Number(verdict)],
  ],
  [/^mmvet/, number(0, 1)],
  [/^dc\d00/, number(0, 100)],
  [/^live_bench/, number(0, 10)],
  [/^mmmu/, (verdict) => verdict === 0 || verdict === 1],
  [/^mathverse/, (verdict) => verdict === 0 || verdict === 1 || words(verdict)],
  [/^mathvision_reason$/, (verdict) => verdict === 0 || verdict === 1],
  [/^mathvista|^mathvision/, words],
  [/^blink|^mmbench/, letter],
  [/^hrbench|^mmvp/, (verdict, reply) => verdict === reply.trim().slice(0, String(verdict).length).toLowerCase()],
  [/^vl_rewardbench/, (verdict, reply) => new RegExp(`answer\\s*${String(verdict)}`, "i").test(reply)],
  [/^charxiv/, (verdict) => verdict === 0 || verdict === 1],
  [/^simplevqa|^worldvqa/, (verdict) => ["correct", "incorrect", "unattempted"].includes(String(verdict))],
  [
    /^babyvision/,
    (verdict, reply) => /^[*"'`]*(true|false)/i.exec(reply.trim())?.[1]?.toLowerCase() === String(verdict === 1),
  ],
  [
    /^activitynetqa/,
    (verdict, reply) => typeof verdict === "object" && /^\{.*'pred'.*'score'.*\}$/s.test(reply.trim()),
  ],
  [
    /^tempcompass_captioning/,
    (_, reply) => /^[\s*"'`.()]*(?:[A-D]\b|none of)/i.test(reply.split("Answer:").at(-1) ?? ""),
  ],
  [
    /^tempcompass/,
    (verdict, reply) =>
      (reply.trim().split("\n")[0] ?? "").replace(/[^a-z]/gi, "") === (verdict ? "Correct" : "Incorrect"),
  ],
  [
    /^emma/,
    (verdict, reply) =>
      letter(verdict) || (Number(/incorrect/i.test(reply)) === 1 - Number(verdict) && /correct/i.test(reply)),
  ],
  [/^mmlongbench/, (verdict, reply) => words(verdict) && reply.includes("Extracted answer:")],
  [/^olympiadbench/, (verdict, reply) => Number(/yes/i.test(reply)) === verdict && reply.trim().length < 12],
  [/^logicvista/, (verdict) => typeof verdict === "string" && /^(?:[A-J]+|Z)$/.test(verdict)],
  [/^dynamath/, (verdict) => typeof verdict === "number" || letter(verdict)],
  [/^visulogic/, (verdict) => letter(verdict) || verdict === "None"],
];

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      "correct",
      "incorrect",
      "unclear",
      "not correct",
      "Correct.",
      "CORRECT",
      "yes",
      "no",
      "A",
      "(B)",
      "B.",
      "E",
      "Z",
    ],
    ...[
      "0",
      "1",
      "7",
      "10",
      "11",
      "-1",
      "0.5",
      "8 9",
      "8, 9",
      "-1 -1",
      "0 0",
      "NaN NaN",
      "inf 1",
      "1e999",
      "８ ９",
      "90%",
    ],
    ...["<think>", "</think>", "**4.5**", "4.5 cm", "$4.5", "1,000", "\\boxed{4}", "Extracted answer: 4", "[1, 2]"],
    ...['{"Rating": 7}', '{"Rating": "11"}', '{"Rating": NaN}', "Final Score: 88", "Final Score: 888", "Judgement: 1"],
    ...["Incorrect", "Answer: B. reads", "{'pred': 'yes', 'score': 4}", "{'pred': 'maybe', 'score': 9}"],
    ...["I cannot", "Service temporarily overloaded", "\u202e0.1", "\ud800", "\n", " ", "\t", ""],
  ),
  fc.string({ maxLength: 20 }),
  fc.double().map(String),
);
const reply = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(" "));

const output = (text: string): Output => ({
  text,
  finish: "stop",
  usage: {},
  timing: { totalMs: 0, attempts: 1 },
  warnings: [],
});

for (const { task, file } of judgedTasks) {
  const form = isVerdict.find(([name]) => name.test(task.name))?.[1];
  test(
    `${task.name}: a verdict has the form asked for, and its score is one`,
    async () => {
      if (!form) throw new Error(`say what a verdict of ${task.name} is`);
      const row = await exampleRow(task.name, file, task.row);
      const said = output("It is hard to say, perhaps the one in the middle.");
      fc.assert(
        fc.property(
          reply,
          fc.constantFrom<Scoring>("official", "lmms-eval", ...(task.scorings ?? [])),
          (text, scoring) => {
            const verdicts: Json[] = [];
            for (let step = 0; step < 3; step++) {
              const judge = task.judgesByScoring?.[scoring] ?? task.judge;
              const question = judge?.ask(row, said, verdicts, scoring);
              if (!question) break;
              const visible = withoutReasoning(text);
              const verdict = question.parse(visible);
              if (verdict === undefined) return;
              // lmms-eval makes a number of whatever it reads: that is its labelled defect.
              if (scoring !== "lmms-eval")
                expect(form(verdict, visible), `${JSON.stringify(verdict)} of ${text}`).toBe(true);
              verdicts.push(verdict);
            }
            const score = task.score?.(row, said, {
              ...{ scoring, verdicts, turns: [said] },
              draw: ([first]) => first as never,
            });
            if (score?.status !== "scored") return void expect(score?.reason).toEqual(expect.any(String));
            const values = typeof score.value === "number" ? [score.value] : Object.values(score.value);
            for (const value of values) expect(Number.isFinite(value)).toBe(true);
          },
        ),
        invented(),
      );
    },
    inventedTimeout,
  );
}
