/** Rows of a task as a run would ask about them: what is in the columns, the words that are sent, the images. */
import type { Screen } from "../../board/format/terminal-table.js";
import { folded } from "../../board/format/text-table.js";
import { rowsHtml } from "../../board/samples/rows-html.js";
import { messageOf, SampleFailure } from "../../core/errors.js";
import type { EncodedImage } from "../../core/image.js";
import { promptImages, promptText } from "../../core/prompt.js";
import { columnsOf } from "../../datasets/columns.js";
import { openDataset } from "../../datasets/index.js";
import { asBlocks } from "../../images/as-blocks.js";
import { readImage } from "../../images/encoded.js";
import { thumbnail } from "../../images/thumbnail.js";
import { plan } from "../../run/plan.js";
import { referenceFailure } from "../../run/score-sample.js";
import { type Chosen, chooseTasks } from "../tasks/catalogue.js";

export { asBlocks, folded, rowsHtml, type Screen, thumbnail };

export interface ShownRow {
  readonly label: string;
  readonly index: number;
  readonly id?: string;
  /** The words that are sent, with `<image>` where each image stands. */
  readonly prompt?: string;
  readonly images: readonly EncodedImage[];
  /** Columns without media, as the task reads them. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** Why the row, or an image of it, cannot be used. */
  readonly problems: readonly string[];
}

export interface RowsOptions {
  /** `hub`, `demo`, or a folder. */
  readonly data: string;
  /** Rows of each task, at most. */
  readonly rows: number;
  readonly offset: number;
  readonly signal: AbortSignal;
  warn(message: string): void;
}

/** The first rows of each task. @throws UserError  no such task or data */
export async function* dataRows(names: readonly string[], options: RowsOptions): AsyncGenerator<ShownRow> {
  const { chosen } = await chooseTasks(names);
  for (const one of chosen) yield* rowsOf(one, options);
}

async function* rowsOf(
  { task, split, splitName, label }: Chosen,
  { data, rows, offset, signal, warn }: RowsOptions,
): AsyncGenerator<ShownRow> {
  const opened = { task: task.name, splitName, split, row: task.row, tsv: task.tsv, data, partial: true, warn };
  await using dataset = await openDataset(opened);
  const found: ShownRow[] = [];
  const ungrouped = new Map(Object.entries(task.groups ?? {}));
  for await (const unit of plan(task, dataset, { offset, limit: rows, repeats: 1 }, signal)) {
    const { index } = unit;
    if (!("row" in unit)) {
      found.push({ label, index, images: [], columns: {}, problems: [unit.failure.detail] });
      continue;
    }
    const { row, id } = unit;
    for (const [name, groupOf] of ungrouped) if (groupOf(row) !== undefined) ungrouped.delete(name);
    const prompt = task.prompt(row, task.profiles?.[0] ?? "default");
    const unusable = referenceFailure(task, split, row);
    const problems = unusable ? [unusable.detail] : [];
    const images: EncodedImage[] = [];
    for (const ref of promptImages(prompt)) {
      try {
        images.push(await readImage(ref));
      } catch (error) {
        if (!(error instanceof SampleFailure)) throw error;
        problems.push(messageOf(error));
      }
    }
    found.push({ label, index, id, prompt: promptText(prompt), images, columns: wordsOf(row, task.row), problems });
  }
  const n = found.filter(({ id }) => id !== undefined).length;
  for (const name of n === 0 ? [] : ungrouped.keys())
    warn(`${label}: no row of the ${n} shown has a value for the group "${name}"`);
  // The plan hands out rows of one image together; people read them in their order.
  yield* found.sort((a, b) => a.index - b.index);
}

/** What is text, number or a list of them: references to images are no words. */
function wordsOf(row: Readonly<Record<string, unknown>>, schema: Chosen["task"]["row"]): Record<string, unknown> {
  const shown = columnsOf(schema).filter(
    (name) => row[name] !== undefined && row[name] !== null && !isMedia(row[name]),
  );
  return Object.fromEntries(shown.map((name) => [name, row[name]]));
}

const isMedia = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(isMedia)
    : typeof value === "object" && value !== null && ("bytes" in value || "file" in value);
