import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

/** One HTML file with its script and style inside, built to dist/src/report/page/. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: {
    outDir: fileURLToPath(new URL("../../../dist/src/report/page", import.meta.url)),
    emptyOutDir: true,
    modulePreload: false,
    target: "es2022",
  },
});
