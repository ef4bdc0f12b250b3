/** What a credential looks like, by its shape and by the name it goes under. */

export const hidden = "[secret]";

type Shape = readonly [RegExp, string | ((...match: string[]) => string)];

/** `Bearer ...`, `sk-...`, `hf_...`, `AIza...`, AWS's `AKIA...`, a JWT, `key=...` in a URL. */
const shapes: readonly Shape[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/\b(sk|pk|hf|gsk|xai|ghp|glpat)[-_][A-Za-z0-9_-]{16,}/g, hidden],
  [/\bAIza[A-Za-z0-9_-]{30,}/g, hidden],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, hidden],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,20000}?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  // Slack's webhooks, and those that are made like them.
  [/(\/services\/T\w+\/B\w+\/)\w{8,}/g, `$1${hidden}`],
  [/\beyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g, hidden],
  [
    /([?&])([^=&?#\s"']{1,100})=([^&\s"']+)/g,
    (all, mark, name) => (namesSecret(name) || /^(sig|code|x-amz-.*)$/i.test(name) ? `${mark}${name}=${hidden}` : all),
  ],
];
/** `//user:password@`: as a URL is read. */
const userOfUrl: Shape = [/:\/\/[^/?#\s]*@/g, `://${hidden}@`];
/** A password may hold an @, a / or a #, and make the URL none: all up to the last @. A quote that ends a JSON text ends it. */
const userOfText: Shape = [/:\/\/(?:[^\s"]|"(?![,:}\]])){0,500}@/g, `://${hidden}@`];

const without = (text: string, all: readonly Shape[]): string =>
  all.reduce((clean, [shape, by]) => clean.replace(shape, by as string), text);

/** The text without whatever has the shape of a credential. */
export function hideShapes(text: string): string {
  return without(text, [...shapes, userOfText]);
}

/** Whether a setting holds a credential. Narrower than what is hidden in messages: an honest setting must pass. */
export const looksSecret = (text: string): boolean =>
  without(text, [...shapes, userOfUrl]) !== text || holdsKeyInPath(text);

/** A URL that is a key, as webhooks have them. An id after a word that says so (an account's, a commit's) is none. */
function holdsKeyInPath(text: string): boolean {
  return [...text.matchAll(/https?:\/\/[^/?#\s]+(\/[^?#\s]*)/g)].some(([url, path = ""]) =>
    path
      .split("/")
      .some((part, i, parts) => !namesId.test(parts[i - 1] ?? "") && !hasIds.test(url) && looksRandom(part)),
  );
}
const namesId =
  /^(accounts?|projects?|endpoints?|deployments?|models?|workspaces?|tree|blob|commits?|resolve|revisions?|snapshots?)$/i;
/** Cloudflare's gateway: /v1/ACCOUNT/GATEWAY/PROVIDER. */
const hasIds = /^https:\/\/gateway\.ai\.cloudflare\.com\//;

/** Letters and digits mixed, 20 of them or more, that are no words between dashes and no UUID; or 32 in a row. */
export function looksRandom(text: string): boolean {
  // As a URL writes them: a blank parts words, the + / = of base64 do not.
  const plain = text.replace(/%(2[bf]|3d)/gi, "+").replace(/%[\da-f]{2}/gi, " ");
  const pieces = plain.replace(uuid, "").split(/[^A-Za-z0-9+=]+/);
  const mixed = pieces.filter((piece) => piece.length >= 10 && /\d/.test(piece) && /[A-Za-z]/.test(piece));
  return mixed.join("").length >= 20 || pieces.some((piece) => piece.length >= 32 && /[A-Za-z]/.test(piece));
}
const uuid = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi;

/**
 * `apiKey`, `x-apikey-v2`, `aws_secret_access_key`, `Authorization`, `pwd`: what goes under such a name is not for others to
 * read. `max_tokens`, `eos_token`, `prompt_cache_key`, `key_frames` and `auth_type` are honest names.
 */
export function namesSecret(name: string): boolean {
  const all = wordsOf(name);
  if (describing.test(all.at(-1) ?? "")) return false;
  return all.some((word, i) => isSecretWord(word, all[i - 1] ?? "", all[i + 1] ?? ""));
}

/** A name that ends so tells about a credential, and is none: `auth_type`, `secret_name`, `token_ids`. */
const describing =
  /^(types?|mode|method|scheme|provider|policy|names?|url|uri|endpoint|file|path|format|count|limit|budget|level|size|length|ids|enabled|required|logprobs)$/;

function isSecretWord(word: string, before: string, after: string): boolean {
  if (/^(keys|tokens)$/.test(word)) return /^(api|access|secret|private|auth|refresh|session|bearer)$/.test(before);
  if (word === "key")
    return !otherKeys.test(before) && !/^(frames?|words?|points?|values?|phrases?|cache|norm|layers?)$/.test(after);
  if (word === "token") return !vocabulary.test(before);
  if (word === "pass")
    return !/^(single|two|multi|forward|first|second|by)$/.test(before) && !/^(at|through|rate|k)$/.test(after);
  return secretWord.test(word);
}
const secretWord =
  /^((api|app|auth|access|secret|private|master|client|user|subscription|service|account)keys?|\w*(secrets?|tokens?|password|passwd|passphrase|credentials?|creds)|pwd|pw|auth|oauth\d?|userpass|authorization|bearer|cookies?|jwt|signature)$/;
/** A key that opens nothing: OpenAI's `prompt_cache_key`, a table's, a header's against doing twice. */
const otherKeys = /^(cache|sort|primary|foreign|partition|index|idempotency|hot|group)$/;
/** A token of the model's vocabulary: `bos_token`, `image_token`. */
const vocabulary =
  /^(bos|eos|pad|unk|cls|sep|mask|stop|start|end|begin|special|image|images|video|audio|vision|boi|eoi|eot|fim|assistant|user|tool|think|thinking|reasoning|next|first|last|per|new)$/;

/** `apiKey`, `API_KEY` and `api.key` as `api`, `key`. */
const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");

/** For JSON.stringify: nothing under a name of a secret, and nothing of its shape. */
export function secretsHidden(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.startsWith("env:")) return looksSecret(value) || looksRandom(value) ? `env:${hidden}` : value;
  return namesSecret(key) ? hidden : hideShapes(value);
}
