import type { TransportError } from "../../http/transport-error.js";
import { at, listAt, textAt } from "./protocol.js";

/** One line for people: the fault, and the server's own words if it has any. */
export function explain(error: TransportError): string {
  const said = error.location === undefined ? serverWords(error.body) : "";
  return said === "" || error.message.includes(said) ? error.message : `${error.message}: ${said}`;
}

/** What a body's JSON says, or a web page's text, at most 300 characters. */
export function serverWords(body: string | undefined): string {
  if (!body) return "";
  const json = jsonOf(body);
  const text = json === undefined ? (/<html|<!doctype/i.test(body) ? textOfPage(body) : body) : (wordsIn(json) ?? body);
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

/** `error.message` (most), `error` as text (TGI), `message` (vLLM's old form) or `msg`, `errors`, `detail` (FastAPI: text, or a list of faults). */
function wordsIn(json: unknown): string | undefined {
  const faults = listAt(json, "detail").flatMap((fault) => {
    const where = listAt(fault, "loc").join(".");
    const message = textAt(fault, "msg");
    return message === undefined ? [] : [where === "" ? message : `${where}: ${message}`];
  });
  const candidates = [
    textAt(json, "error", "message"),
    textAt(json, "error"),
    textAt(json, "message"),
    textAt(json, "msg"),
    textAt(json, "errors", 0, "message"),
    textAt(json, "detail"),
    textAt(json, "detail", "message"),
    faults.join("; "),
  ];
  return candidates.find((words) => words !== undefined && words.trim() !== "");
}

function textOfPage(page: string): string {
  const title = /<title[^>]*>([\s\S]*?)<\/title>/i.exec(page)?.[1]?.trim() ?? "";
  const text = page
    .replace(/<(script|style|title)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  // nginx says everything twice.
  return text.startsWith(title) ? text : `${title} ${text}`;
}

export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** The provider's own words for the kind of an error: `code`, `type` (OpenAI, Anthropic), `status` (Google), Azure's inner code. */
export function codesOf(json: unknown): readonly string[] {
  const inner = at(json, "error");
  const error = typeof inner === "object" && inner !== null ? inner : json;
  return [
    textAt(error, "code"),
    textAt(error, "type"),
    textAt(error, "status"),
    textAt(error, "innererror", "code"),
  ].flatMap((code) => (code === undefined ? [] : [code]));
}
