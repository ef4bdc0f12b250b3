import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thumbnail } from "../../images/thumbnail.js";
import { openRun } from "../../record/read.js";
import { ImageStore } from "../../report/images.js";
import { ReportSource } from "../../report/report-source.js";
import { servePage } from "../../report/serve.js";
import { publishedMarks } from "../board/published-marks.js";
import { tasksOfRun } from "../record/dataset.js";
import { collectImages } from "../record/images.js";

/** Samples of a task whose images a live page shows: reading them must not slow the run. */
const liveImages = 200;

/** The report page of a run that is being written: its journals are read on as they grow. */
export class LivePage implements AsyncDisposable {
  private close: (() => Promise<void>) | undefined;

  /** Serves the run in `folder`. @returns the page's address */
  async open(folder: string): Promise<string> {
    const run = await openRun(folder);
    const chosen = [...(await tasksOfRun(run)).known.values()];
    const store = new ImageStore(await mkdtemp(join(tmpdir(), "llava-eval-view-")), thumbnail);
    const source = await ReportSource.open([folder], {
      live: true,
      store: "server",
      images: new Set(chosen.map(({ label }) => label)),
      marks: await publishedMarks([folder]),
    });
    const server = await servePage(source, store, 0);
    const stopped = new AbortController();
    const collected = (async () => {
      for (const one of chosen) await collectImages(run, one, store, { limit: liveImages, signal: stopped.signal });
    })().catch(() => {
      // Images are a convenience of the page; whatever is wrong with the rows, the run itself says.
    });
    this.close = async () => {
      stopped.abort();
      await collected;
      await server[Symbol.asyncDispose]();
      await rm(store.folder, { recursive: true, force: true });
    };
    return server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close?.();
  }
}
