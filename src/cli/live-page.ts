import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thumbnail } from "../images/thumbnail.js";
import { openRun } from "../record/read.js";
import { PictureStore } from "../report/pictures.js";
import { ReportSource } from "../report/report-source.js";
import { type PageServer, servePage } from "../report/serve.js";
import { tasksOfRun } from "./run-dataset.js";
import { collectPictures } from "./run-pictures.js";
import { publishedMarks } from "./view.js";

/** Samples of a task whose pictures a live page shows: reading them must not slow the run. */
const livePictures = 200;

/** Serves a run that is being written; its journals are read on as they grow. */
export async function openLivePage(folder: string): Promise<PageServer> {
  const run = await openRun(folder);
  const chosen = await tasksOfRun(run);
  const store = new PictureStore(await mkdtemp(join(tmpdir(), "llava-eval-view-")), thumbnail);
  const shown = new Set(chosen.map(({ label }) => label));
  const source = await ReportSource.open([folder], {
    live: true,
    store: "server",
    pictures: shown,
    marks: await publishedMarks([folder]),
  });
  const server = await servePage(source, store, 0);
  const stopped = new AbortController();
  const pictures = (async () => {
    for (const one of chosen) await collectPictures(run, one, store, livePictures, stopped.signal);
  })().catch(() => {
    // Pictures are a convenience of the page; whatever is wrong with the rows, the run itself says.
  });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await pictures;
      await server[Symbol.asyncDispose]();
      await rm(store.folder, { recursive: true, force: true });
    },
  };
}
