/** A Runner over the engine: prompts become ids, ids become answers. */

import { setMaxListeners } from "node:events";
import { defined } from "../../core/defined.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { RenderedPrompt } from "../../core/prompt.js";
import type {
  Fingerprint,
  GenerateRequest,
  Likelihood,
  LikelihoodRequest,
  Output,
  Runner,
  Usage,
} from "../../core/runner.js";
import { AnswerText, finishedText } from "./answer-text.js";
import { framesAs } from "./clip-as.js";
import { DecodedImages } from "./decoded-images.js";
import type { NativePrompt, NativeStatistics, NativeTiming, NativeUsage } from "./native.js";
import type { LocalModel } from "./open-model.js";
import { type Piece, piecesText } from "./prompt/pieces.js";
import { continuationTokens, framedSlots, promptTokens } from "./prompt/prompt-tokens.js";
import { type ShownImages, shownImages } from "./shown-images.js";
import { unlessAborted } from "./unless-aborted.js";

/** Requests whose images are decoded while the engine works on those before them. */
const decodedAhead = 8;

interface Prepared {
  readonly native: NativePrompt;
  readonly pieces: readonly Piece[];
  /** Of the merged sequence: text ids and image vectors. */
  readonly positions: number;
  readonly warnings: readonly string[];
}

export class LocalRunner implements Runner {
  readonly name: string;
  readonly fingerprint: Fingerprint;
  readonly concurrency: number;
  private readonly decoded = new DecodedImages();
  private readonly quiet = new WeakSet<AbortSignal>();
  private lastId = 0;

  constructor(
    private readonly model: LocalModel,
    options: { readonly name?: string; readonly concurrency?: number } = {},
  ) {
    this.name = options.name ?? `local:${model.checkpoint.name}`;
    this.fingerprint = model.fingerprint;
    this.concurrency = options.concurrency ?? model.engine.concurrency + decodedAhead;
  }

  async generate(given: GenerateRequest, signal: AbortSignal): Promise<Output> {
    const started = performance.now();
    const request = { ...given, prompt: framesAs(this.model.clipAs, given.prompt) };
    const { engine, tokenizer, stopTokens, description } = this.model;
    const { options } = request;
    using shown = await this.images(request.prompt, signal);
    const { native, positions, warnings } = await this.prepare(request, shown);

    const room = engine.maxContext - positions;
    if (room < 1) throw tooLong(positions, engine.maxContext);
    const maxNewTokens = Math.min(options.maxNewTokens, room);
    const stops = (options.stop ?? []).filter((stop) => stop !== "");
    const answer = new AnswerText(tokenizer, stops);

    const output = await this.whileWanted(native.id, signal, () =>
      engine.generate({
        ...native,
        maxNewTokens,
        stopTokens,
        temperature: options.temperature,
        ...defined({ topP: options.topP, topK: options.topK }),
        repetitionPenalty: options.repetitionPenalty ?? description.repetitionPenalty,
        penalizePrompt: description.penalizePrompt,
        seed: request.seed,
        ...(stops.length === 0 ? {} : { onTokens: (ids) => !answer.push(ids) }),
      }),
    );

    const { text, stopped, tokens } = finishedText(tokenizer, [...output.tokens], stops);
    return {
      text,
      finish: stopped ? "stop" : output.finish,
      usage: { ...usage(output.usage), completionTokens: tokens },
      timing: timing(started, output.timing),
      warnings:
        maxNewTokens < options.maxNewTokens
          ? [
              ...warnings,
              `maxNewTokens ${options.maxNewTokens} cut to ${maxNewTokens}: the context holds ${engine.maxContext} tokens`,
            ]
          : warnings,
    };
  }

  /** The conversation as the template writes it: a version that writes it otherwise asks something else. */
  async rendered({ prompt }: GenerateRequest | LikelihoodRequest): Promise<Json> {
    return {
      prompt: piecesText(this.pieces(framesAs(this.model.clipAs, prompt))),
      beforeAnswer: this.model.template.beforeAnswer,
    };
  }

  /** Continuations follow what the template puts before an answer (Vicuna's space); a terminator is not scored. */
  async loglikelihood(given: LikelihoodRequest, signal: AbortSignal): Promise<Output> {
    const started = performance.now();
    const request = { ...given, prompt: framesAs(this.model.clipAs, given.prompt) };
    const { engine, tokenizer, template, description } = this.model;
    using shown = await this.images(request.prompt, signal);
    const { native, pieces, positions, warnings } = await this.prepare(request, shown);

    const continuations = request.continuations.map((text) =>
      continuationTokens(tokenizer, pieces, template.beforeAnswer + text),
    );
    for (const { ids } of continuations) refuseBeyond(ids, description.logitRows);
    const empty = continuations.findIndex(({ ids }) => ids.length === 0);
    if (empty >= 0) throw new SampleFailure("data", `continuation ${empty + 1} has no tokens`);
    const longest = Math.max(0, ...continuations.map(({ ids }) => ids.length));
    if (positions + longest > engine.maxContext) throw tooLong(positions + longest, engine.maxContext);

    const output = await this.whileWanted(native.id, signal, () =>
      engine.loglikelihood({ ...native, continuations: continuations.map(({ ids }) => Int32Array.from(ids)) }),
    );
    const likelihoods = output.continuations.map(
      ({ logprob, isGreedy }, i): Likelihood => ({ logprob, isGreedy, tokens: continuations[i]?.ids.length ?? 0 }),
    );
    const crossing = continuations.filter(({ crossesBorder }) => crossesBorder).length;
    return {
      text: request.continuations[likeliest(likelihoods)] ?? "",
      finish: "stop",
      usage: usage(output.usage),
      timing: timing(started, output.timing),
      warnings:
        crossing > 0
          ? [
              ...warnings,
              `${crossing} continuation(s) share a token with the end of the prompt: cut as the reference cuts`,
            ]
          : warnings,
      likelihoods,
    };
  }

  /** What the engine did so far: for progress lines and benchmarks. */
  statistics(): NativeStatistics {
    return this.model.engine.statistics();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.engine.close();
  }

  /** Held until the answer is there: the engine, too, holds an image until it has cut it into tiles. */
  private async images(prompt: RenderedPrompt, signal: AbortSignal): Promise<ShownImages> {
    signal.throwIfAborted();
    this.allowManyListeners(signal);
    try {
      return await shownImages(prompt, this.decoded, this.model.engine, signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : asOutcome(error);
    }
  }

  private pieces(prompt: RenderedPrompt): Piece[] {
    const { template, description } = this.model;
    const rendered = template.render(prompt.messages);
    return description.imageStartEnd ? framedSlots(rendered) : rendered;
  }

  private async prepare(request: GenerateRequest | LikelihoodRequest, shown: ShownImages): Promise<Prepared> {
    const { engine, tokenizer, template, description } = this.model;
    const pieces = this.pieces(request.prompt);
    const tokens = promptTokens(tokenizer, pieces, template);
    refuseBeyond(tokens, description.text.vocabularyRows);

    if (description.clips.refusal !== null && shown.images.some(({ clip }) => clip !== undefined)) {
      throw new UserError(
        `the model takes no clips: ${description.clips.refusal}`,
        this.name,
        "send the frames as images (--clip-as images), or use a model for video",
      );
    }
    const imageTokens = await engine.imageTokens(shown.images);
    return {
      native: {
        id: ++this.lastId,
        tokens: Int32Array.from(tokens),
        images: shown.images,
        ...defined({ prefix: request.prefix }),
      },
      pieces,
      positions: tokens.length - shown.images.length + imageTokens,
      warnings: [...new Set(shown.warnings)],
    };
  }

  /** One signal for a whole run has a listener per request in flight: that is no leak. */
  private allowManyListeners(signal: AbortSignal): void {
    if (this.quiet.has(signal)) return;
    this.quiet.add(signal);
    setMaxListeners(0, signal);
  }

  /** Runs a request of the engine; an abort reaches it, and rejects here at once with the signal's reason. */
  private async whileWanted<T>(id: number, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const abort = () => this.model.engine.abort(id);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await unlessAborted(ask(), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : asOutcome(error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** A row may quote a token that the vocabulary has and the weights have not. */
function refuseBeyond(ids: readonly number[], rows: number): void {
  const beyond = ids.find((id) => id >= rows);
  if (beyond === undefined) return;
  throw new SampleFailure("data", `the text has the token ${beyond}; the checkpoint has ${rows} rows of tokens`);
}

const tooLong = (positions: number, context: number): SampleFailure =>
  new SampleFailure("data", `the prompt and its images have ${positions} tokens; the model's context holds ${context}`);

/** What an error of the engine means for the run: one sample without an answer, or none can have one. */
function asOutcome(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "CONTEXT":
    case "IMAGE":
      return new SampleFailure("data", error.message, { cause: error });
    case "NAN":
      return new SampleFailure("data", `${error.message} (an overflow? try --dtype bf16 or fp32)`, { cause: error });
    case "MEMORY":
      return new SampleFailure("transport", `out of memory: ${error.message}`, { cause: error });
    case "DEVICE":
      return new UserError(
        `the device failed: ${error.message}`,
        "--device",
        "look at the driver's log; the same command continues where this run stopped",
        { cause: error },
      );
    default:
      return error;
  }
}

function likeliest(likelihoods: readonly Likelihood[]): number {
  return likelihoods.reduce((best, one, i) => (one.logprob > (likelihoods[best]?.logprob ?? 0) ? i : best), 0);
}

const usage = ({ promptTokens, cachedTokens, completionTokens }: NativeUsage): Usage => ({
  promptTokens,
  cachedTokens,
  completionTokens,
});

const timing = (started: number, { prefillMs, decodeMs }: NativeTiming) => ({
  totalMs: performance.now() - started,
  requestMs: prefillMs + decodeMs,
  attempts: 1,
});
