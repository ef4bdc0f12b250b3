/** What answers need of an engine: one in this process (the addon's), or several in their own. */
import type { NativeEngine } from "./addon.js";

export type Engine = Omit<NativeEngine, "imageTokens"> & {
  /** Packed tokens of an image of this size. */
  imageTokens(width: number, height: number): number | Promise<number>;
};
