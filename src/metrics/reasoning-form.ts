/** lmms-eval's `*_reasoning` form of a task: a system message asks for thoughts and an answer in tags, rules score both. */

import { defined } from "../core/defined.js";
import type { Json } from "../core/json.js";
import type { Metric } from "../core/metric.js";
import type { Prompt } from "../core/prompt.js";
import type { Output } from "../core/runner.js";
import type { Score, ScoreContext, Scoring } from "../core/score.js";
import type { Split, Submission, Task } from "../core/task.js";
import { hasGold, reasonedScore } from "../scorers/reasoned.js";
import { strip } from "../text/python-strings.js";
import { formatScore, inAnswerTags, reasonedAnswer } from "../text/reasoned-answer.js";
import { taggedAnswer } from "../text/reasoning-tags.js";
import { mean } from "./mean.js";

// Two hands wrote them: one left out articles.
const systemMessages = {
  analysis:
    "You are a helpful assistant. When user asks a question, your response must include two parts: first, reasoning process enclosed in <analysis>...</analysis> tags, then final answer enclosed in <answer>...</answer> tags.Please provide a clear, concise response within <answer> </answer> tags that directly addresses to question.",
  think:
    "You are a helpful assistant. When the user asks a question, your response must include two parts: first, the reasoning process enclosed in <think>...</think> tags, then the final answer enclosed in <answer>...</answer> tags.Please provide a clear, concise response within <answer> </answer> tags that directly addresses the question.",
};

export interface ReasoningForm<Row> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Around the thoughts. */
  readonly tags: keyof typeof systemMessages;
  /** What the user says. */
  prompt(row: Row): Prompt;
  /** What the answer is compared with. Absent: the task's own rule scores what was found. */
  gold?(row: Row, scoring: Scoring): string;
  /** The task's own score and metrics, of what stands in the answer's tags or, without them, of the whole; no reward for the form. */
  readonly rewardsNothing?: true;
  /** Default: the first split of the task. */
  readonly splits?: readonly string[];
  /** Beside accuracy and form. */
  readonly metrics?: readonly Metric[];
  readonly data?: (row: Row) => Json;
  /** Known of lmms-eval's code beside what its rule has everywhere. */
  readonly defects?: readonly string[];
  /** Its entries are given whole replies. */
  submission?(answerIn: (text: string) => string): Submission<Row>;
}

function reasoningForm<Row>(task: Task<Row>, form: ReasoningForm<Row>): Task<Row> {
  const { row, id, expand, imageKey, cluster, limitByCluster, groups, hasReference } = task;
  const { splits = Object.keys(task.splits).slice(0, 1) } = form;
  return {
    name: form.name,
    ...defined({ aliases: form.aliases }),
    version: 2,
    about: `${task.about.replace(/ \(([^()]+)\)\.$/, "; thoughts first, both in tags ($1).")}`,
    cite: `${task.cite.split(";")[0]}; scoring follows lmms-eval _task_utils/reasoning_utils.py, of its solver (math-verify) numbers alone`,
    splits: Object.fromEntries(
      splits.map((name) => {
        const { generation: _, ...split } = task.splits[name] as Split;
        return [name, split];
      }),
    ),
    row,
    id,
    ...defined({ expand, imageKey, cluster, limitByCluster, groups }),
    hasReference: (sample) =>
      (hasReference?.(sample) ?? true) && (form.gold === undefined || hasGold(form.gold(sample, "official"))),
    prompt: (sample) => ({
      messages: [
        { role: "system", parts: [{ type: "text", text: systemMessages[form.tags] }] },
        ...form.prompt(sample).messages,
      ],
    }),
    generation: { maxNewTokens: 49_152, temperature: 0 },
    defects: form.gold ? { official: [ofWords], "lmms-eval": [ofWords, ...(form.defects ?? [])] } : {},
    score: (sample, output, context) => withData(scoreOf(task, form, { sample, output, context }), form.data?.(sample)),
    metrics: form.rewardsNothing ? task.metrics : [...rewards, ...(form.metrics ?? [])],
    ...(form.submission
      ? { submission: form.submission(foundIn), answer: (_: Row, { text }: Output) => strip(text) }
      : {}),
  };
}

const ofWords = 'a reference with a capital A to H is a letter: "Ghana" is right for "Germany"';

const rewards = ["acc_score", "format_score"].map((name) => mean(name, { of: name }));

const foundIn = (text: string): string => strip(reasonedAnswer(text));

interface Asked<Row> {
  readonly sample: Row;
  readonly output: Output;
  readonly context: ScoreContext;
}

function scoreOf<Row>(task: Task<Row>, form: ReasoningForm<Row>, { sample, output, context }: Asked<Row>): Score {
  if (form.rewardsNothing) {
    const text = strip(inAnswerTags(output.text) ?? output.text);
    return task.score?.(sample, { ...output, text }, context) ?? missingRule(task.name);
  }
  if (form.gold) return reasonedScore(output.text, form.gold(sample, context.scoring));
  const answer = foundIn(output.text);
  const score = task.score?.(sample, { ...output, text: answer }, context);
  if (score?.status !== "scored") return missingRule(task.name);
  const { value, ...rest } = score;
  return { ...rest, value: { acc_score: value as number, format_score: formatScore(output.text) } };
}

function missingRule(name: string): never {
  throw new TypeError(`${name} has no rule for an answer alone`);
}

const withData = (score: Score, data: Json | undefined): Score =>
  score.status === "scored" ? { ...score, ...defined({ data }) } : score;

/** `form` makes a task's form with thoughts; `saidIn` is what stands in the first `<answer>` tags, else the whole text, both without thoughts. */
export const thoughts = { form: reasoningForm, saidIn: taggedAnswer } as const;
