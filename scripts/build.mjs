// Builds what is not built: TypeScript to dist/, the report page, the engine. A no-op when nothing changed, because
// npm runs install steps again whenever npx starts the package. In an installed package (no sources, no compiler from npm)
// only the addon is left to build.
//   node scripts/build.mjs [--install] [typescript] [page] [engine]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const installing = args.includes("--install");
const wanted = args.filter((arg) => !arg.startsWith("--"));

const parts = {
  typescript: {
    inputs: ["src", "tasks", "tsconfig.json", "package-lock.json", "scripts/bundle.mjs", "scripts/validators.mjs"],
    skips: ["src/engine", "src/report/page"],
    output: "dist/bundle/index.js",
    tool: "node_modules/typescript/package.json",
    build: () => {
      const status = node("node_modules/typescript/bin/tsc", "-p", ".");
      finishOutput();
      return node("scripts/bundle.mjs") || node("scripts/index-tasks.mjs") || node("scripts/validators.mjs") || status;
    },
  },
  page: {
    inputs: ["src/report/page", "package-lock.json"],
    skips: [],
    output: "dist/src/report/page/index.html",
    tool: "node_modules/vite/package.json",
    // The report with all that it needs, then the leaderboard's script beside it.
    build: () =>
      ["vite.config.ts", "vite.board.config.ts"].reduce(
        (status, config) =>
          status ||
          node("node_modules/vite/bin/vite.js", "build", "--config", `src/report/page/${config}`, "--logLevel", "warn"),
        0,
      ),
  },
};

for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!part.inputs.slice(0, 1).every((input) => existsSync(join(root, input))) || !existsSync(join(root, part.tool)))
    continue;
  const stampFile = join(root, "dist", `.${name}.stamp`);
  const stamp = stampOf(part.inputs, part.skips);
  if (existsSync(join(root, part.output)) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp)
    continue;
  const status = part.build();
  if (status !== 0) process.exit(status);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

const engine = join(root, "src/engine/build.mjs");
if ((wanted.length === 0 || wanted.includes("engine")) && existsSync(engine)) {
  // Its own no-op check, and its own words when there is no compiler: an install never fails for want of the engine.
  if (installing) await installEngine();
  else {
    const { buildAddon } = await import(pathToFileURL(engine).href);
    if (!(await buildAddon())) process.exit(1);
  }
}

/** Builds beside this process, which tells how far it is: the compiler takes minutes, and silence looks like a hang. */
async function installEngine() {
  const tell = teller();
  const folder = join(root, "build", "engine");
  const isCpuSource = (name) => name.endsWith(".cc") && !name.startsWith(join("kernels", "cuda"));
  const files = readdirSync(dirname(engine), { recursive: true }).filter(isCpuSource).length;
  const started = Date.now();
  let told = -1; // quarters
  const look = setInterval(() => {
    if (!existsSync(join(folder, ".lock"))) return; // there is nothing to do, or not yet
    const quarters = Math.min(3, Math.floor((4 * objectsIn(folder)) / files));
    if (quarters <= told) return;
    if (told < 0) tell(`compiling the engine for local models, ${files} C++ files; everything else needs no compiler`);
    if (quarters > 0) tell(`${25 * quarters} % of the engine compiled`);
    told = quarters;
  }, 1000);
  const child = spawn(process.execPath, [engine, "addon"], { cwd: root, stdio: ["ignore", 2, 2] });
  const status = await new Promise((resolve) => child.on("error", () => resolve(1)).on("close", resolve));
  clearInterval(look);
  if (status !== 0)
    return tell("the engine was not built: local models need it, `npx llava-eval doctor` says what is missing");
  if (told >= 0) tell(`the engine is ready after ${Math.round((Date.now() - started) / 1000)} s`);
  if (!existsSync(join(root, "test", "engine"))) keepProducts(folder);
}

function objectsIn(folder) {
  try {
    return readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".o")).length;
  } catch (error) {
    if (error.code === "ENOENT") return 0; // CMake tries things out in folders that come and go
    throw error;
  }
}

/** In an installed package nothing is compiled a second time: objects and precompiled headers are nearly all of its 147 MB. */
function keepProducts(folder) {
  for (const name of readdirSync(folder))
    if (!/^(\..+|llava_engine\.node|toolkit)$/.test(name) || name.startsWith(".ninja"))
      rmSync(join(folder, name), { recursive: true, force: true });
}

/** npm keeps to itself what an install step prints; whoever sits at a terminal is told there. */
function teller() {
  const { CI, npm_config_loglevel: level } = process.env;
  const say = (text) => process.stderr.write(`llava-eval: ${text}\n`);
  if (process.stderr.isTTY || CI || level === "silent") return say;
  let terminal;
  try {
    terminal = openSync("/dev/tty", "w");
  } catch (error) {
    if (!["ENOENT", "ENXIO", "EACCES", "EPERM"].includes(error.code)) throw error;
    return say; // there is none
  }
  // npm's own line, which turns a wheel there, is wiped first.
  return (text) => writeSync(terminal, `\r\u001b[Kllava-eval: ${text}\n`);
}

function node(script, ...rest) {
  return spawnSync(process.execPath, [join(root, script), ...rest], { cwd: root, stdio: ["ignore", 2, 2] }).status ?? 1;
}

/** What the compiler leaves to others: tasks' example rows are copied, and what came of sources that are gone is removed. */
function finishOutput() {
  for (const name of readdirSync(join(root, "tasks"), { recursive: true }))
    if (name.endsWith("example.json")) copyFileSync(join(root, "tasks", name), join(root, "dist", "tasks", name));
  for (const folder of ["src", "tasks"])
    for (const name of readdirSync(join(root, "dist", folder), { recursive: true })) {
      const source = join(root, folder, name.replace(/\.(?:d\.ts|js)$/, ".ts"));
      if (
        /\.(?:d\.ts|js)$|example\.json$/.test(name) &&
        !name.startsWith(join("report", "page")) &&
        !existsSync(source)
      )
        rmSync(join(root, "dist", folder, name));
    }
}

/** Names, sizes and times: enough to see a change, and cheap enough to look at every start. */
function stampOf(inputs, skips) {
  const hash = createHash("sha256");
  const visit = (path) => {
    if (skips.includes(path)) return;
    const entry = statSync(join(root, path), { throwIfNoEntry: false });
    if (!entry) return;
    if (entry.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) visit(`${path}/${name}`);
    else hash.update(`${path} ${entry.size} ${entry.mtimeMs}\n`);
  };
  for (const input of inputs) visit(input);
  return hash.digest("hex");
}
