// Formats the engine's C++ and CUDA by .clang-format, or checks it. Versions format differently: exactly one is taken, from the
// machine when it is that one, else from PyPI into build/clang-format. Where neither is to be had, it says so and passes.
//   node scripts/format-engine.mjs [--write]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const version = "14.0.6";
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build", "clang-format");

const run = (program, args) => spawnSync(program, args, { cwd: root, encoding: "utf8" });
const isIt = (program) => new RegExp(`\\b${version}\\b`).test(run(program, ["--version"]).stdout ?? "");

function clangFormat() {
  const fetched = join(folder, "bin", "clang-format");
  for (const program of ["clang-format", "clang-format-14", fetched]) if (isIt(program)) return program;
  if (!existsSync(join(folder, "bin", "pip"))) run("python3", ["-m", "venv", folder]);
  run(join(folder, "bin", "pip"), ["install", "--quiet", `clang-format==${version}`]);
  return isIt(fetched) ? fetched : undefined;
}

const program = clangFormat();
if (program === undefined) {
  console.log(`C++ format not checked: no clang-format ${version} here, and pip could not install it`);
} else {
  const patterns = ["src/engine", "test/engine", "test/bench"].flatMap((path) =>
    ["cc", "cu", "h"].map((end) => `${path}/*.${end}`),
  );
  const files = run("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns])
    .stdout.trim()
    .split("\n");
  const present = files.filter((file) => existsSync(join(root, file)));
  const how = process.argv.includes("--write") ? ["-i"] : ["--dry-run", "--Werror"];
  const { status, stderr } = run(program, ["--style=file", ...how, ...present]);
  process.stderr.write(stderr);
  console.log(
    `C++ format: ${present.length} files ${status === 0 ? "as .clang-format has them" : "looked at; `npm run format` mends them"}`,
  );
  process.exitCode = status === 0 ? 0 : 1;
}
