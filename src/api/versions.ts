import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../core/package-root.js";

/** Of this package and of what can change a number. */
export function versions(): Record<string, string> {
  return { "llava-eval": packageVersion(), node: process.versions.node, icu: process.versions.icu ?? "none" };
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }).version;
}
