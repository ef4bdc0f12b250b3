#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

// Node 22 and newer keep compiled code between starts.
module.enableCompileCache?.();

const main = new URL("../dist/src/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    "error: llava-eval is not built\n  at:  dist/\n  fix: run `npm ci` (or `npm run build`) in the package's folder\n",
  );
  process.exit(1);
}
const { main: run } = await import(main.href);
await run(process.argv.slice(2));
