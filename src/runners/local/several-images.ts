/** Whose rule for several images a checkpoint is read by, and what stands beside it: published numbers differ by it. */
import type { NativeCheckpoint } from "./native.js";

/** Of the rules that nobody chose; undefined where there is only one. The same in words: configs/models/README.md. */
export function severalImagesNote({ family, layout, images, vision }: NativeCheckpoint): string | undefined {
  const said = (whose: string) => `several images are read as ${images}, ${whose}: --images`;
  switch (`${family} ${layout} ${images}`) {
    case "llava-onevision native stacked-pad":
      return said("as lmms-eval made the published numbers; it was trained on list-pad");
    case "llava-onevision converted anyres":
      return said("as transformers 4.45 reads them; it was trained on list-pad, lmms-eval's numbers are stacked-pad");
    case "llava-next native list-square":
      return vision?.type === "siglip" ? said("as its own script does; lmms-eval has stacked-pad") : undefined;
    case "llava-onevision-1.5 converted each":
      return said("as it was trained; its published forward, and lmms-eval's numbers, are hub");
    default:
      return undefined;
  }
}
