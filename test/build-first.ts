import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * End-to-end tests start the real program from dist/: it must be what the sources say. A no-op when nothing changed. A type
 * error still emits code, so the tests run; `npm run typecheck` is what fails.
 */
export default function buildFirst(): () => void {
  const script = fileURLToPath(new URL("../scripts/build.mjs", import.meta.url));
  spawnSync(process.execPath, [script, "typescript"], { stdio: ["ignore", "ignore", "inherit"] });
  // Whose runs are whose is remembered here, and not in the home of whoever tests.
  const state = mkdtempSync(join(tmpdir(), "llava-eval-state-"));
  process.env.XDG_STATE_HOME = state;
  return () => rmSync(state, { recursive: true, force: true });
}
