// node scripts/readers.mjs [all]: the real readers of our exports, from PyPI into build/readers; prints its Python for LLAVA_EVAL_TEST_READERS.
// Without `all`, those that CI uses. MLflow and TensorBoard bring hundreds of megabytes with them.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const small = ["huggingface_hub==2.4.0", "pandas==3.1.1", "junitparser==5.0.3"];
const large = ["polars==2.1.0", "pyarrow==25.0.1", "duckdb==2.0.1", "tensorboard==2.21.0", "mlflow==3.17.2"];

const folder = join(fileURLToPath(new URL("..", import.meta.url)), "build/readers");
const python = join(folder, "bin/python");

function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(1);
}

run("python3", "-m", "venv", folder);
run(python, "-m", "pip", "install", "--quiet", ...small, ...(process.argv[2] === "all" ? large : []));
process.stdout.write(`${python}\n`);
