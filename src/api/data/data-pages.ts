/** `data pages`: the documents that a task's rows name become images of their pages, and rows that name these. */
import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { SampleFailure, UserError } from "../../core/errors.js";
import type { TSchema } from "../../core/schema.js";
import { Type } from "../../core/schema-type.js";
import { openDataset } from "../../datasets/index.js";
import { makeFolder } from "../../files/make-folder.js";
import { writeWhole } from "../../files/whole-file.js";
import { rendererVersion, renderPages } from "../../images/pdf-pages.js";
import { type Chosen, chooseTasks } from "../tasks/catalogue.js";

export interface Rendered {
  readonly label: string;
  /** The rows with their pages; `run --data` of the same folder reads it. */
  readonly file: string;
  readonly rows: number;
  readonly documents: number;
  readonly pages: number;
  /** `pdftoppm version 22.12.0, 144 dots an inch`. */
  readonly renderer: string;
  /** `report.pdf: it has no pages`. Its rows have no pages: they are unscored (`data`). */
  readonly problems: readonly string[];
}

interface Options {
  readonly signal: AbortSignal;
  warn(message: string): void;
  say(message: string): void;
}

/** As MMLongBench-Doc's authors have them. */
const settings = { most: 120, dotsPerInch: 144 };
/** Where documents lie in a copy of the hub's repository, and of the authors'. */
const places = ["documents", join("data", "documents"), "."];

/** @throws UserError  no folder; a task whose rows name no documents; pdftoppm is not installed */
export async function* dataPages(names: readonly string[], data: string, options: Options): AsyncGenerator<Rendered> {
  if (data === "hub" || data === "demo")
    throw new UserError("documents are read from a folder", "--data", "fetch the data set, then --data DIR");
  const { chosen } = await chooseTasks(names);
  for (const one of chosen) yield await rendered(one, resolve(data), options);
}

async function rendered({ task, split, splitName, label }: Chosen, root: string, options: Options): Promise<Rendered> {
  const { signal, warn, say } = options;
  const columns = (task.row as { properties?: Record<string, TSchema> }).properties ?? {};
  const { pages: images, ...texts } = columns;
  if (images === undefined || texts.doc_id === undefined)
    throw new UserError(
      `the rows of ${label} name no documents`,
      "data pages",
      "it is for tasks with pages: mmlongbench_doc",
    );
  const renderer = `${await rendererVersion(signal)}, ${settings.dotsPerInch} dots an inch`;
  const folder = join(root, task.name);
  const row = Type.Object(texts);
  await using dataset = await openDataset({ task: task.name, splitName, split, row, data: root, warn, signal });
  const found = new Map<string, readonly string[]>();
  const problems: string[] = [];
  const lines: string[] = [];
  const orProblem = async (name: string): Promise<readonly string[]> => {
    try {
      return await pagesOf(name, root, folder, signal);
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      problems.push(`${JSON.stringify(name.slice(0, 200))}: ${error.detail}`);
      return [];
    }
  };
  for await (const batch of dataset.batches(0, signal)) {
    for (const item of batch) {
      if ("failure" in item) {
        problems.push(`row ${item.index}: ${item.failure.detail}`);
        continue;
      }
      const name = String(item.row.doc_id);
      const pages = found.get(name) ?? (await orProblem(name));
      if (!found.has(name)) say(`${name}: ${pages.length} pages`);
      found.set(name, pages);
      lines.push(JSON.stringify({ ...item.row, pages }));
    }
  }
  const file = join(folder, `${splitName}.jsonl`);
  await makeFolder(folder);
  await writeWhole(file, "the rows", `${lines.join("\n")}\n`);
  const pages = [...found.values()].reduce((sum, list) => sum + list.length, 0);
  return { label, file, rows: lines.length, documents: found.size, pages, renderer, problems };
}

/** The images' names as the rows beside them have them. The document's name is hostile until proven otherwise. */
async function pagesOf(name: string, root: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  if (name.includes("\0") || isAbsolute(name)) throw new SampleFailure("data", "it is not a relative path");
  const top = await realpath(root);
  for (const place of places) {
    const document = await realpath(join(root, place, name)).catch(() => undefined);
    if (document === undefined) continue;
    const inside = relative(top, document);
    if (inside.startsWith(`..${sep}`) || isAbsolute(inside))
      throw new SampleFailure("data", "it leads out of the data folder");
    const own = join("pages", encodeURIComponent(name).replaceAll(".", "%2E"));
    await makeFolder(join(folder, "pages"));
    const pages = await renderPages(document, join(folder, own), settings, signal);
    return pages.map((page) => join(own, page));
  }
  throw new SampleFailure("data", "there is no such document in the data folder, nor in its folder documents");
}
