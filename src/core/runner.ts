import type { Json } from "./json.js";
import type { RenderedPrompt } from "./prompt.js";

/** How an answer is generated. Everything here is recorded: all of it can change a number. */
export interface GenerationOptions {
  /** Tokens, at most. */
  readonly maxNewTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  /** The text ends before the first of these. */
  readonly stop?: readonly string[];
  readonly repetitionPenalty?: number;
}

export interface GenerateRequest {
  /** Names the sample in messages, and finds its row in a replayed run: `label/row`. */
  readonly id: string;
  readonly prompt: RenderedPrompt;
  readonly options: GenerationOptions;
  /** Makes a sampled answer reproducible whatever it is batched with. */
  readonly seed: number;
  /** Aborted by the first Ctrl-C: what is being asked is finished, but nobody waits any longer to ask again. */
  readonly drain?: AbortSignal;
  /** Whether an answer has the form asked for: one that has not is never cached, and a cached one that has not is passed over. */
  readonly hasForm?: (output: Output) => boolean;
  /** Requests that share a prefix (one image), and how many of them are still to come: at 0 the prefix may be freed. */
  readonly prefix?: { readonly key: string; readonly remaining: number };
}

export interface LikelihoodRequest extends Omit<GenerateRequest, "options"> {
  /** Scored each on its own after the same prompt. */
  readonly continuations: readonly string[];
}

export interface Likelihood {
  /** Sum of natural-log probabilities of the continuation's tokens. */
  readonly logprob: number;
  readonly tokens: number;
  /** Every token of the continuation was the arg-max. */
  readonly isGreedy: boolean;
}

export interface Usage {
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly completionTokens?: number;
  readonly reasoningTokens?: number;
  /** US dollars, when the model's prices are known. */
  readonly cost?: number;
}

export interface Timing {
  /** From the first attempt to the answer, milliseconds, waits included. */
  readonly totalMs: number;
  /** The attempt that succeeded, milliseconds. */
  readonly requestMs?: number;
  /** 1 = no retry. */
  readonly attempts: number;
  /** Why attempts failed, oldest first: `429`, `timeout`, `reset`, ... */
  readonly retried?: readonly string[];
}

export interface Output {
  /** The raw text of the answer, nothing stripped. */
  readonly text: string;
  /** Thinking that the provider returns apart from the answer. */
  readonly reasoning?: string;
  readonly finish: "stop" | "length" | "filtered";
  /** The model that the reply names as its author; absent when it is the one that was asked for, or none is named. */
  readonly answeredBy?: string;
  readonly usage: Usage;
  readonly timing: Timing;
  /** Options that the runner could not honour, images it had to re-encode, ...: silence makes numbers incomparable. */
  readonly warnings: readonly string[];
  /** Log-likelihood form: one for each continuation. */
  readonly likelihoods?: readonly Likelihood[];
}

/** What a run is going to ask. */
export interface PreflightQuestion {
  /** As its tasks set them, each set once. */
  readonly options: readonly GenerationOptions[];
  /** Its prompts have images. */
  readonly images: boolean;
}

/** What a number depends on besides the prompt: model, revision, weights digest, template, precision, device. Never a secret. */
export type Fingerprint = { readonly [key: string]: Json };

/**
 * Answers requests. `generate` rejects with `SampleFailure` when one sample has no answer (the run goes on) and with
 * `UserError` when no sample can have one (wrong key, unknown model). An aborted call rejects promptly with the signal's reason.
 */
export interface Runner extends AsyncDisposable {
  /** Shown in results, e.g. `openai:gpt-4o-mini`. */
  readonly name: string;
  readonly fingerprint: Fingerprint;
  /** How many calls are useful at once; the loop never exceeds it. Read again before each dispatch: it may adapt. */
  readonly concurrency: number;
  /**
   * An answer belongs to its sample, not to the words of its request: two equal requests have answers of their own. Nothing is
   * shared between samples or cached (`replay:`).
   */
  readonly answersBySample?: boolean;
  /**
   * What would be sent for this request, as JSON: all that the model or its server would see, without secrets. What makes two runs
   * the same is read from it. Absent: the fingerprint says it all.
   */
  rendered?(request: GenerateRequest | LikelihoodRequest): Promise<Json>;
  /** What the server says of itself (its models, its version), for the record; never part of what makes two runs the same. */
  server?(signal: AbortSignal): Promise<Json | undefined>;
  /**
   * Asks a few trivial requests so that a wrong URL, key or model, an option that the model refuses, or a server that sees no
   * images stops the run at once (`UserError` with the likely fix).
   */
  preflight?(signal: AbortSignal, question?: PreflightQuestion): Promise<void>;
  generate(request: GenerateRequest, signal: AbortSignal): Promise<Output>;
  loglikelihood?(request: LikelihoodRequest, signal: AbortSignal): Promise<Output>;
}
