import { messageOf } from "../../core/errors.js";
import type { HttpResponse } from "../../http/exchange.js";
import { redactText } from "../../http/redact.js";
import type { Transport } from "../../http/transport.js";
import { TransportError } from "../../http/transport-error.js";
import type { Reply } from "./protocol.js";

/**
 * A 2xx reply's JSON, our own keys hidden in it: a model may say what stood in its request. What servers and proxies send
 * instead is told apart: it decides what the user has to do.
 */
export function parseReply(
  { status, headers, body }: HttpResponse,
  { redact, hide }: Pick<Transport, "redact" | "hide">,
): unknown {
  const contentType = headers["content-type"] ?? "";
  const decoder = decoderOf(contentType);
  const { text, broken } = textOf(body, decoder);
  let value: unknown;
  try {
    value = JSON.parse(text, hidesIn(text, hide));
    if (typeof value !== "object" || value === null) throw new SyntaxError("it is no object");
  } catch (error) {
    const start = printable(redact(text.slice(0, lookedThrough)).slice(0, 200)).trim();
    throw new TransportError("malformed", describe(text, contentType, start, problemOf(error)), {
      status,
      body: start,
      cause: error,
    });
  }
  // A server's own U+FFFD is valid; bytes that are none would become one, and half an answer a whole one.
  if (!broken) return value;
  throw new TransportError("malformed", `the reply is no valid ${decoder.encoding.toUpperCase()}`, { status });
}

/** Far more than is shown: a key across the cut would be shown in part. */
const lookedThrough = 64 * 1024;

/** The engine quotes some characters around the fault, which may be a part of a key, and the character itself, which may be a control. */
const problemOf = (error: unknown) =>
  printable(messageOf(error).replace(/, (\.\.\.)?"[\s\S]*(?= is not valid JSON$)/, ": it"));

/** A reply as its protocol reads it: parts were joined, and names became words. */
export function hideIn(reply: Reply, { redact, hide }: Pick<Transport, "redact" | "hide">): Reply {
  if ("refused" in reply) return { refused: redact(reply.refused) };
  if ("missing" in reply) return { ...reply, missing: redact(reply.missing) };
  const { text, reasoning } = reply;
  const length = text.length + (reasoning?.length ?? 0);
  if (length > mostCharacters) return { missing: `an answer of ${length} characters is no answer of a model` };
  return { ...reply, text: hide(text), ...(reasoning === undefined ? {} : { reasoning: hide(reasoning) }) };
}

/** JSON is UTF-8 (RFC 8259); a server that says otherwise means it. */
function decoderOf(contentType: string): InstanceType<typeof TextDecoder> {
  const label = /charset="?([\w-]+)/i.exec(contentType)?.[1];
  if (label === undefined || /^utf-?8$/i.test(label)) return utf8;
  try {
    return new TextDecoder(label, { fatal: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return utf8;
  }
}
/** It drops a byte-order mark. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(body: Buffer, decoder: InstanceType<typeof TextDecoder>): { text: string; broken: boolean } {
  try {
    return { text: decoder.decode(body), broken: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: new TextDecoder(decoder.encoding).decode(body), broken: true };
  }
}

/** Characters of an answer and its thoughts; the longest budgets of tokens stay far below. */
const mostCharacters = 16 * 1024 * 1024;

/** Looking at each value costs time: only where a key stands in the text, or may be written with escapes (`\u006b`, `\/`, `\"`). */
function hidesIn(text: string, hide: Transport["hide"]): ((key: string, value: unknown) => unknown) | undefined {
  if (hide(text) === text && !text.includes("\\")) return undefined;
  return (_, value) => redactText(value, hide);
}

/** White space is a blank; what is no text would be noise on a terminal. */
const printable = (text: string) => text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "\ufffd");

function describe(text: string, contentType: string, start: string, problem: string): string {
  if (text === "") return "an empty reply";
  if (contentType.includes("html") || /^\s*<(!doctype|html)/i.test(text))
    return `HTML instead of JSON: ${start.slice(0, 120)}`;
  if (/^\s*(data|event|id): ?/m.test(text) && /event-stream/.test(contentType)) {
    return "a stream of events instead of JSON: the server streams although that was not asked for";
  }
  if (/^\s*[[{]/.test(text)) return `truncated or broken JSON (${problem})`;
  if (start.includes("\ufffd")) return "no JSON, and no text either";
  return `no JSON: ${start.slice(0, 120)}`;
}
