// node scripts/run-typescript.mjs FILE [ARGS]: runs a program of test/ from its source, as `npm run conformance` does in a clone.
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const root = fileURLToPath(new URL("..", import.meta.url));
const [file = "", ...args] = process.argv.slice(2);
process.argv = [process.argv[0], `${root}${file}`, ...args];
await createJiti(import.meta.url, { alias: { "llava-eval": `${root}src/index.ts` } }).import(`${root}${file}`);
