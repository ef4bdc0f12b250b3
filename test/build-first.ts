import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * End-to-end tests start the real program from dist/: it must be what the sources say. A no-op when nothing changed. A type
 * error still emits code, so the tests run; `npm run typecheck` is what fails.
 */
export default function buildFirst(): void {
  const script = fileURLToPath(new URL("../scripts/build.mjs", import.meta.url));
  spawnSync(process.execPath, [script, "typescript"], { stdio: ["ignore", "ignore", "inherit"] });
}
