/** Masks on their way from a row to its score: what of a row is compared with an answer, and is itself an image. */
import { SampleFailure, UserError } from "../core/errors.js";
import type { ImageRef, Mask } from "../core/image.js";
import type { Task } from "../core/task.js";
import type { SampleRecord } from "../record/samples.js";

/** Reads and decodes one; throws `SampleFailure("data")` when that cannot be done. */
export type ReadMask = (ref: ImageRef) => Promise<Mask>;

/** Those of a row; undefined where the task has none. */
export async function masksOf(
  { masks }: Task,
  row: Record<string, unknown>,
  readMask: ReadMask | undefined,
): Promise<readonly Mask[] | undefined> {
  if (!masks) return undefined;
  if (!readMask) throw new SampleFailure("data", "a mask where none is read");
  return await Promise.all(masks(row).map(readMask));
}

/**
 * The same for an answer that is scored again.
 * @param where  names the data
 * @throws UserError  they are no longer those that it was asked with
 */
export async function masksAgain(
  task: Task,
  row: Record<string, unknown>,
  { id, masks: then }: Pick<SampleRecord, "id" | "masks">,
  { readMask, where }: { readonly readMask: ReadMask; readonly where: string },
): Promise<readonly Mask[] | undefined> {
  const changed = (how: string, cause?: unknown) =>
    new UserError(`the mask of "${id}" ${how}`, where, "score against the data of the run, or run again", { cause });
  const now = await masksOf(task, row, readMask).catch((error: unknown) => {
    if (!(error instanceof SampleFailure)) throw error;
    throw changed(`cannot be read: ${error.detail}`, error);
  });
  if (then !== undefined && then.join() !== (now ?? []).map(({ digest }) => digest).join())
    throw changed("is another one than when it was asked");
  return now;
}
