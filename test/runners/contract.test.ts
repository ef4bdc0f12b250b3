import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelConfig } from "../../src/runners/config.js";
import { openRunner } from "../../src/runners/index.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { type RunnerCase, runnerContract } from "./contract.js";

const key = "sk-contract-0123456789abcdef";
const environment = { THE_KEY: key };

function remote(
  config: (url: string, origin: string) => ModelConfig,
  skip: RunnerCase["skip"] = {},
): Omit<RunnerCase, "name"> {
  return {
    secrets: [key],
    skip,
    open: async () => {
      const endpoint = await startEndpoint({ apiKey: key });
      const runner = await openRunner(config(endpoint.url, endpoint.origin), { environment });
      return { runner, close: () => endpoint.stop() };
    },
  };
}

const noLikelihood = { likelihood: "the API returns no log-probabilities of given text" };

runnerContract({ name: "stub", open: async () => ({ runner: await openRunner("stub"), close: async () => {} }) });

runnerContract({
  name: "replay",
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-replay-"));
    const file = join(folder, "vqav2.samples.jsonl");
    const likelihoods = [
      { logprob: -1, tokens: 1, isGreedy: true },
      { logprob: -3, tokens: 3, isGreedy: false },
    ];
    const lines = Array.from({ length: 6 }, (_, i) =>
      JSON.stringify({
        index: i,
        id: String(i),
        cluster: "x",
        text: i === 0 ? " yes" : `a${i}`,
        finish: "stop",
        likelihoods,
      }),
    );
    await writeFile(file, `${lines.join("\n")}\n`);
    return { runner: await openRunner(`replay:${file}`), close: () => rm(folder, { recursive: true }) };
  },
});

runnerContract({
  name: "openai",
  ...remote((url) => ({ runner: "openai", model: "m", urls: [url], apiKey: "env:THE_KEY", loglikelihood: "echo" })),
});
runnerContract({
  name: "anthropic",
  ...remote((url) => ({ runner: "anthropic", model: "m", urls: [url], apiKey: "env:THE_KEY" }), noLikelihood),
});
runnerContract({
  name: "gemini",
  ...remote(
    (_, origin) => ({ runner: "gemini", model: "m", urls: [`${origin}/v1beta`], apiKey: "env:THE_KEY" }),
    noLikelihood,
  ),
});
