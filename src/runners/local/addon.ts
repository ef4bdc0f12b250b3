/** Loads the engine's binary, and reads what it says of a checkpoint and of an input that it refuses. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { messageOf, UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import type { NativeAddon, NativeCheckpoint, NativeModelDescription } from "./native.js";
import { isClone } from "./toolkit.js";

/** Raised, with `kSurface` in `src/engine/addon/module.cc`, whenever what `native.ts` types changes. */
const surface = 4;

/** @throws UserError  the checkpoint is none that the engine can open */
export function requireSupported(checkpoint: NativeCheckpoint): NativeModelDescription {
  const { refusal } = checkpoint;
  if (refusal) throw new UserError(refusal.problem, refusal.where, refusal.fix);
  return checkpoint as NativeModelDescription; // without a refusal nothing is unknown: describe.cc
}

/** The message, place and remedy of an error that the engine threw about the user's input; others pass through. */
export function asUserError(error: unknown): unknown {
  if (error instanceof Error && "code" in error && error.code === "INPUT" && "where" in error && "fix" in error) {
    return new UserError(error.message, String(error.where), String(error.fix), { cause: error });
  }
  return error;
}

let loaded: NativeAddon | undefined;

/**
 * Loads the binary: `LLAVA_EVAL_ENGINE` if set, then `build/engine/` of this package (`npm run build:engine`), then the prebuilt
 * package of this platform. @throws UserError when there is none or it does not load here.
 */
export function loadAddon(): NativeAddon {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  const override = process.env.LLAVA_EVAL_ENGINE;
  const built = join(packageRoot, "build", "engine", "llava_engine.node");
  const candidates = override ? [override] : [...(existsSync(built) ? [built] : []), `@llava-eval/engine-${platform}`];
  const failures: string[] = [];
  let stale = false;
  for (const candidate of candidates) {
    try {
      const addon = require(candidate) as Partial<NativeAddon>;
      if (addon.surface === surface) {
        loaded = addon as NativeAddon;
        return loaded;
      }
      stale = true;
      failures.push(`${candidate}: built from the sources of another version`);
    } catch (error) {
      failures.push(`${candidate}: ${messageOf(error).split("\n")[0]}`);
    }
  }
  throw new UserError(
    stale ? "the engine was built for another version of this program" : "the engine is not built for this machine",
    failures.join("; "),
    `${override ? "unset LLAVA_EVAL_ENGINE, or " : ""}run \`${isClone() ? "npm run build:engine" : "npm rebuild llava-eval"}\` (needs g++ or clang with C++20), or use a remote --model`,
  );
}
