/** How this program is called, by what is installed where a user stands. */
import { createRequire } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import { packageRoot } from "../core/package-root.js";
import { packageVersion } from "./versions.js";

export const program = join(packageRoot, "bin", "llava-eval.js");

/** How this program is started from `folder`: what a user can type there, whichever way it was started now. */
export function programIn(folder: string): string {
  if (isFoundFrom(folder)) return "npx llava-eval";
  const started = process.argv[1] ?? program;
  return basename(started) === "llava-eval" ? "llava-eval" : `node ${quoted(started)}`;
}

/** What puts the package into a project: from a checkout its packed file, else the registry it came from. */
export function installLines(): readonly string[] {
  if (packageRoot.includes(`${sep}node_modules${sep}`)) return ["npm install --save-dev llava-eval"];
  return [`npm pack ${quoted(packageRoot)}`, `npm install --save-dev ./llava-eval-${packageVersion()}.tgz`];
}

/** Whether a file in `folder` that asks for the package "llava-eval" is given this one: it is installed there, or a checkout around it. */
export function isFoundFrom(folder: string): boolean {
  const { resolve } = createRequire(join(folder, "any.js"));
  try {
    return dirname(resolve("llava-eval/package.json")) === packageRoot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return false;
    throw error;
  }
}

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
