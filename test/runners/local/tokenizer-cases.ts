/** Vocabularies and texts with known ids. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export const dataFolder = fileURLToPath(new URL("data/", import.meta.url));

export interface TextCase {
  readonly text: string;
  readonly ids: number[];
  readonly ids_slow_nonlegacy?: number[];
}

export interface PromptCase {
  readonly template: string;
  readonly prompt: string;
  /** -200 where an image stands. */
  readonly ids: number[];
}

export const readText = (path: string): string =>
  (path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString("utf8");

export function readLines<T>(path: string): T[] {
  const lines = readText(path).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as T);
}

/** A `tokenizer.json` as far as the tests look into it. */
export interface TokenizerFile {
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly (string | [string, string])[] };
}

export const readTokenizerFile = (folder: string): TokenizerFile =>
  JSON.parse(readText(join(folder, "tokenizer.json.gz"))) as TokenizerFile;
