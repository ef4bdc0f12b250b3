import { messageOf } from "../../core/errors.js";
import type { HttpResponse } from "../../http/exchange.js";
import type { Redact } from "../../http/redact.js";
import { TransportError } from "../../http/transport-error.js";

/** A 2xx reply's JSON. What servers and proxies send instead is told apart: it decides what the user has to do. */
export function parseReply({ status, headers, body }: HttpResponse, redact: Redact): unknown {
  const text = body.toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
    throw new SyntaxError("it is no object");
  } catch (error) {
    const start = redact(text.slice(0, 200)).replace(/\s+/g, " ").trim();
    const said = new TransportError(
      "malformed",
      describe(text, headers["content-type"] ?? "", start, messageOf(error)),
      {
        status,
        body: start,
        cause: error,
      },
    );
    throw said;
  }
}

function describe(text: string, contentType: string, start: string, problem: string): string {
  if (text === "") return "an empty reply";
  if (contentType.includes("html") || /^\s*<(!doctype|html)/i.test(text))
    return `HTML instead of JSON: ${start.slice(0, 120)}`;
  if (/^\s*[[{]/.test(text)) return `truncated or broken JSON (${problem})`;
  return `no JSON: ${start.slice(0, 120)}`;
}
