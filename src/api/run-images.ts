import { SampleFailure } from "../core/errors.js";
import { promptImages } from "../core/prompt.js";
import { readImage } from "../images/encoded.js";
import type { Run } from "../record/read.js";
import type { ImageStore } from "../report/images.js";
import { plan } from "../run/plan.js";
import type { Chosen } from "./catalogue.js";
import { openRunDataset } from "./run-dataset.js";

/**
 * Reads the images of a task's samples into the store, in row order, at most `limit` samples. The rows are those of the run:
 * nothing is fetched that the run did not fetch, unless its cache is gone.
 */
export async function collectImages(
  run: Run,
  chosen: Chosen,
  store: ImageStore,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<void> {
  const result = run.results.get(chosen.label);
  const { task } = chosen;
  const profile = result?.promptProfile ?? task.profiles?.[0] ?? "default";
  const selection = { offset: result?.offset ?? 0, limit: Math.min(limit, result?.limit ?? limit), repeats: 1 };
  await using dataset = await openRunDataset(run, chosen, () => {});
  for await (const unit of plan(task, dataset, selection, signal)) {
    if (!("row" in unit)) continue;
    for (const ref of promptImages(task.prompt(unit.row, profile))) {
      try {
        await store.add(await readImage(ref));
      } catch (error) {
        // An image that the run could not read either; its sample says so.
        if (!(error instanceof SampleFailure)) throw error;
      }
    }
  }
}
