import { basename } from "node:path";
import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import type { GenerateRequest, LikelihoodRequest, Output, Runner } from "../core/runner.js";
import { Answers } from "../record/answers.js";
import type { ReplayConfig } from "./config.js";
import type { RunnerOptions } from "./options.js";

/**
 * Answers from journals of an earlier run, without any model: `FILE` is a `<task>.samples.jsonl`, or a run folder with
 * several. A sample is found by its label and its row's id, never by its words: equal requests may have had other answers. What
 * failed then fails now, for the same reason.
 */
export async function openReplay(config: ReplayConfig, options: RunnerOptions): Promise<Runner> {
  const answers = await Answers.open(config.file);
  const answer = async (request: GenerateRequest | LikelihoodRequest, signal: AbortSignal): Promise<Output> => {
    signal.throwIfAborted();
    const record = await answers.find(request.id);
    if (!record) throw new SampleFailure("transport", `${config.file} has no answer for ${request.id}`);
    if (record.state === "failed") throw new SampleFailure(record.score.reason, record.score.detail);
    const round = request.prompt.messages.filter((message) => message.role === "assistant").length;
    return {
      text: record.turns?.[round] ?? record.text,
      ...defined({ reasoning: record.reasoning }),
      finish: record.finish ?? "stop",
      usage: {},
      timing: { totalMs: 0, requestMs: 0, attempts: 1 },
      warnings: record.warnings ?? [],
      ...defined({ likelihoods: record.likelihoods }),
    };
  };
  return {
    name: config.name ?? `replay:${basename(config.file)}`,
    fingerprint: { runner: "replay", journal: answers.digest },
    concurrency: options.concurrency ?? 32,
    answersBySample: true,
    generate: answer,
    loglikelihood: answer,
    [Symbol.asyncDispose]: () => answers[Symbol.asyncDispose](),
  };
}
