import { hidden, hideShapes, looksRandom, looksSecret } from "../core/secrets.js";

/** Removes secrets from whatever may reach an error, a log, a journal or a report. */
export type Redact = (text: string) => string;

/** Known secrets, and whatever has the shape of one. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hide = hiderOf(secrets);
  return (text) => hideShapes(hide(text));
}

/**
 * Known secrets alone, also as JSON writes them (`\/`, `\"`, `\u006b`), and as JSON within JSON does; in base64 whatever stands
 * before them (`user:KEY`), in hex, in capitals; and a long part of one.
 * @param secrets  the values themselves; those shorter than four characters would hide ordinary text and are left out
 */
export function hiderOf(secrets: readonly (string | undefined)[]): Redact {
  const plain = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 4)
    // `Bearer ...` in a variable: the token alone is a secret too.
    .flatMap((secret) => [secret, secret.replace(/^(Bearer|Basic|Token)\s+/i, "")])
    .filter((secret, i, all) => secret.length >= 4 && all.indexOf(secret) === i);
  const known = plain
    .flatMap((secret) => [secret, encodeURIComponent(secret), ...encoded(secret)])
    .filter((secret, i, all) => secret.length >= 4 && all.indexOf(secret) === i)
    .sort((a, b) => b.length - a.length);
  const escaped = plain
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => new RegExp([...Array(secret.length).keys()].map((i) => written(secret, i)).join(""), "g"));
  const random = plain.filter(isRandom);
  return (text) => {
    const clean = known.reduce((before, secret) => before.replaceAll(secret, hidden), text);
    const whole = clean.includes("\\")
      ? escaped.reduce((before, pattern) => before.replace(pattern, hidden), clean)
      : clean;
    return random.reduce(withoutParts, whole);
  };
}

/** Not a word that somebody wrote where a server asks for any key: parts of it would be words, too. */
const isRandom = (secret: string) => secret.length >= longPart && (looksSecret(secret) || looksRandom(secret));

/** Forms of a long secret; of base64 what does not depend on the bytes around it. */
function encoded(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString("base64");
  if (secret.length < 12) return [whole];
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const tail = (before + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(before === 0 ? 0 : before + 1, text.length - tail);
  });
  const hex = bytes.toString("hex");
  const forms = [whole, ...inside].flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
  return [...forms, hex, hex.toUpperCase(), ...(isRandom(secret) ? [secret.toUpperCase(), secret.toLowerCase()] : [])];
}

/** Characters in a row that no text shares with a random key by chance. */
const longPart = 12;

/** A server may show the end of a key, or its halves apart. Every run of twelve holds one of the pieces of six. */
function withoutParts(text: string, secret: string): string {
  let clean = text;
  for (let at = 0; at + 6 <= secret.length; at += 6) {
    const piece = secret.slice(at, at + 6);
    for (let found = clean.indexOf(piece); found >= 0; found = clean.indexOf(piece, found + 1)) {
      let left = 0;
      while (left < at && left < found && clean[found - left - 1] === secret[at - left - 1]) left += 1;
      let end = 6;
      while (at + end < secret.length && clean[found + end] === secret[at + end]) end += 1;
      if (left + end >= longPart) clean = clean.slice(0, found - left) + hidden + clean.slice(found + end);
    }
  }
  return clean.includes(hidden) ? withoutRests(clean, secret) : clean;
}

/** Of a key in two parts one may be long, and hidden before they are joined: four signs of it beside the mark are the other. */
function withoutRests(text: string, secret: string): string {
  const pieces = text.split(hidden);
  const isRest = (part: string) => part.length >= 4 && secret.includes(part);
  return pieces
    .map((piece, i) => {
      let [start, end] = [0, piece.length];
      for (let size = 4; i > 0 && size <= piece.length && isRest(piece.slice(0, size)); size++) start = size;
      for (let size = 4; i + 1 < pieces.length && size <= piece.length - start && isRest(piece.slice(-size)); size++)
        end = piece.length - size;
      return piece.slice(start, end);
    })
    .join(hidden);
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
