import { SampleFailure } from "../../core/errors.js";
import { promptImages, videoParts } from "../../core/prompt.js";
import { readImage } from "../../images/encoded.js";
import type { Run } from "../../record/read.js";
import type { ImageStore } from "../../report/images.js";
import { plan } from "../../run/plan.js";
import type { ClipReader } from "../../video/clip-reader.js";
import type { Chosen } from "../tasks/catalogue.js";
import { openRunDataset } from "./dataset.js";

/** Clips whose frames a page shows, at most: each is decoded again. */
const mostClips = 200;

interface Collect {
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Decodes as the run did; without it clips have no thumbnails. */
  readonly clips?: ClipReader | undefined;
}

/**
 * Reads the images of a task's samples into the store, in row order, at most `limit` samples. The rows are those of the run:
 * nothing is fetched that the run did not fetch, unless its cache is gone; clips of the hub, which are large, are not fetched for a page.
 */
export async function collectImages(
  run: Run,
  chosen: Chosen,
  store: ImageStore,
  { limit, signal, clips }: Collect,
): Promise<void> {
  const result = run.results.get(chosen.label);
  const { task } = chosen;
  const profile = result?.promptProfile ?? task.profiles?.[0] ?? "default";
  const selection = { offset: result?.offset ?? 0, limit: Math.min(limit, result?.limit ?? limit), repeats: 1 };
  const clipsShown = new Set<string>();
  await using dataset = await openRunDataset(run, chosen, () => {});
  for await (const unit of plan(task, dataset, selection, signal)) {
    if (!("row" in unit)) continue;
    const prompt = task.prompt(unit.row, profile);
    for (const ref of promptImages(prompt)) await orNothing(async () => store.add(await readImage(ref)));
    for (const { video } of clips ? videoParts(prompt) : []) {
      if (video.identity !== undefined || (!clipsShown.has(video.path) && clipsShown.size >= mostClips)) continue;
      clipsShown.add(video.path);
      await orNothing(async () => {
        for (const frame of (await clips?.read(video))?.frames ?? []) await store.addFrame(frame);
      });
    }
  }
}

/** What the run could not read either is left out; its sample says so. */
async function orNothing(show: () => Promise<void>): Promise<void> {
  try {
    await show();
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
  }
}
