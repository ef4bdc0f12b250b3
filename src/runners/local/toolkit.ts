/** How the engine is built here, and with which CUDA toolkit. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { defined } from "../../core/defined.js";
import { packageRoot } from "../../core/package-root.js";

/** Whether this is a checkout of the repository, not an installed package. */
export function isClone(): boolean {
  return existsSync(join(packageRoot, "tsconfig.json"));
}

/** Builds the engine's addon with CUDA, here. */
export function cudaBuildCommand(): string {
  return isClone() ? "npm run build:cuda" : `node ${join(packageRoot, "src", "engine", "build.mjs")} --cuda`;
}

/** A CUDA toolkit of this machine: what `npm run build:cuda` would build with, and what would install one. */
export async function findToolkit(): Promise<{ readonly found?: Toolkit; readonly wheelsCommand: string }> {
  const file = join(packageRoot, "src", "engine", "toolkit.mjs");
  const module = (await import(pathToFileURL(file).href)) as {
    findToolkit(environment?: NodeJS.ProcessEnv): Toolkit | undefined;
    wheelsCommand: string;
  };
  return defined({ found: module.findToolkit(), wheelsCommand: module.wheelsCommand });
}

interface Toolkit {
  readonly version: string;
  /** The oldest NVIDIA driver that its builds run with. */
  readonly driver: number;
  /** "PATH", "the wheels in …" */
  readonly from: string;
}
