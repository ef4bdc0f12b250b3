import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** One script that stands inside the page of a leaderboard, built to dist/src/report/page/. */
export default defineConfig({
  build: {
    outDir: fileURLToPath(new URL("../../../dist/src/report/page", import.meta.url)),
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: fileURLToPath(new URL("board.ts", import.meta.url)),
      formats: ["iife"],
      name: "board",
      fileName: () => "board.js",
    },
  },
});
