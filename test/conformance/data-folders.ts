/** Where conformance data lies: copies in this repository, and more beside it on the machines that have it. */

import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findData } from "./find-data.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const data = join(root, "test", "conformance", "data");

/** `../shared/conformance`, or undefined where the machine has none. */
export const sharedConformance = ((): string | undefined => {
  const folder = join(resolve(process.env.LLAVA_EVAL_SHARED ?? join(root, "..", "shared")), "conformance");
  return existsSync(folder) ? folder : undefined;
})();

/** Vector files by name: the repository's own. Those of scorers have a plain name, others their folder in front. */
export const ownVectors = new Map([
  ...vectorFilesIn("scorers", ""),
  ...vectorFilesIn("catalogue", "catalogue/"),
  ...vectorFilesIn("peers", "peers/"),
  ...vectorFilesIn("prompts", "prompts/"),
  ...vectorFilesIn("statistics", "statistics/"),
  ...vectorFilesIn("tokenizer", "tokenizer/"),
  ...vectorFilesIn("video", "video/"),
  ...vectorFilesIn("vlmevalkit", "vlmevalkit/"),
]);

function vectorFilesIn(folder: string, prefix: string): [name: string, path: string][] {
  return readdirSync(join(data, folder))
    .filter((file) => file.endsWith(".jsonl.gz"))
    .map((file) => [prefix + file.replace(/\.jsonl\.gz$/, ""), join(data, folder, file)]);
}

/** Benchmark folders of the repository. */
export const ownOutputs = outputFolders(join(data, "outputs"));

/** Outputs whose licence forbids a copy here. */
export const outputsElsewhere = ["chartqa", "mme", "mmstar", "scienceqa"] as const;

/** Benchmark folders at or below `root`. */
export function outputFolders(root: string): string[] {
  return findData(root)
    .filter(({ kind }) => kind === "outputs")
    .map(({ path }) => path);
}
