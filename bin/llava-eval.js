#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";
import { setFlagsFromString } from "node:v8";

// Node 22 and newer keep compiled code between starts.
module.enableCompileCache?.();
// Node 20 optimizes code after so little use that a run of 2,000 samples spent a sixth of its CPU time on code that it then
// hardly ran (1.9 CPU-ms a sample, 1.6 so, both on a busy machine); newer ones have no such flag and a cheaper first tier.
// WebAssembly (undici's parser) is left as its first compiler made it: the second one took a sixth of a start's CPU time and 35 MB.
if (process.versions.v8.startsWith("11.")) {
  setFlagsFromString("--interrupt-budget=300000");
  setFlagsFromString("--liftoff-only");
  // Images lie outside the heap and count as its growth: after every 25 MB of them Node 20 marked the whole heap. At three times what is
  // live 2,000 samples take 0.83 of the CPU time and 19 MB more, 20,000 take 0.91 and no more; at four times 2,000 take 0.96 of that and
  // no more. Beyond it nothing is gained.
  setFlagsFromString("--heap-growing-percent=300");
}

const main = new URL("../dist/bundle/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    "error: llava-eval is not built\n  at:  dist/\n  fix: run `npm ci` (or `npm run build`) in the package's folder\n",
  );
  process.exit(1);
}
const { main: run } = await import(main.href);
await run(process.argv.slice(2));
