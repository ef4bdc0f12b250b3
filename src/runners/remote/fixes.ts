import type { TransportError } from "../../http/transport-error.js";
import { serverWords } from "./explain.js";
import { classOf, refusedParameter } from "./failure-class.js";
import type { RemoteParts } from "./parts.js";

/** What a user can do about a failure that no sample would escape. @param asked  the URL of the request */
export function fixFor(error: TransportError, parts: RemoteParts, asked: string): string {
  const { config } = parts;
  switch (error.fault) {
    case "refused":
      return `start the server there, or correct the URL: --model ${config.runner}:${config.model}@URL`;
    case "dns":
      return "correct the host name, or check the network and the proxy (HTTPS_PROXY)";
    case "tls":
      return /plain http/.test(error.message)
        ? "use http:// in the URL"
        : "check the certificate; one of your own goes into NODE_EXTRA_CA_CERTS=FILE; use http:// if the server has none";
    case "timeout":
      return "the server is busy or still loading the model; try again, or raise timeoutSeconds where it is below 60";
    case "malformed":
      return "this URL answers, but not as the API does: correct it (it usually ends in /v1)";
    case "proxy":
      return proxyFix(error);
    default:
      return statusFix(error, parts, asked);
  }
}

function proxyFix({ message, status }: TransportError): string {
  const variable = /\((\w*_PROXY)\)/.exec(message)?.[1] ?? "HTTPS_PROXY";
  if (status === 407 || status === 401) return `${variable}=http://USER:PASSWORD@HOST:PORT`;
  // It answers: what it cannot reach is the server.
  if (status !== undefined && status >= 500)
    return "check that the server is there and that the proxy may reach it, or name its host in NO_PROXY";
  return `correct ${variable}, or name the server's host in NO_PROXY`;
}

function statusFix(error: TransportError, parts: RemoteParts, asked: string): string {
  const { status, location } = error;
  const { config } = parts;
  if (location !== undefined) return redirectFix(location, config, asked);
  const words = serverWords(error.body);
  if (/plain HTTP request was sent to HTTPS port/i.test(words)) return "use https:// in the URL";
  switch (classOf(error)) {
    case "key":
      return keyFix(error, parts);
    case "account":
      return "check the account: the provider takes no more requests from it";
    case "image":
      return "this model or server takes no images: load its vision part (--mmproj, --clip_model_path), or name another model";
    case "parameter":
      return parameterFix(refusedParameter(error) as string, config);
    case "context":
      return "the prompt is longer than the server's context: start it with a longer one, or lower --max-new-tokens";
    case "model":
      return `check the URL and the model id "${config.model}"`;
    default:
  }
  if (status === 413)
    return "the request is too large for a server on the way (nginx: client_max_body_size), or set images: {maxBytes: ...} in a model file";
  if (status === 429) return "the account's rate limit or quota is used up: wait, or raise it";
  if (status === 400 || status === 422) return "check the options sent to it (a model file's body)";
  return "look at the server's own log";
}

function keyFix({ status, body }: TransportError, { headers, keyName, config }: RemoteParts): string {
  // LiteLLM took ours, and its provider did not take LiteLLM's.
  if (/litellm\.\w*Error/.test(serverWords(body)))
    return "the gateway's own key for its provider is wrong, or may not use this model: look at its configuration";
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const sent = names.some((name) => ["authorization", "x-api-key", "x-goog-api-key", "api-key"].includes(name));
  if (sent) return `check the key in ${keyName}${status === 403 ? " and what it is allowed to use" : ""}`;
  return config.urls
    ? "the server wants a key: put it into an environment variable and name it in a model file, apiKey: env:NAME (basic authentication: headers: {authorization: env:NAME}); a gateway may lack its provider's"
    : `put the key into ${keyName}`;
}

/** The key of the model file that drops a field. */
function parameterFix(name: string, { runner }: RemoteParts["config"]): string {
  const said = `the model does not take ${name}: put`;
  if (name === "temperature") return `${said} temperature: false into a model file`;
  if (runner === "openai") {
    if (name === "max_tokens") return `${said} maxTokensField: max_completion_tokens into a model file`;
    if (name === "max_completion_tokens") return `${said} maxTokensField: max_tokens into a model file`;
    if (name === "seed") return `${said} seed: false into a model file`;
    if (name === "top_k") return "the server does not know top_k: remove topK from the model file";
    if (name === "repetition_penalty")
      return "the server does not know repetition_penalty: remove repetitionPenalty from the model file";
  }
  const body = runner === "gemini" ? `{generationConfig: {${name}: null}}` : `{${name}: null}`;
  return `${said} body: ${body} into a model file`;
}

/** A redirect whose target has the path that was asked for names the right address; another one leads to a page for people. */
function redirectFix(location: string, { runner, model }: RemoteParts["config"], asked: string): string {
  if (location === asked)
    return "the server redirects to itself: look at its own log, or at that of the gateway before it";
  const base = location.replace(/\/(chat\/completions|completions|messages|models\/[^/]*)\/?(\?.*)?$/, "");
  return base !== location && /^https?:/.test(base)
    ? `use that URL: --model ${runner}:${model}@${base}`
    : "that is no address of the API, perhaps a page to sign in: correct the URL, or send what the gateway wants (headers in a model file)";
}
