import type { Output, Runner } from "../core/runner.js";
import type { StubConfig } from "./config.js";
import type { RunnerOptions } from "./options.js";

const dullAnswer = "a stub has no answer";

/** Says the same thing to everything, at once: for trying a task or the harness without a model. Its scores mean nothing. */
export async function openStub(config: StubConfig, options: RunnerOptions): Promise<Runner> {
  const answer = config.answer ?? dullAnswer;
  const output = (text: string, promptWords: number): Output => ({
    text,
    finish: "stop",
    usage: { promptTokens: promptWords, completionTokens: words(text) },
    timing: { totalMs: 0, requestMs: 0, attempts: 1 },
    warnings: [],
  });
  return {
    name: config.name ?? (config.answer === undefined ? "stub" : `stub:${config.answer}`),
    fingerprint: { runner: "stub", answer },
    concurrency: options.concurrency ?? 32,
    async generate(request, signal) {
      signal.throwIfAborted();
      const parts = answer.split(" ");
      const cut = parts.length > request.options.maxNewTokens;
      const said = output(
        cut ? parts.slice(0, request.options.maxNewTokens).join(" ") : answer,
        promptWords(request.prompt),
      );
      return cut ? { ...said, finish: "length" } : said;
    },
    /** The fewest words are the likeliest; among equals the first. */
    async loglikelihood(request, signal) {
      signal.throwIfAborted();
      const likelihoods = request.continuations.map((text) => ({
        logprob: -words(text),
        tokens: words(text),
        isGreedy: false,
      }));
      const best = likelihoods.reduce((top, one, i) => (one.logprob > (likelihoods[top]?.logprob ?? 0) ? i : top), 0);
      return { ...output(request.continuations[best] ?? "", promptWords(request.prompt)), likelihoods };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function words(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

function promptWords(prompt: {
  readonly messages: readonly { readonly parts: readonly { type: string; text?: string }[] }[];
}): number {
  return prompt.messages.reduce(
    (sum, message) =>
      sum + message.parts.reduce((n, part) => n + (part.type === "text" ? words(part.text ?? "") : 0), 0),
    0,
  );
}
