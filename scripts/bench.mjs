// npm run bench -- NAME [ARGS]: runs test/bench/NAME.ts. Benchmarks print tables; they never assert a time.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}test/bench/`;
const [name, ...args] = process.argv.slice(2);
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -3))
  : [];
if (!name || !names.includes(name)) {
  process.stderr.write(
    `error: no benchmark "${name ?? ""}"\n  at:  npm run bench\n  fix: choose one of ${names.join(", ")}\n`,
  );
  process.exit(1);
}
process.argv = [process.argv[0], `${folder}${name}.ts`, ...args];
await createJiti(import.meta.url, { alias: { "llava-eval": `${root}src/index.ts` } }).import(`${folder}${name}.ts`);
