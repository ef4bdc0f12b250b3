/** What answers need of an engine: one in this process (the addon's), or several in their own. */
import type { ImageSize, NativeEngine } from "./native.js";

export type Engine = Omit<NativeEngine, "imageTokens"> & {
  imageTokens(images: readonly ImageSize[]): number | Promise<number>;
};
