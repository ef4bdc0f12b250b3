import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const goldenFolder = join(root, "test", "golden");

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A build of `llava-engine`, the engine without Node. */
export class EngineProgram {
  private readonly path: string;
  /** Why it cannot be here; undefined when it is. */
  readonly missing: string | undefined;

  /** Builds it; a no-op when nothing changed. */
  constructor(folder: "engine" | "engine-emulated") {
    this.path = join(root, "build", folder, "llava-engine");
    const flags = folder === "engine" ? [] : ["--emulate-cuda"];
    const build = spawnSync(process.execPath, [join(root, "src/engine/build.mjs"), "engine", ...flags], {
      encoding: "utf8",
    });
    this.missing = build.status === 0 && existsSync(this.path) ? undefined : build.stderr.trim();
  }

  /** Runs it to its end. */
  run(...args: readonly string[]): Run {
    return this.runWith({}, ...args);
  }

  /** Runs it with variables added to the environment. */
  runWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Run {
    const env = { ...process.env, ...variables };
    const run = spawnSync(this.path, args, { encoding: "utf8", maxBuffer: 1 << 28, cwd: dirname(this.path), env });
    return { code: run.status, stdout: run.stdout, stderr: run.stderr };
  }
}
