/** The files of a bundle against its checksums. */
import { lstat, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { checksumsFile, filesOf, sha256 } from "./publish.js";

export async function* noPlainFiles(folder: string): AsyncGenerator<string> {
  for (const file of await filesOf(folder))
    if (!(await lstat(join(folder, file))).isFile()) yield `${file}: is no plain file`;
}

export async function* changedFiles(folder: string): AsyncGenerator<string> {
  const lines = (await readFile(join(folder, checksumsFile), "utf8")).split("\n").filter((line) => line !== "");
  const named = new Set<string>([checksumsFile]);
  for (const [i, line] of lines.entries()) {
    const [, digest, file] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (digest === undefined || file === undefined) {
      yield `${checksumsFile}, line ${i + 1}: no digest and name`;
      continue;
    }
    named.add(file);
    const path = join(folder, file);
    if (!path.startsWith(join(folder, "/"))) yield `${file}: lies outside the bundle`;
    else if (!(await stat(path).catch(() => undefined))?.isFile()) yield `${file}: is missing`;
    else if ((await sha256(path)) !== digest) yield `${file}: its bytes were changed`;
  }
  for (const file of await filesOf(folder))
    if (!named.has(file)) yield `${file}: stands in no line of ${checksumsFile}`;
}
