import { messageOf, UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { backoffMs, sleep } from "../../http/retry.js";
import { TransportError } from "../../http/transport-error.js";
import { explain } from "./explain.js";
import type { RemoteParts } from "./parts.js";
import type { Call } from "./protocol.js";
import { type Server, urlOf } from "./servers.js";

/** A server that says nothing for so long to "Say ok." will not serve a benchmark. */
const mostSeconds = 60;

type Attempt = (call: Call, server: Server, mostSeconds: number) => Promise<unknown>;

/** Attempts per server: a passing fault must not stop a run, a lasting one should be known soon. */
const attempts = 4;

/**
 * One small request to every server of the model, so that a wrong URL, key or model is known before anything is paid for.
 * A server that fails while another works is only warned about.
 * @throws UserError  with the resolved URL and the likely fix
 */
export async function checkReachable(
  parts: RemoteParts,
  servers: readonly Server[],
  attempt: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const call = parts.protocol.generate(
    {
      id: "preflight",
      prompt: { messages: [{ role: "user", parts: [{ type: "text", text: "Say ok." }] }] },
      options: { maxNewTokens: 16, temperature: 0 },
      seed: 0,
    },
    new Map(),
  );
  const results = await Promise.all(
    servers.map(async (server) => ({ server, failure: await ask(call, server, attempt, signal) })),
  );
  const failed = results.flatMap(({ server, failure }) => (failure ? [{ server, failure }] : []));
  const first = failed[0];
  if (!first) return;
  if (failed.length === servers.length) throw await diagnose(parts, first.server, call, first.failure, signal);
  for (const { server, failure } of failed)
    parts.warn(`${server.url} does not answer (${explain(failure)}); the other servers are used`);
}

async function ask(
  call: Call,
  server: Server,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<TransportError | undefined> {
  for (let failures = 1; ; failures++) {
    try {
      await attempt(call, server, mostSeconds);
      return undefined;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      // Nobody there, or nobody who answers: waiting longer changes neither.
      const lasting = !error.passing || ["refused", "dns", "timeout"].includes(error.fault);
      if (lasting || failures >= attempts) return error;
      await sleep(backoffMs(failures, error.retryAfterMs, { firstMs: 300, mostMs: 5_000 }), signal);
    }
  }
}

async function diagnose(
  parts: RemoteParts,
  server: Server,
  call: Call,
  failure: TransportError,
  signal: AbortSignal,
): Promise<UserError> {
  return new UserError(explain(failure), urlOf(server, call.path), await fixFor(parts, server, failure, signal), {
    cause: failure,
  });
}

async function fixFor(
  parts: RemoteParts,
  server: Server,
  failure: TransportError,
  signal: AbortSignal,
): Promise<string> {
  const { config, keyName } = parts;
  const { fault, status } = failure;
  if (fault === "refused")
    return `start the server there, or correct the URL: --model ${config.runner}:${config.model}@URL`;
  if (fault === "dns") return "correct the host name, or check the network and the proxy (HTTPS_PROXY)";
  if (fault === "tls") return "check the certificate, or use http:// if the server has none";
  if (fault === "timeout") return "the server is busy or still loading the model; try again, or raise timeoutSeconds";
  if (fault === "malformed") return "this URL answers, but not as the API does: correct it (it usually ends in /v1)";
  if (status === 401 || status === 403) {
    return parts.headers.authorization || parts.headers["x-api-key"] || parts.headers["x-goog-api-key"]
      ? `check the key in ${keyName}`
      : "the server wants a key: put it into an environment variable and name it in a model file, apiKey: env:NAME";
  }
  if (status === 404 || status === 400) {
    const models = await listModels(parts, server, signal);
    if (models.length > 0 && !models.includes(config.model)) {
      return `${didYouMean(config.model, models)}the server has: ${models.slice(0, 10).join(", ")}`;
    }
    if (models.length === 0 && config.urls) return "correct the URL: it usually ends in /v1";
    return `check the model id "${config.model}" and the options sent to it`;
  }
  if (status === 429) return "the account's rate limit or quota is used up: wait, or raise it";
  return "look at the server's own log";
}

async function listModels(parts: RemoteParts, server: Server, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const response = await parts.transport.request({
      method: "GET",
      url: urlOf(server, parts.protocol.modelsPath),
      headers: parts.headers,
      timeoutMs: 10_000,
      signal,
    });
    return response.status === 200 ? parts.protocol.modelIds(JSON.parse(response.body.toString("utf8"))) : [];
  } catch (error) {
    // Only a better hint is lost; the failure itself is reported by the caller.
    if (signal.aborted) throw error;
    parts.warn(`the list of models is not available: ${parts.transport.redact(messageOf(error))}`);
    return [];
  }
}
