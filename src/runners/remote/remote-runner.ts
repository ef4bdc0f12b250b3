import { defined } from "../../core/defined.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import type { EncodedImage } from "../../core/image.js";
import type { Json } from "../../core/json.js";
import { promptImages, type RenderedPrompt } from "../../core/prompt.js";
import type {
  Fingerprint,
  GenerateRequest,
  Likelihood,
  LikelihoodRequest,
  Output,
  PreflightQuestion,
  Runner,
  Usage,
} from "../../core/runner.js";
import { backoffMs, maxRetryAfterMs, sleep } from "../../http/retry.js";
import { TransportError } from "../../http/transport-error.js";
import { fitImage } from "../../images/fit.js";
import type { Prices } from "../config.js";
import { askedWaitMs } from "./asked-wait.js";
import { errorInside } from "./error-inside.js";
import { explain, jsonOf, serverWords } from "./explain.js";
import { classOf } from "./failure-class.js";
import { fixFor } from "./fixes.js";
import type { RemoteParts } from "./parts.js";
import { checkReachable } from "./preflight.js";
import type { Call, ImageParts, Protocol, Reply } from "./protocol.js";
import { hideIn, parseReply } from "./reply.js";
import { serverFacts } from "./server-facts.js";
import { type Server, Servers, urlOf } from "./servers.js";
import { inWords, Waits } from "./waits.js";
import { Window } from "./window.js";

type Answered = Exclude<Reply, { refused: string } | { missing: string }>;

/** What one call cost besides its answer. */
interface Spent {
  readonly reply: Answered;
  readonly answeredBy?: string;
  readonly timing: Output["timing"];
}

const defaultTimeoutSeconds = 300;
const defaultAttempts = 6;
/** A rate limit is no failure of the request: it may be met so many times more often than other faults. */
const rateLimitAllowance = 4;

/** Asks a model over HTTP: balanced over its servers, within its window, with bounded retries. */
export class RemoteRunner implements Runner {
  readonly name: string;
  readonly fingerprint: Fingerprint;
  readonly loglikelihood?: NonNullable<Runner["loglikelihood"]>;
  private readonly parts: RemoteParts;
  private readonly servers: Servers;
  private readonly window: Window;
  private readonly waits: Waits;

  constructor(parts: RemoteParts) {
    this.name = parts.name;
    this.fingerprint = parts.fingerprint;
    this.parts = parts;
    this.servers = new Servers(parts.urls);
    this.window = new Window(parts.most);
    this.waits = new Waits(parts.warn);
    if (parts.protocol.likelihood) this.loglikelihood = (request, signal) => this.likelihoods(request, signal);
  }

  get concurrency(): number {
    return this.window.size;
  }

  preflight(signal: AbortSignal, question: PreflightQuestion = { options: [], images: false }): Promise<void> {
    return checkReachable(
      {
        parts: this.parts,
        servers: this.servers.all,
        attempt: (call, server, seconds) => this.attempt(call, server, signal, seconds),
        call: async (prompt, options) => {
          const { parts } = await this.images(prompt);
          return this.parts.protocol.generate({ id: "preflight", prompt, options, seed: 0 }, parts);
        },
        waits: this.waits,
        signal,
      },
      question,
    );
  }

  async generate(request: GenerateRequest, signal: AbortSignal): Promise<Output> {
    signal.throwIfAborted();
    const { parts, notes } = await this.images(request.prompt);
    const { protocol } = this.parts;
    const call = protocol.generate(request, parts);
    const { reply, timing, answeredBy } = await this.ask(call, (value) => protocol.read(value), request, signal);
    const text = cutAtStop(reply.text, request.options.stop);
    return {
      ...reply,
      text,
      // Stopped by us, although the server went on to its limit.
      finish: text === reply.text ? reply.finish : "stop",
      ...defined({ answeredBy }),
      usage: this.priced(reply.usage),
      timing,
      warnings: [...call.warnings, ...notes],
    };
  }

  async rendered(request: GenerateRequest | LikelihoodRequest): Promise<Json> {
    const { protocol, headers, transport } = this.parts;
    const { parts } = await this.images(request.prompt);
    if ("continuations" in request && !protocol.likelihood) return null;
    const call =
      "continuations" in request
        ? (protocol.likelihood as NonNullable<Protocol["likelihood"]>).call(
            request,
            parts,
            request.continuations[0] ?? "",
          )
        : protocol.generate(request, parts);
    const body = JSON.parse(call.body.text()) as Json;
    call.body.release();
    // A header with a key in it says who asks, not what is asked.
    const open = Object.entries(headers).filter(([, value]) => transport.redact(value) === value);
    return { path: call.path, headers: Object.fromEntries(open), body };
  }

  /** Of the first server: the others are its equals. Providers' own services say nothing of use, and are not asked. */
  async server(signal: AbortSignal): Promise<Json | undefined> {
    const [first] = this.servers.all;
    return first && this.parts.config.urls ? serverFacts(this.parts, first, signal) : undefined;
  }

  private async likelihoods(request: LikelihoodRequest, signal: AbortSignal): Promise<Output> {
    const likelihood = this.parts.protocol.likelihood as NonNullable<Protocol["likelihood"]>;
    const { parts, notes } = await this.images(request.prompt);
    const spent: Spent[] = [];
    const score = async (continuation: string, promptTokens: number): Promise<Answered> => {
      const call = likelihood.call(request, parts, continuation);
      const read = (reply: unknown): Reply =>
        continuation === ""
          ? this.parts.protocol.read(reply)
          : likelihood.read(reply, request, continuation, promptTokens);
      spent.push(await this.ask(call, read, request, signal));
      return (spent.at(-1) as Spent).reply;
    };
    const counted = likelihood.countsPrompt ? ((await score("", 0)).usage.promptTokens ?? 0) : 0;
    const likelihoods: Likelihood[] = [];
    for (const continuation of request.continuations) {
      likelihoods.push(...((await score(continuation, counted)).likelihoods ?? []));
    }
    const best = likelihoods.reduce((top, one, i) => (one.logprob > (likelihoods[top]?.logprob ?? 0) ? i : top), 0);
    return {
      text: request.continuations[best] ?? "",
      finish: "stop",
      usage: this.priced(sumUsage(spent.map(({ reply }) => reply.usage))),
      timing: {
        totalMs: spent.reduce((sum, { timing }) => sum + timing.totalMs, 0),
        attempts: spent.reduce((sum, { timing }) => sum + timing.attempts, 0),
        retried: spent.flatMap(({ timing }) => timing.retried ?? []),
      },
      warnings: notes,
      likelihoods,
    };
  }

  /** Images within the endpoint's limits; those that are need no work and no entry. */
  private async images(prompt: RenderedPrompt): Promise<{ parts: ImageParts; notes: readonly string[] }> {
    // A clip that is sent whole is taken as it is, or refused.
    const images = promptImages(prompt).filter(({ sampling }) => sampling === undefined);
    const limits = { ...this.parts.protocol.limits(images.length), ...this.parts.config.images };
    const { maxImages } = limits;
    if (maxImages !== undefined && images.length > maxImages) {
      throw new SampleFailure("data", `the prompt has ${images.length} images; the endpoint takes ${maxImages}`);
    }
    const parts = new Map<EncodedImage, EncodedImage>();
    const notes: string[] = [];
    for (const image of images) {
      const fitted = await fitImage(image, limits);
      if (fitted.note === undefined) continue;
      parts.set(image, fitted.image);
      notes.push(fitted.note);
    }
    return { parts, notes };
  }

  /** One request, asked until it is answered or the bound is reached. */
  private async ask(
    call: Call,
    read: (reply: unknown) => Reply,
    request: Pick<GenerateRequest, "prefix" | "drain">,
    signal: AbortSignal,
  ): Promise<Spent> {
    const { config, protocol } = this.parts;
    const most = config.attempts ?? defaultAttempts;
    const began = performance.now();
    const retried: string[] = [];
    let failures = 0;
    let rateLimits = 0;
    for (;;) {
      await this.window.enter(signal, request.drain);
      const server = this.servers.take(request.prefix);
      const sentAt = performance.now();
      let failure: TransportError;
      try {
        const value = await this.attempt(call, server, signal);
        const reply = hideIn(read(value), this.parts.transport);
        if ("refused" in reply) {
          this.servers.done(server);
          throw new SampleFailure("refused", reply.refused);
        }
        if (!("missing" in reply)) {
          this.servers.done(server);
          this.window.succeeded();
          const now = performance.now();
          call.body.release();
          const answeredBy = protocol.modelOf?.(value);
          return {
            reply,
            ...(answeredBy === undefined || answeredBy === config.model ? {} : { answeredBy }),
            timing: {
              totalMs: inMicroseconds(now - began),
              requestMs: inMicroseconds(now - sentAt),
              attempts: retried.length + 1,
              ...(retried.length > 0 ? { retried } : {}),
            },
          };
        }
        failure = new TransportError("malformed", `the reply has no answer in it: ${reply.missing}`);
        this.servers.done(server, failure);
        if (reply.lasting) throw new SampleFailure("transport", failure.message, { cause: failure });
      } catch (error) {
        if (!(error instanceof TransportError)) {
          // A SampleFailure is thrown here, after the server was done with.
          if (!(error instanceof SampleFailure)) this.servers.done(server);
          throw error;
        }
        failure = error;
        this.servers.done(server, failure);
        this.window.congested(failure, sentAt);
      } finally {
        this.window.leave();
      }
      this.giveUpIfHopeless(failure, call, server);
      retried.push(failure.kind);
      if (failure.status === 429) rateLimits += 1;
      else failures += 1;
      if (failures >= most || rateLimits >= most * rateLimitAllowance) {
        throw new SampleFailure(
          "transport",
          `${explain(failure)} (after ${retried.length} attempts: ${retried.join(", ")})`,
          { cause: failure },
        );
      }
      const wait = backoffMs(failures + Math.ceil(rateLimits / 2), failure.retryAfterMs);
      this.waits.say(wait, failure);
      await sleep(wait, signal, request.drain);
    }
  }

  private async attempt(
    call: Call,
    server: Server,
    signal: AbortSignal,
    mostSeconds = Number.POSITIVE_INFINITY,
  ): Promise<unknown> {
    const { config, transport, headers } = this.parts;
    const seconds = Math.min(config.timeoutSeconds ?? defaultTimeoutSeconds, mostSeconds);
    const url = urlOf(server, call.path);
    const response = await transport.request({
      method: "POST",
      url,
      headers,
      body: call.body.content,
      timeoutMs: seconds * 1000,
      signal,
    });
    if (response.status >= 300) throw withAskedWait(transport.statusError(response, url));
    const reply = parseReply(response, transport);
    const error = errorInside(reply, transport.redact);
    if (error) throw withAskedWait(error);
    return reply;
  }

  /** @throws SampleFailure | UserError  when asking again would change nothing */
  private giveUpIfHopeless(failure: TransportError, call: Call, server: Server): void {
    const cause = { cause: failure };
    switch (classOf(failure)) {
      case "refused":
        throw new SampleFailure("refused", explain(failure), cause);
      case "key":
      case "account":
      case "model":
      case "parameter": {
        const url = urlOf(server, call.path);
        throw new UserError(explain(failure), url, fixFor(failure, this.parts, url), cause);
      }
      case "image":
      case "context":
      case "sample":
        throw new SampleFailure("transport", explain(failure), cause);
      case "passing":
    }
    const { retryAfterMs = 0 } = failure;
    if (retryAfterMs > maxRetryAfterMs) {
      const detail = `the endpoint asks to wait ${inWords(retryAfterMs)}: ${explain(failure)}`;
      throw new SampleFailure("transport", detail, { ...cause, endpointDown: true });
    }
  }

  private priced(usage: Omit<Usage, "cost">): Usage {
    const cost = costOf(usage, this.parts.config.prices);
    return cost === undefined ? usage : { ...usage, cost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.transport[Symbol.asyncDispose]();
  }
}

/** Milliseconds without the digits that no clock has: every sample's line would carry ten of them, twice. */
const inMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;

/** What a body says about waiting counts where the headers say nothing. */
function withAskedWait(error: TransportError): TransportError {
  if (error.retryAfterMs !== undefined || error.body === undefined) return error;
  if (error.status !== 429 && error.status !== 503) return error;
  const retryAfterMs = askedWaitMs(jsonOf(error.body), serverWords(error.body));
  if (retryAfterMs === undefined) return error;
  const { status, body } = error;
  return new TransportError(error.fault, error.message, { status, body, retryAfterMs, cause: error.cause });
}

/** The text before the first stop string: the contract's meaning, whatever the server made of the option. */
function cutAtStop(text: string, stops: readonly string[] = []): string {
  const ends = stops.map((stop) => (stop === "" ? -1 : text.indexOf(stop))).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

function costOf(usage: Omit<Usage, "cost">, prices: Prices | undefined): number | undefined {
  if (!prices || usage.promptTokens === undefined) return undefined;
  const cached = usage.cachedTokens ?? 0;
  const input = (usage.promptTokens - cached) * prices.input + cached * (prices.cachedInput ?? prices.input);
  return (input + (usage.completionTokens ?? 0) * prices.output) / 1e6;
}

function sumUsage(usages: readonly Omit<Usage, "cost">[]): Omit<Usage, "cost"> {
  const sum: Record<string, number> = {};
  for (const usage of usages) {
    for (const [name, value] of Object.entries(usage)) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}
