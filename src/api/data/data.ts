import { defined } from "../../core/defined.js";
import { messageOf, SampleFailure } from "../../core/errors.js";
import { promptImages, videoParts } from "../../core/prompt.js";
import { hasClips } from "../../core/task.js";
import { openDataset } from "../../datasets/index.js";
import { decodeImage } from "../../images/decode.js";
import { readImage } from "../../images/encoded.js";
import { plan } from "../../run/plan.js";
import { referenceFailure } from "../../run/score-sample.js";
import { ClipCheck } from "../../video/clip-check.js";
import { type Chosen, chooseTasks } from "../tasks/catalogue.js";

/** What was found about one split. */
export interface Verified {
  readonly task: string;
  readonly source: string;
  readonly revision: string;
  readonly digest: string;
  readonly rows: number;
  readonly expectedRows: number | undefined;
  readonly images: number;
  /** Different clips; absent where the task has none. */
  readonly clips?: number;
  /** `row 12: the image ... is no image`. */
  readonly problems: readonly string[];
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  warn(message: string): void;
}

/** Reads every row of the tasks and decodes every image, split by split. */
export async function* verifyData(
  names: readonly string[],
  data: string,
  options: VerifyOptions,
): AsyncGenerator<Verified> {
  const { chosen } = await chooseTasks(names);
  for (const one of chosen) yield await verify(one, data, options);
}

async function verify(
  { task, split, splitName, label }: Chosen,
  data: string,
  { signal, warn }: VerifyOptions,
): Promise<Verified> {
  const { row, tsv } = task;
  await using dataset = await openDataset({ task: task.name, splitName, split, row, tsv, data, warn });
  const problems: string[] = [];
  const decoded = new Set<string>();
  const clips = hasClips(task) ? new ClipCheck(signal) : undefined;
  let rows = 0;
  for await (const unit of plan({ ...task, limitByCluster: false }, dataset, { offset: 0, repeats: 1 }, signal)) {
    rows++;
    if (!("row" in unit)) {
      problems.push(`row ${unit.index}: ${unit.failure.detail}`);
      continue;
    }
    const unusable = referenceFailure(task, split, unit.row);
    if (unusable) problems.push(`row ${unit.index}: ${unusable.detail}`);
    try {
      const prompt = task.prompt(unit.row, task.profiles?.[0] ?? "default");
      for (const { video, subtitles } of videoParts(prompt)) {
        const found = await clips?.problemOf(video);
        if (found) problems.push(`row ${unit.index}: ${found}`);
        await subtitles?.file.read();
      }
      for (const ref of promptImages(prompt)) {
        const image = await readImage(ref);
        if (decoded.has(image.digest)) continue;
        decoded.add(image.digest);
        const { warnings } = await decodeImage(image);
        problems.push(...warnings.map((warning) => `row ${unit.index}: ${warning}`));
      }
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      problems.push(`row ${unit.index}: ${messageOf(error)}`);
    }
  }
  const { source, revision = "none", digest = "none", expectedRows } = dataset.facts;
  // A task that makes several samples of a row counts the file's rows by the dataset's own number.
  const inFile = task.expand ? (dataset.facts.rows ?? rows) : rows;
  return {
    task: label,
    source,
    revision,
    digest,
    rows: inFile,
    expectedRows,
    images: decoded.size,
    ...defined({ clips: clips?.seen }),
    problems,
  };
}

/** Another number of rows is a fact to know, and no damage: demo rows and own folders have their own. */
export function isSound({ problems, rows }: Verified): boolean {
  return problems.length === 0 && rows > 0;
}
