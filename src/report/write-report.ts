import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../core/defined.js";
import type { SeenFrame } from "../core/video.js";
import { makeFolder } from "../files/make-folder.js";
import type { ImageStore } from "./images.js";
import type { PageSample } from "./page-data.js";
import type { ReportSource } from "./report-source.js";
import { chunkScript, PageTemplate } from "./template.js";

/** A run of so many samples goes into one file, thumbnails and all. */
export const oneFileSamples = 600;

/**
 * Writes the report: `index.html`, with the samples in script files beside it (`chunks/`) and images by digest (`images/`,
 * `thumbs/`, written by the store before). Opens from disk. Returns the page's path.
 */
export async function writeReport(
  source: ReportSource,
  out: string,
  store: ImageStore | undefined,
  oneFile: boolean,
): Promise<string> {
  const template = await PageTemplate.load();
  const summary = await source.summary();
  await makeFolder(out);
  await rm(join(out, "chunks"), { recursive: true, force: true });
  const inline = new Map<string, string>();
  for (const { task } of summary.tasks) {
    for (let i = 0; i < source.chunkCount(task); i++) {
      const name = `${task}/${i}`;
      const samples = named(await source.chunk(task, i), store);
      if (oneFile) {
        inline.set(name, JSON.stringify(samples));
        await embedImages(samples, store, inline);
      } else {
        const path = join(out, "chunks", task, `${i}.js`);
        await mkdir(join(out, "chunks", task), { recursive: true });
        await writeFile(path, chunkScript(name, samples));
      }
    }
  }
  const page = join(out, "index.html");
  await writeFile(page, template.render({ ...summary, store: oneFile ? "inline" : "files" }, inline));
  return page;
}

/** Digests become file names; images that are not at hand are left out. */
export function named(samples: readonly PageSample[], store: ImageStore | undefined): readonly PageSample[] {
  return samples.map((sample) => ({
    ...sample,
    images: sample.images.flatMap((digest) => store?.nameOf(digest) ?? []),
    ...(sample.frames ? { frames: sample.frames.map((frame) => withThumbnail(frame, store)) } : {}),
  }));
}

const withThumbnail = (frame: SeenFrame, store: ImageStore | undefined) => ({
  ...frame,
  ...defined({ thumbnail: store?.nameOf(frame.image) }),
});

async function embedImages(
  samples: readonly PageSample[],
  store: ImageStore | undefined,
  inline: Map<string, string>,
): Promise<void> {
  const shown = samples.flatMap(({ images, frames = [] }) => [
    ...images,
    ...frames.flatMap((one) => one.thumbnail ?? []),
  ]);
  for (const image of shown) {
    const digest = image.split(".")[0] ?? "";
    const uri = inline.has(`image/${image}`) ? undefined : await store?.dataUri(digest);
    if (uri) inline.set(`image/${image}`, JSON.stringify(uri));
  }
}
