/** Whose mistake an exception is: the author's of a task file, or ours. */
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../core/package-root.js";

export const hasStack = (error: unknown): error is Error & { stack: string } =>
  error instanceof Error && error.stack !== undefined;

/**
 * `mine.ts:12`, the first of the author's lines that the error went through (jiti keeps lines, not columns); undefined when no line of it
 * is the author's.
 */
export function authorsPlace(error: unknown): string | undefined {
  for (const line of hasStack(error) ? error.stack.split("\n") : []) {
    const [, file, row] = /^\s+at .*?\(?((?:file:\/\/)?\/[^()]*):(\d+):\d+\)?$/.exec(line) ?? [];
    if (file === undefined) continue;
    const source = file.startsWith("file:") ? fileURLToPath(file) : file;
    if (!isOurs(source)) return `${source}:${row}`;
  }
  return undefined;
}

const ours = ["src", "dist", "node_modules", "bin"].map((folder) => join(packageRoot, folder) + sep);
const isOurs = (file: string): boolean =>
  ours.some((folder) => file.startsWith(folder)) || file.includes("/node_modules/");
