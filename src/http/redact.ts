import { hidden, hideShapes } from "../core/secrets.js";

/** Removes secrets from whatever may reach an error, a log, a journal or a report. */
export type Redact = (text: string) => string;

/** Known secrets, and whatever has the shape of one. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hide = hiderOf(secrets);
  return (text) => hideShapes(hide(text));
}

/**
 * Known secrets alone, also as JSON writes them (`\/`, `\"`, `\u006b`), and as JSON within JSON does.
 * @param secrets  the values themselves; those shorter than four characters would hide ordinary text and are left out
 */
export function hiderOf(secrets: readonly (string | undefined)[]): Redact {
  const known = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 4)
    // `Bearer ...` in a variable: the token alone is a secret too.
    .flatMap((secret) => [secret, secret.replace(/^(Bearer|Basic|Token)\s+/i, "")])
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
    .filter((secret, i, all) => secret.length >= 4 && all.indexOf(secret) === i)
    .sort((a, b) => b.length - a.length);
  const escaped = known.map(
    (secret) => new RegExp([...Array(secret.length).keys()].map((i) => written(secret, i)).join(""), "g"),
  );
  return (text) => {
    const clean = known.reduce((before, secret) => before.replaceAll(secret, hidden), text);
    return clean.includes("\\") ? escaped.reduce((before, pattern) => before.replace(pattern, hidden), clean) : clean;
  };
}

/** A character with the backslashes of up to three JSON strings around it, or by its number. */
function written(secret: string, i: number): string {
  const digits = secret.charCodeAt(i).toString(16).padStart(4, "0");
  const number = `u${digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`;
  const character = secret.charAt(i);
  if (character === "\\") return `\\\\{1,8}(?:${number})?`;
  return `\\\\{0,7}(?:${character.replace(/[$()*+./?[\]^{|}-]/g, "\\$&")}|${number})`;
}

/** A text that may be JSON: each of its values by itself, since messages show them without their escapes. */
export function redactBody(text: string, redact: Redact): string {
  const json = text.includes("\\") ? jsonOf(text) : undefined;
  return redact(json === undefined ? text : JSON.stringify(json, (_, value) => redactText(value, redact)));
}

/** For JSON.parse and JSON.stringify. */
export const redactText = (value: unknown, redact: Redact): unknown =>
  typeof value === "string" ? redact(value) : value;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
