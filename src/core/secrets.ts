/** What a credential looks like, by its shape and by the name it goes under. */

export const hidden = "[secret]";

/** `Bearer ...`, `sk-...`, `hf_...`, `AIza...`, a JWT, `key=...` in a URL, `//user:password@`. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/\b(sk|pk|hf|gsk|xai|ghp|glpat)[-_][A-Za-z0-9_-]{16,}/g, hidden],
  [/\bAIza[A-Za-z0-9_-]{30,}/g, hidden],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g, hidden],
  [
    /([?&](?:key|api[-_]?key|subscription-key|token|access_token|sig|signature|code|password|x-amz-[a-z-]+)=)[^&\s"']+/gi,
    `$1${hidden}`,
  ],
  [/(https?:\/\/)[^/\s:@]+:[^/\s@]+@/gi, `$1${hidden}@`],
];

/** The text without whatever has the shape of a credential. */
export function hideShapes(text: string): string {
  return shapes.reduce((clean, [shape, replacement]) => clean.replace(shape, replacement), text);
}

export const looksSecret = (text: string): boolean => hideShapes(text) !== text;

/** `apiKey`, `x-api-key`, `access_token`, `Authorization`: what goes under such a name is not for others to read. */
export function namesSecret(name: string): boolean {
  return secretName.test(words(name));
}
const secretName =
  /^(x-|ocp-apim-)?((api|access|secret|private|auth|subscription|client)-?)?(key|token|secret|password|passwd|authorization|bearer|cookie|credentials?|signature)$/;

/** `apiKey` and `API_KEY` as `api-key`. */
const words = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/[_\s]/g, "-")
    .toLowerCase();

/** For JSON.stringify: nothing under a name of a secret, and nothing of its shape. */
export function secretsHidden(key: string, value: unknown): unknown {
  if (typeof value !== "string" || value.startsWith("env:")) return value;
  return namesSecret(key) ? hidden : hideShapes(value);
}
