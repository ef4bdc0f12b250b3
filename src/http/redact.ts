/** Removes secrets from whatever may reach an error, a log, a journal or a report. */
export type Redact = (text: string) => string;

const hidden = "[secret]";

/** What looks like a credential although nobody told us about it: `Bearer ...`, `sk-...`, `hf_...`, `key=...`, `//user:password@`. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/\b(sk|pk|hf|gsk|xai)[-_][A-Za-z0-9_-]{16,}/g, hidden],
  [/\bAIza[A-Za-z0-9_-]{30,}/g, hidden],
  [/([?&](?:key|api[-_]?key|token|access_token|signature|x-amz-[a-z-]+)=)[^&\s"']+/gi, `$1${hidden}`],
  [/(https?:\/\/)[^/\s:@]+:[^/\s@]+@/gi, `$1${hidden}@`],
];

/** Known secrets, and whatever has the shape of one. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hide = hiderOf(secrets);
  return (text) => shapes.reduce((clean, [shape, replacement]) => clean.replace(shape, replacement), hide(text));
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
