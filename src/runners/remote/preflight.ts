import { messageOf, UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { promptImages, type RenderedPrompt } from "../../core/prompt.js";
import type { GenerationOptions, PreflightQuestion } from "../../core/runner.js";
import { backoffMs, maxRetryAfterMs, sleep } from "../../http/retry.js";
import { TransportError } from "../../http/transport-error.js";
import { explain } from "./explain.js";
import { classOf, type FailureClass } from "./failure-class.js";
import { fixFor } from "./fixes.js";
import type { RemoteParts } from "./parts.js";
import { type Call, modelsPath, type Reply } from "./protocol.js";
import { type Server, urlOf } from "./servers.js";
import { checkSight, imageAndWords, wordsAlone, wordsAndMore } from "./sight.js";
import type { Waits } from "./waits.js";

/** A server that says nothing for so long to "Say ok." will not serve a benchmark. */
const mostSeconds = 60;

/** Attempts per server: a passing fault must not stop a run, a lasting one should be known soon. */
const attempts = 4;
/** A first request may find the model still being loaded, or be lost; who is silent twice stays so. */
const attemptsInSilence = 2;

/** Enough for "ok"; a thinking model is cut, and has answered all the same. */
const briefly = { maxNewTokens: 16, temperature: 0 } as const;

export interface Preflight {
  readonly parts: RemoteParts;
  readonly servers: readonly Server[];
  /** One attempt, without a retry. */
  readonly attempt: (call: Call, server: Server, mostSeconds: number) => Promise<unknown>;
  /** A call with its images within the endpoint's limits. */
  readonly call: (prompt: RenderedPrompt, options: GenerationOptions) => Promise<Call>;
  readonly waits: Waits;
  readonly signal: AbortSignal;
}

/** Classes of failure that every sample would meet. */
const hopeless: readonly FailureClass[] = ["key", "account", "model", "image", "parameter"];

/**
 * A few small requests to every server of the model, so that what is wrong with all samples is known before anything is paid
 * for: the URL, the key and the model by words alone; by the tasks' own options, and an image where their prompts have one,
 * what the model refuses, and whether it sees.
 * A server that fails while another works is only warned about.
 * @throws UserError  with the resolved URL and the likely fix
 */
export async function checkReachable(run: Preflight, question: PreflightQuestion): Promise<void> {
  const { parts, servers } = run;
  const call = await run.call(wordsAlone, briefly);
  const asked = await Promise.all(servers.map(async (server) => ({ server, ...(await ask(run, call, server)) })));
  const failed = asked.flatMap(({ server, failure }) => (failure ? [{ server, failure }] : []));
  const [first] = failed;
  if (first && failed.length === servers.length) {
    // No mistake of the user's: the run ends with its first sample, and goes on another day.
    if (first.failure.status === 429 && (first.failure.retryAfterMs ?? 0) > maxRetryAfterMs) return;
    throw await diagnose(parts, { ...first, call }, run.signal);
  }
  for (const { server, failure } of failed)
    parts.warn(`${server.url} does not answer (${explain(failure)}); the other servers are used`);
  const answering = asked.flatMap(({ server, reply }) => (reply ? [{ server, reply }] : []));
  await Promise.all(answering.map(({ server, reply }) => checkOptions(run, question, server, reply)));
}

/** What the tasks are going to ask, at one server that answers. */
async function checkOptions(run: Preflight, question: PreflightQuestion, server: Server, first: Reply): Promise<void> {
  const { parts } = run;
  if ("missing" in first) parts.warn(`${server.url}: the first reply has no answer in it: ${first.missing}`);
  const prompt = question.images ? imageAndWords : wordsAlone;
  const sets = question.options.length > 0 ? question.options : question.images ? [briefly] : [];
  let seen: Reply | undefined;
  for (const options of sets) {
    const call = await run.call(prompt, options);
    const { reply, failure } = await ask(run, call, server);
    if (failure && hopeless.includes(classOf(failure)))
      throw await diagnose(parts, { server, call, failure }, run.signal);
    if (failure) {
      const what = promptImages(prompt).length > 0 ? "a request with an image" : "a request with the task's options";
      parts.warn(`${server.url}: ${what} failed: ${explain(failure)}`);
      break;
    }
    seen ??= reply;
  }
  if (!question.images || !seen || parts.config.countsImages === false) return;
  await checkSight(
    {
      words: promptTokens(first),
      withImage: promptTokens(seen),
      longer: async () => promptTokens((await ask(run, await run.call(wordsAndMore, briefly), server)).reply),
    },
    server.url,
    parts.warn,
  );
}

const promptTokens = (reply: Reply | undefined) => (reply && "usage" in reply ? reply.usage.promptTokens : undefined);

async function ask(
  { parts, attempt, waits, signal }: Preflight,
  call: Call,
  server: Server,
): Promise<{ reply: Reply; failure?: never } | { reply?: never; failure: TransportError }> {
  for (let failures = 1; ; failures++) {
    try {
      return { reply: parts.protocol.read(await attempt(call, server, mostSeconds)) };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      // Nobody there: waiting longer does not change it.
      const lasting = classOf(error) !== "passing" || ["refused", "dns", "proxy"].includes(error.fault);
      const tooLong = (error.retryAfterMs ?? 0) > maxRetryAfterMs;
      const most = error.fault === "timeout" ? attemptsInSilence : attempts;
      if (lasting || tooLong || failures >= most) return { failure: error };
      const wait = backoffMs(failures, error.retryAfterMs, { firstMs: 300, mostMs: 5_000 });
      waits.say(wait, error);
      await sleep(wait, signal);
    }
  }
}

async function diagnose(
  parts: RemoteParts,
  { server, call, failure }: { readonly server: Server; readonly call: Call; readonly failure: TransportError },
  signal: AbortSignal,
): Promise<UserError> {
  const url = urlOf(server, call.path);
  const fix = (await otherModel(parts, server, failure, signal)) ?? fixFor(failure, parts, url);
  return new UserError(explain(failure), url, fix, { cause: failure });
}

/** A 404 or an unexplained 400: perhaps the server has another model, or this is not the API's URL. */
async function otherModel(
  parts: RemoteParts,
  server: Server,
  failure: TransportError,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { config } = parts;
  const kind = failure.status === undefined ? undefined : classOf(failure);
  if (kind !== "model" && !(kind === "sample" && failure.status === 400)) return undefined;
  const models = await listModels(parts, server, signal);
  if (models.length > 0 && !models.includes(config.model)) {
    return `${didYouMean(config.model, models)}the server has: ${models.slice(0, 10).join(", ")}`;
  }
  const ending = /\/(chat\/completions|completions|messages|responses)\/?$/.exec(server.url.replace(/\?.*$/, ""));
  if (ending) return `leave ${ending[0]} out of the URL: it is added`;
  const endsWell = /\/v\d+\w*\/?(\?.*)?$/.test(server.url);
  if (models.length === 0 && config.urls && !endsWell) return "correct the URL: it usually ends in /v1";
  return kind === "model" ? `check the model id "${config.model}" and the URL` : undefined;
}

async function listModels(parts: RemoteParts, server: Server, signal: AbortSignal): Promise<readonly string[]> {
  const { protocol } = parts;
  if (!protocol.modelIds) return [];
  try {
    const response = await parts.transport.request({
      method: "GET",
      url: urlOf(server, modelsPath),
      headers: parts.headers,
      timeoutMs: 10_000,
      signal,
    });
    const ids = response.status === 200 ? protocol.modelIds(JSON.parse(response.body.toString("utf8"))) : [];
    return ids.map(parts.transport.redact);
  } catch (error) {
    // Only a better hint is lost; the failure itself is reported by the caller.
    if (signal.aborted) throw error;
    parts.warn(`the list of models is not available: ${parts.transport.redact(messageOf(error))}`);
    return [];
  }
}
