/** The JSON that a judge's reply holds. */

import { jsonOf } from "llava-eval";

/** The first `{` to the last `}` read as JSON (Python's: NaN and Infinity are numbers); `undefined` if that fails. */
export function embeddedJson(reply: string): Readonly<Record<string, unknown>> | undefined {
  const text = reply.slice(reply.indexOf("{"), reply.lastIndexOf("}") + 1);
  if (!text.startsWith("{")) return undefined;
  return (jsonOf(text) as Readonly<Record<string, unknown>> | undefined) ?? pythonJson(text);
}

const maxJson = 100_000;

const numberMark = "\u0001number:";

function pythonJson(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!/NaN|Infinity/.test(text) || text.length > maxJson) return undefined;
  const quoted = text.replace(/"(?:[^"\\]|\\[\s\S])*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(numberMark + token),
  );
  // Undefined: not JSON either way; the caller asks again.
  return jsonOf(quoted, (_, value) =>
    typeof value === "string" && value.startsWith(numberMark) ? Number(value.slice(numberMark.length)) : value,
  ) as Readonly<Record<string, unknown>> | undefined;
}
