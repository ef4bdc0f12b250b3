import type { Dataset } from "../../core/dataset.js";
import { defined } from "../../core/defined.js";
import { promptImages, promptText } from "../../core/prompt.js";
import type { Scoring } from "../../core/score.js";
import { judgeOf, judgeUnder, type Task } from "../../core/task.js";
import { readImage } from "../../images/encoded.js";
import type { EvaluatedTask } from "../../run/evaluate.js";
import { plan, plannedCount } from "../../run/plan.js";
import type { ModelConfig } from "../../runners/config.js";
import { resolveModel } from "../../runners/spec.js";
import type { RunSettings } from "../settings.js";
import { labelBeside, type Way } from "./beside.js";
import { type Decided, decide, opener } from "./decide.js";
import { judgesOf } from "./models.js";
import type { RunControl } from "./run.js";
import { waysOf } from "./ways.js";

/** What one task of a run would ask. */
export interface TaskEstimate {
  readonly label: string;
  readonly version: number;
  /** Undefined when only reading all rows would tell. */
  readonly requests: number | undefined;
  /** Of one request, estimated from the first rows. */
  readonly promptTokens: number;
  readonly images: number;
  readonly maxNewTokens: number;
  /** The first prompt's words. */
  readonly example: string;
  /** US dollars, at most; undefined without prices or number of requests. */
  readonly dollars: number | undefined;
  readonly judges: readonly JudgeEstimate[];
}

export interface JudgeEstimate {
  readonly promptTokens: number;
  readonly dollars: number | undefined;
}

export interface RunEstimate {
  /** The model has prices. */
  readonly priced: boolean;
  readonly tasks: AsyncIterable<TaskEstimate>;
}

/** Rows that stand for the rest: prompts of one benchmark are alike. */
const sampled = 64;
/** English text, common tokenizers; and the rule of thumb of the large providers for an image. */
const charactersPerToken = 4;
const pixelsPerToken = 750;

/** What a run would ask, with tokens and price estimated from the first rows; asks nothing. */
export async function estimateRun(settings: RunSettings, control: RunControl): Promise<RunEstimate> {
  const decided = await decide(settings);
  const ways = waysOf(settings, decided, control.fleet !== undefined);
  const judges = await Promise.all(judgesOf(settings).map(resolveModel));
  return {
    priced: pricesOf(decided.model.config) !== undefined,
    tasks: estimates(askedBy(decided, ways), { judges, control }),
  };
}

/** A task as it is asked, and what its estimate is called. */
interface Asked {
  readonly one: EvaluatedTask;
  readonly called: string;
  readonly decided: Decided;
}

/** Every task once, and once more for every other way. */
function askedBy(decided: Decided, ways: readonly Way[]): readonly Asked[] {
  const { chosen } = decided.choice;
  const first = chosen.map((one) => ({ one, called: one.label, decided }));
  const others = ways.flatMap((way) => {
    const { profileOf = decided.profileOf, generationOf = decided.generationOf } = way.changes;
    const selection = { ...decided.selection, ...defined({ only: way.only }) };
    return chosen
      .filter(({ label }) => way.has(label))
      .map((one) => ({
        one: { ...one, task: way.taskOf(one.label, one.task) },
        called: labelBeside(one.label, way),
        decided: { ...decided, profileOf, generationOf, selection },
      }));
  });
  return [...first, ...others];
}

async function* estimates(
  asked: readonly Asked[],
  { judges, control }: { readonly judges: readonly ModelConfig[]; readonly control: RunControl },
): AsyncGenerator<TaskEstimate> {
  const { listener, drain, abort } = control;
  for (const { one, called: label, decided } of asked) {
    const { task, split } = one;
    await using dataset = await opener(decided, listener, drain)(one);
    const { maxNewTokens } = decided.generationOf(task, split);
    const requests = plannedCount(task, dataset, decided.selection);
    const { judgeTokens, ...estimate } = await estimateTask(one, dataset, decided, abort);
    const dollars = (model: ModelConfig, input: number, output: number) => {
      const prices = pricesOf(model);
      if (requests === undefined || !prices) return undefined;
      return (requests * (input * prices.input + output * prices.output)) / 1e6;
    };
    yield {
      label,
      version: task.version,
      requests,
      maxNewTokens,
      ...estimate,
      dollars: dollars(decided.model.config, estimate.promptTokens, maxNewTokens),
      judges: (judgeOf(task, split, decided.scoring) ? judges : []).map((judge) => ({
        promptTokens: judgeTokens,
        dollars: dollars(judge, judgeTokens, judgeAnswerTokens),
      })),
    };
  }
}

/** What a judge writes about one answer, by experience with the benchmarks' own prompts. */
const judgeAnswerTokens = 200;

const pricesOf = (model: ModelConfig) => (model as { prices?: { input: number; output: number } }).prices;

async function estimateTask({ task, split }: EvaluatedTask, dataset: Dataset, run: Decided, signal: AbortSignal) {
  let rows = 0;
  let tokens = 0;
  let judgeTokens = 0;
  let images = 0;
  let example = "";
  const selection = { ...run.selection, limit: Math.min(run.selection.limit ?? sampled, sampled), repeats: 1 };
  for await (const unit of plan(task, dataset, selection, signal)) {
    if (!("row" in unit)) continue;
    const prompt = task.prompt(unit.row, run.profileOf(task));
    example ||= promptText(prompt);
    tokens += promptText(prompt).length / charactersPerToken;
    for (const ref of promptImages(prompt)) {
      const { width, height } = await readImage(ref);
      tokens += (width * height) / pixelsPerToken;
      images++;
    }
    judgeTokens +=
      judgePromptLength(task, unit.row, run.generationOf(task, split).maxNewTokens, run.scoring) / charactersPerToken;
    rows++;
  }
  return {
    judgeTokens: Math.round(judgeTokens / Math.max(1, rows)),
    promptTokens: Math.round(tokens / Math.max(1, rows)),
    images: images / Math.max(1, rows),
    example,
  };
}

/** The words of the first question about an answer of typical length. */
function judgePromptLength(task: Task, row: Record<string, unknown>, maxNewTokens: number, scoring: Scoring): number {
  const text = "word ".repeat(Math.min(200, maxNewTokens));
  const output = { text, finish: "stop" as const, usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] };
  const question = judgeUnder(task, scoring)?.ask(row, output, [], scoring);
  return question ? promptText(question.prompt).length : 0;
}
