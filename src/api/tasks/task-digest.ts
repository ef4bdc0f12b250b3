import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { digestOf } from "../../core/digest.js";

/** Of a task file and of every file that it imports from beside it, with their names: what decides its numbers. */
export async function taskDigest(path: string): Promise<string> {
  const texts = new Map<string, string>();
  await collect(resolve(path), texts);
  const files = [...texts].map(([file, text]) => [relative(dirname(path), file), text] as const);
  return digestOf(files.sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, text]) => [file, text]));
}

async function collect(path: string, texts: Map<string, string>): Promise<void> {
  if (texts.has(path)) return;
  const text = await readFile(path, "utf8");
  texts.set(path, text);
  for (const [, specifier = ""] of text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)) {
    const file = resolved(resolve(dirname(path), specifier));
    if (file !== undefined) await collect(file, texts);
  }
}

/** As the loader finds it: by its name, as TypeScript for a `.js`, with an ending, or as a folder's index. */
function resolved(path: string): string | undefined {
  const endings = ["ts", "js", "mts", "mjs", "json"];
  const candidates = [
    path,
    path.replace(/\.([cm]?)js$/, ".$1ts"),
    ...endings.map((ending) => `${path}.${ending}`),
    ...endings.map((ending) => `${path}/index.${ending}`),
  ];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
