import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const goldenFolder = join(root, "test", "golden");

/** Builds `llava-engine` (a no-op when nothing changed). Returns why it cannot be here, or undefined. */
export function buildEngine(): string | undefined {
  const build = spawnSync(process.execPath, [join(root, "src/native/build.mjs"), "engine"], { encoding: "utf8" });
  return build.status === 0 && existsSync(program()) ? undefined : build.stderr.trim();
}

function program(): string {
  return join(root, "build", "native", "llava-engine");
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export function llavaEngine(...args: readonly string[]): Run {
  const run = spawnSync(program(), args, { encoding: "utf8", maxBuffer: 1 << 28, cwd: dirname(program()) });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}
