// Makes the prebuilt package of this platform from build/engine/: an npm tarball that llava-eval loads when it finds it installed.
//   node src/engine/package.mjs [OUT]        OUT: where the tarball goes (default build/packages)
// To publish: one package per platform, all listed in llava-eval's optionalDependencies at the same version; npm installs the one
// whose os, cpu and libc fit, and runs no script on the user's machine.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const out = resolve(process.argv[2] ?? join(root, "build", "packages"));
const platform = `${process.platform}-${process.arch}`;
const { version, license, repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

if (!(await buildAddon())) process.exit(1);
const folder = join(out, `engine-${platform}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
copyFileSync(join(root, "build", "engine", "llava_engine.node"), join(folder, "llava_engine.node"));
for (const file of ["LICENSE", "NOTICE"])
  if (existsSync(join(root, file))) copyFileSync(join(root, file), join(folder, file));
const cuda = existsSync(join(root, "build", "engine", ".cuda"));
const manifest = {
  name: `@llava-eval/engine-${platform}`,
  version,
  description: `The engine of llava-eval for ${platform}, ${cuda ? "CPU and CUDA" : "CPU"} back end${cuda ? "s" : ""}.`,
  license,
  ...(repository ? { repository } : {}),
  main: "llava_engine.node",
  files: ["llava_engine.node", "LICENSE", "NOTICE"],
  os: [process.platform],
  cpu: [process.arch],
  // A glibc binary does not load on musl; process.report names the glibc of this Node.
  ...(process.platform === "linux"
    ? { libc: [process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl"] }
    : {}),
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync(
  join(folder, "README.md"),
  `# ${manifest.name}\n\nThe prebuilt engine of [llava-eval](https://www.npmjs.com/package/llava-eval). Installed by it; nothing to use by itself.\n`,
);
const packed = spawnSync("npm", ["pack", "--pack-destination", out, folder], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", 2],
});
if (packed.status !== 0) process.exit(1);
process.stdout.write(`${join(out, packed.stdout.trim().split("\n").at(-1))}\n`);
