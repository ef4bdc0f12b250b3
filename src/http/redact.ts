import { hidden, hideShapes } from "../core/secrets.js";

/** Removes secrets from whatever may reach an error, a log, a journal or a report. */
export type Redact = (text: string) => string;

/** Known secrets, and whatever has the shape of one. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hide = hiderOf(secrets);
  return (text) => hideShapes(hide(text));
}

/**
 * Known secrets alone.
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
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, hidden), text);
}
