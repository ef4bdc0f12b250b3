/** Trivial questions before the first one that counts. */
import { type Prompt, promptImages, videoParts } from "../../core/prompt.js";
import type { GenerationOptions, Runner } from "../../core/runner.js";
import type { TaskToAsk } from "../../run/identity.js";

/**
 * Asks the model a few trivial things before the first question is paid for.
 * @param wholeClips  clips are sent as they are: that a server sees these cannot be asked in few words
 */
export async function preflight(
  runner: Runner,
  tasks: readonly TaskToAsk[],
  abort: AbortSignal,
  wholeClips = false,
): Promise<void> {
  const showsImages = (prompt: Prompt) =>
    promptImages(prompt).length > 0 || (!wholeClips && videoParts(prompt).length > 0);
  await runner.preflight?.(abort, {
    options: distinct(tasks.map(({ generation }) => generation)),
    images: tasks.some(({ task, row, profile }) => row && showsImages(task.prompt(row, profile))),
  });
}

/** Tasks that ask in one way are asked about once. */
function distinct(options: readonly GenerationOptions[]): readonly GenerationOptions[] {
  return [...new Map(options.map((set) => [JSON.stringify(set), set])).values()];
}
