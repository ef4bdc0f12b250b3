/** Finds conformance data below a folder. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../src/core/errors.js";

export interface ConformanceData {
  /**
   * A file of vectors (`NAME.jsonl`, `.jsonl.gz`), a folder of real outputs with the official scores (`expected.json`), or a
   * folder with a run of another harness (`reference.json`).
   */
  readonly kind: "vectors" | "outputs" | "run";
  readonly path: string;
}

const vectorFile = /\.jsonl(\.gz)?$/;

/** All data at or below `root`, in name order. */
export function findData(root: string): ConformanceData[] {
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UserError("no such folder", root, "give a folder with conformance data");
  if (existsSync(join(root, "expected.json"))) return [{ kind: "outputs", path: root }];
  if (existsSync(join(root, "reference.json"))) return [{ kind: "run", path: root }];
  return readdirSync(root, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): ConformanceData[] => {
      const path = join(root, entry.name);
      if (entry.isDirectory()) return findData(path);
      return entry.isFile() && vectorFile.test(entry.name) ? [{ kind: "vectors", path }] : [];
    });
}

/** Collections whose files are named with their folder, since names repeat: `vlmevalkit/mathvista` is not `mathvista`. */
const collections = ["catalogue", "peers", "prompts", "statistics", "tokenizer", "video", "vlmevalkit"];

/** NAME of a vector file as `npm run vectors -- NAME FILE` takes it: `anls`, `catalogue/crpe`, `video/mvbench`. */
export function vectorName(path: string): string {
  const name = basename(path).replace(vectorFile, "");
  const folder = dirname(path);
  const collection = basename(basename(folder) === "scorers" ? dirname(folder) : folder);
  return collections.includes(collection) ? `${collection}/${name}` : name;
}
