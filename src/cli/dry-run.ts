import type { Dataset } from "../core/dataset.js";
import { promptImages, promptText } from "../core/prompt.js";
import type { GenerationOptions } from "../core/runner.js";
import type { Split, Task } from "../core/task.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { readImage } from "../images/encoded.js";
import type { EvaluatedTask } from "../run/evaluate.js";
import { plan, plannedCount, type Selection } from "../run/plan.js";
import type { ModelConfig } from "../runners/config.js";
import { ExitCode } from "./exit-code.js";
import { count } from "./number-format.js";

interface DryRun {
  open(task: EvaluatedTask): Promise<Dataset>;
  profileOf(task: Task): string;
  generationOf(task: Task, split: Split): GenerationOptions;
  readonly selection: Selection;
  readonly model: ModelConfig;
  readonly judges: readonly ModelConfig[];
  readonly signal: AbortSignal;
}

/** Rows that stand for the rest: prompts of one benchmark are alike. */
const sampled = 64;
/** English text, common tokenizers; and the rule of thumb of the large providers for a picture. */
const charactersPerToken = 4;
const pixelsPerToken = 750;

/** Says what a run would ask, and estimates tokens and price from the first rows; asks nothing. */
export async function dryRun(tasks: readonly EvaluatedTask[], run: DryRun): Promise<number> {
  let dollars = 0;
  const prices = pricesOf(run.model);
  for (const one of tasks) {
    await using dataset = await run.open(one);
    const estimate = await estimateTask(one, dataset, run);
    const generation = run.generationOf(one.task, one.split);
    const requests = plannedCount(one.task, dataset, run.selection);
    process.stdout.write(
      `${one.label} v${one.task.version}: ${requests === undefined ? "all" : count(requests)} requests, ` +
        `~${count(estimate.promptTokens)} prompt tokens each (${estimate.images.toFixed(1)} images), at most ${count(generation.maxNewTokens)} answer tokens\n` +
        `${terminalSafeLines(estimate.example).replace(/^/gm, "  | ")}\n`,
    );
    if (prices && requests !== undefined) {
      dollars += (requests * (estimate.promptTokens * prices.input + generation.maxNewTokens * prices.output)) / 1e6;
    }
    for (const judge of one.split.answers === "public" && one.task.judge ? run.judges : []) {
      const judgePrices = pricesOf(judge);
      const cost =
        requests === undefined || !judgePrices
          ? undefined
          : (requests * (estimate.judgeTokens * judgePrices.input + judgeAnswerTokens * judgePrices.output)) / 1e6;
      process.stdout.write(
        `  judge: at least ${requests === undefined ? "one question for each" : `${count(requests)} questions`}, ~${count(estimate.judgeTokens)} prompt tokens each` +
          `${cost === undefined ? ", no prices are known" : `, about $${cost.toFixed(2)}`}\n`,
      );
    }
  }
  process.stdout.write(prices ? `at most about $${dollars.toFixed(2)}\n` : "no prices are known for this model\n");
  return ExitCode.done;
}

/** What a judge writes about one answer, by experience with the benchmarks' own prompts. */
const judgeAnswerTokens = 200;

const pricesOf = (model: ModelConfig) => (model as { prices?: { input: number; output: number } }).prices;

async function estimateTask({ task, split }: EvaluatedTask, dataset: Dataset, run: DryRun) {
  let rows = 0;
  let tokens = 0;
  let judgeTokens = 0;
  let images = 0;
  let example = "";
  const selection = { ...run.selection, limit: Math.min(run.selection.limit ?? sampled, sampled), repeats: 1 };
  for await (const unit of plan(task, dataset, selection, run.signal)) {
    if (!("row" in unit)) continue;
    const prompt = task.prompt(unit.row, run.profileOf(task));
    example ||= promptText(prompt);
    tokens += promptText(prompt).length / charactersPerToken;
    for (const ref of promptImages(prompt)) {
      const { width, height } = await readImage(ref);
      tokens += (width * height) / pixelsPerToken;
      images++;
    }
    judgeTokens += judgePromptLength(task, unit.row, run.generationOf(task, split)) / charactersPerToken;
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
function judgePromptLength(task: Task, row: Record<string, unknown>, { maxNewTokens }: GenerationOptions): number {
  const text = "word ".repeat(Math.min(200, maxNewTokens));
  const output = { text, finish: "stop" as const, usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] };
  const question = task.judge?.ask(row, output, [], "official");
  return question ? promptText(question.prompt).length : 0;
}
