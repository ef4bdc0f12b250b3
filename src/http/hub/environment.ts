import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.js";
import { hideShapes, looksSecret } from "../../core/secrets.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** The standard cache's `hub` folder, shared with Python's huggingface_hub. */
  readonly cache: string;
  /** Sent to the endpoint's origin only. */
  readonly token?: string;
  /** Where the token was read: `HF_TOKEN`, or a file. */
  readonly tokenFrom?: string;
  /** Never open a connection: what is not cached is an error. */
  readonly offline: boolean;
}

/** The variables of huggingface_hub: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, XDG_CACHE_HOME. */
export async function hubSettings(environment: Environment): Promise<HubSettings> {
  const endpoint = (environment.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new UserError(`"${hideShapes(endpoint)}" is no URL`, "HF_ENDPOINT", "it must begin with https:// or http://");
  }
  // It stands in messages and in what runs record.
  if (looksSecret(endpoint))
    throw new UserError("it holds a password or a key", "HF_ENDPOINT", "put the key into HF_TOKEN");
  const home = environment.HF_HOME || join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  const cache = environment.HF_HUB_CACHE || join(home, "hub");
  const offline = /^(1|true|yes|on)$/i.test(environment.HF_HUB_OFFLINE ?? "");
  const tokenFile = environment.HF_TOKEN_PATH || join(home, "token");
  const given = environment.HF_TOKEN?.trim();
  const token = given || (await storedToken(tokenFile));
  return { endpoint, cache, offline, ...(token ? { token, tokenFrom: given ? "HF_TOKEN" : tokenFile } : {}) };
}

/** What `hf auth login` leaves behind. */
async function storedToken(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    // No token is the usual case: the repositories are public. One that cannot be read is as good as none.
    if (["ENOENT", "ENOTDIR", "EACCES", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}
