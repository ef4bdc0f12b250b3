// Writes dist/bundle, which the command line and programs load: the modules of dist/src, and of the packages that they import, in a
// tenth of the files. Node looks for each file of a start, for each place that imports it, and waits for it: with 190 files of our own a
// start took 1.2 times the CPU time, with a hundred of packages 1.08 times. A step of the build. dist/src stays beside it for the types
// and the engine's own processes; nothing else may be loaded from there, or a module would be there twice.
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}dist/bundle/`;
const { output } = await build({
  root,
  configFile: false,
  logLevel: "warn",
  // Left outside: what is no JavaScript or finds its own files, and what a user installs beside us.
  ssr: { noExternal: true, external: ["sharp", "jiti", "bullmq", "ioredis", "pg"] },
  build: {
    ssr: true,
    // What the packages' licences ask of whoever hands them on.
    license: { fileName: "LICENSES.md" },
    target: "node20",
    outDir: folder,
    emptyOutDir: false,
    rolldownOptions: {
      input: { main: "dist/src/cli/main.js", index: "dist/src/index.js", api: "dist/src/api/index.js" },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

// A run that began before this build still imports the files that it knows; who installs the packed file does not.
const week = 7 * 24 * 60 * 60 * 1000;
const written = new Set([".npmignore", ...output.map(({ fileName }) => fileName)]);
const earlier = readdirSync(folder).filter((name) => !written.has(name));
writeFileSync(`${folder}.npmignore`, earlier.map((name) => `/${name}\n`).join(""));
for (const name of earlier) if (statSync(folder + name).mtimeMs < Date.now() - week) rmSync(folder + name);
