import { canonicalJson } from "../core/digest.js";
import type { Json } from "../core/json.js";

/** What makes two runs the same: everything that can change a number. `run` gathers it from what would be sent. */
export type Identity = Readonly<Record<string, Json>>;

/** Raised when what is noted changes its form: a folder with another one is read, and not continued. 0.1 noted less, and no form. */
export const identityForm = 2;

interface Difference {
  readonly path: readonly string[];
  readonly then: Json | undefined;
  readonly now: Json | undefined;
}

/**
 * The differences in plain words, `task vqav2: generation.temperature: 0 in the folder, 0.5 now`. A task, or a judge, that one side
 * lacks was added or left out, and differs in nothing.
 */
export function differencesOf(folder: Identity, now: Identity): string[] {
  const both = (key: string) => folder[key] !== undefined && now[key] !== undefined;
  return [...new Set([...Object.keys(folder), ...Object.keys(now)])]
    .filter((key) => both(key) || !/^(task|judge) /.test(key))
    .flatMap((key) => leaves([key], folder[key], now[key]))
    .map(inWords);
}

function leaves(path: readonly string[], then: Json | undefined, now: Json | undefined): Difference[] {
  if (then !== undefined && now !== undefined && canonicalJson(then) === canonicalJson(now)) return [];
  if (!isTable(then) || !isTable(now)) return then === undefined && now === undefined ? [] : [{ path, then, now }];
  const keys = new Set([...Object.keys(then), ...Object.keys(now)]);
  return [...keys].flatMap((key) => leaves([...path, key], then[key], now[key]));
}

/** JSON writes a list's items by number; what is inside them is named as in an object. */
const isTable = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null;

function inWords({ path, then, now }: Difference): string {
  const [first = "", ...rest] = path;
  const label = /^task (.*)$/.exec(first)?.[1];
  if (label !== undefined && rest.length === 1) {
    const digests = `digest ${shown(then)} in the folder, ${shown(now)} now`;
    if (rest[0] === "data") return `the rows of ${label} have changed: ${digests}`;
    if (rest[0] === "file") return `the task file of ${label}, or what it imports, has changed: ${digests}`;
  }
  // `task vqav2: generation.temperature`, `fingerprint.url`.
  const name = first.includes(" ") ? `${first}: ${rest.join(".")}` : path.join(".");
  return `${name}: ${shown(then)} in the folder, ${shown(now)} now`;
}

function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
