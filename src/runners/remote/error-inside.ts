import { type Redact, redactText } from "../../http/redact.js";
import { TransportError } from "../../http/transport-error.js";
import { codesOf, serverWords } from "./explain.js";
import { at, isSaid, listAt, textAt } from "./protocol.js";

/**
 * The error in a reply of status 2xx: an `error` or `errors` that says anything, a failed `status`, `success: false`, beside or
 * instead of an answer (OpenRouter, LiteLLM, Anthropic's stream), in a choice or its message, or FastAPI's `{"detail": ...}`.
 * It keeps its words, and its code counts as if it had been the status.
 */
export function errorInside(reply: unknown, redact: Redact): TransportError | undefined {
  const said = errorOf(reply);
  if (said === undefined) return undefined;
  // Each value before JSON escapes it; then their names.
  const body = redact(JSON.stringify(said, (_, value) => redactText(value, redact)));
  const status = statusOf(said);
  const words = serverWords(body);
  return status === undefined
    ? new TransportError("malformed", `the reply is an error: ${words}`, { body })
    : new TransportError("status", `error ${status} in a reply of status 200`, { status, body });
}

/** Every ordinary reply comes through here: members are looked up, nothing is searched. */
function errorOf(reply: unknown): object | undefined {
  const found = errorIn(reply);
  if (found !== undefined) return found;
  for (const list of answerLists) {
    for (const answer of listAt(reply, list)) {
      const inside = errorIn(answer) ?? errorIn(at(answer, "message"));
      if (inside !== undefined) return inside;
    }
  }
  const hasAnswer = answerLists.some((list) => listAt(reply, list).length > 0);
  return !hasAnswer && ["detail", "message", "msg"].some((name) => textAt(reply, name)) ? besides(reply) : undefined;
}

const answerLists = ["choices", "content", "candidates"];

function errorIn(holder: unknown): object | undefined {
  if (typeof holder !== "object" || holder === null) return undefined;
  for (const name of ["error", "errors"]) {
    const value = at(holder, name);
    const error = Array.isArray(value) ? value.find(isSaid) : value;
    if (isSaid(error)) return typeof error === "object" ? { error } : { error, ...besides(holder) };
  }
  const inside = asianError(holder);
  if (inside !== undefined) return inside;
  const hasFailed =
    at(holder, "success") === false ||
    isFailure(at(holder, "status")) ||
    at(holder, "type") === "error" ||
    at(holder, "object") === "error";
  return hasFailed ? besides(holder) : undefined;
}

/** MiniMax: `base_resp` with a code that is not 0. Baidu: `error_code` and `error_msg`. Their numbers are no statuses. */
function asianError(holder: unknown): object | undefined {
  const base = at(holder, "base_resp");
  const code = at(base, "status_code") ?? at(holder, "error_code");
  const message = textAt(base, "status_msg") ?? textAt(holder, "error_msg");
  const number = typeof code === "string" && /^\d+$/.test(code) ? Number(code) : code;
  if (number === undefined || number === null || number === 0) return undefined;
  return { error: { code: miniMaxCodes[String(number)] ?? `${number}`, message: message ?? `code ${number}` } };
}

/** https://platform.minimax.io/docs/api-reference/errorcode */
const miniMaxCodes: Readonly<Record<string, string>> = {
  1002: "rate_limit",
  1039: "rate_limit",
  1004: "invalid_api_key",
  2049: "invalid_api_key",
  1008: "insufficient_quota",
  1013: "server_error",
  1026: "content_filter",
  1027: "content_filter",
  2013: "invalid_request",
};

/** A word or a code; words that are not known to mean a failure ("completed", "ok") are no error. */
function isFailure(status: unknown): boolean {
  return typeof status === "number" ? status >= 400 : typeof status === "string" && failures.has(status.toLowerCase());
}

const failures: ReadonlySet<string> = new Set([
  ...["failed", "failure", "fail", "error", "errored", "aborted", "cancelled", "canceled", "expired", "timeout"],
  // No answer yet.
  ...["queued", "in_progress"],
]);

/** What stands beside a bare `error: true` and explains it; never the answer. */
function besides(holder: unknown): object {
  const names = ["type", "code", "status", "status_code", "success", "param", "message", "msg", "detail"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = at(holder, name);
      return value === undefined || (name === "message" && typeof value === "object") ? [] : [[name, value]];
    }),
  );
}

/** A code that is a status, as a number or as digits; else what the provider's word for the error means. */
function statusOf(said: object): number | undefined {
  const error = at(said, "error");
  const own = typeof error === "object" ? error : said;
  const codes = [error, at(own, "code"), at(own, "status"), at(own, "status_code")]
    .filter((code) => typeof code === "number" || typeof code === "string")
    .map(Number);
  const code = codes.find((one) => Number.isInteger(one) && one >= 400 && one < 600);
  if (code !== undefined) return code;
  const words = codesOf(said).join(" ");
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
