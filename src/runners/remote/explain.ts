import type { TransportError } from "../../http/transport-error.js";

/** One line for people: the fault, and the server's own words if it has any. */
export function explain(error: TransportError): string {
  const said = error.fault === "status" ? serverWords(error.body) : "";
  return said === "" ? error.message : `${error.message}: ${said}`;
}

/** `error.message` of a JSON body, or a web page's text, at most 300 characters. */
function serverWords(body: string | undefined): string {
  if (!body) return "";
  let text = body;
  try {
    const { error, message, detail } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    text = [inner, message, detail].find((words): words is string => typeof words === "string") ?? body;
  } catch (failure) {
    if (!(failure instanceof SyntaxError)) throw failure;
    if (/<html|<!doctype/i.test(body))
      text = body.replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ");
  }
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

/** The provider's filter answers some requests with an error status instead of a reply. */
export function isRefusal({ status, body = "" }: TransportError, code: string | undefined): boolean {
  if (code !== undefined && /content_?filter|content_policy|ResponsibleAI|moderation|safety/i.test(code)) return true;
  return status === 403 && /moderation|flagged/i.test(body);
}

/** A wrong key, an unknown model, a wrong path, an empty account: asking other samples is pointless. */
export function noSampleCanWork({ status }: TransportError, code: string | undefined): boolean {
  if (status === 401 || status === 402 || status === 403 || status === 404 || status === 405) return true;
  return code !== undefined && /insufficient_quota|billing|model_not_found|invalid_api_key/i.test(code);
}
