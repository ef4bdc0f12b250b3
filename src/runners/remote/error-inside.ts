import type { Redact } from "../../http/redact.js";
import { TransportError } from "../../http/transport-error.js";
import { codesOf, serverWords } from "./explain.js";
import { at, listAt, numberAt, textAt } from "./protocol.js";

/**
 * The error in a reply of status 2xx: `{"error": {...}}` beside or instead of an answer (OpenRouter, LiteLLM, Anthropic's
 * stream), in a choice, or FastAPI's `{"detail": ...}`. It keeps its words, and its code counts as if it had been the status.
 */
export function errorInside(reply: unknown, redact: Redact): TransportError | undefined {
  const error = errorOf(reply);
  if (error === undefined) return undefined;
  const body = redact(JSON.stringify(error));
  const status = statusOf(at(error, "error") ?? error);
  const words = serverWords(body);
  return status === undefined
    ? new TransportError("malformed", `the reply is an error: ${words}`, { body })
    : new TransportError("status", `error ${status} in a reply of status 200`, { status, body });
}

function errorOf(reply: unknown): object | undefined {
  const error = at(reply, "error");
  if (isError(error)) return { error };
  const choice = listAt(reply, "choices").find((one) => isError(at(one, "error")));
  if (choice !== undefined) return { error: at(choice, "error") };
  const hasAnswer = ["choices", "content", "candidates"].some((name) => listAt(reply, name).length > 0);
  const isWords = textAt(reply, "detail") !== undefined || textAt(reply, "object") === "error";
  return !hasAnswer && isWords ? (reply as object) : undefined;
}

function isError(value: unknown): boolean {
  return typeof value === "string"
    ? value !== ""
    : typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** A code that is a status, as a number or as digits; else what the provider's word for the error means. */
function statusOf(error: unknown): number | undefined {
  const code = Number(textAt(error, "code") ?? numberAt(error, "code") ?? numberAt(error, "status") ?? Number.NaN);
  if (Number.isInteger(code) && code >= 400 && code < 600) return code;
  const words = codesOf({ error }).join(" ");
  for (const [pattern, status] of meanings) if (pattern.test(words)) return status;
  return undefined;
}

const meanings: readonly (readonly [RegExp, number])[] = [
  [/rate_limit|RESOURCE_EXHAUSTED|throttling|insufficient_quota/i, 429],
  [/overloaded/i, 529],
  [/authentication_error|invalid_api_key|UNAUTHENTICATED/i, 401],
  [/permission_error|PERMISSION_DENIED/i, 403],
  [/model_not_found|not_found_error|NOT_FOUND/i, 404],
  [/content_?filter|content_policy|invalid_request|INVALID_ARGUMENT|BadRequest/i, 400],
  [/server_error|api_error|INTERNAL|UNAVAILABLE/i, 500],
];
