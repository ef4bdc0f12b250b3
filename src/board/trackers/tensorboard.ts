import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { scalarEvent, versionEvent } from "./event-record.js";
import { scalarsOf, type Tracker } from "./scalars.js";

/** Writes an event file into `folder`; TensorBoard merges the files of one folder, so a restart simply begins another. */
export function openTensorBoard(folder: string): Tracker {
  let file: string | undefined;
  return {
    async log(run, step, time) {
      if (file === undefined) {
        await mkdir(folder, { recursive: true });
        file = join(folder, `events.out.tfevents.${Math.floor(time / 1000)}.${hostname()}.${process.pid}.llava-eval`);
        await writeFile(file, versionEvent(time));
      }
      await appendFile(file, scalarEvent(step, time, scalarsOf(run)));
    },
    async [Symbol.asyncDispose]() {},
  };
}
