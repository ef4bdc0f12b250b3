/** How the frames of a clip reach a model: as the clip that its family reads, or as so many images. */
import { UserError } from "../../core/errors.js";
import type { EncodedImage } from "../../core/image.js";
import type { RenderedPrompt, ShownPart } from "../../core/prompt.js";
import type { LocalSettings } from "../local-settings.js";

export type ClipAs = NonNullable<LocalSettings["clipAs"]>;

/**
 * Its numbers were made by lmms-eval, which gives it every frame as an image at time 0. Its own processor writes the time before each and turns
 * the patches by the frame's number: another reading, with other logits.
 */
const oneVision2 = "llava-onevision-2";

/** @throws UserError  times are asked for of a family that knows none */
export function clipAs(family: string | null, wanted?: ClipAs): ClipAs {
  if (wanted === "timed-images" && family !== null && family !== oneVision2)
    throw new UserError("frames with their times are OneVision-2's own way", "--clip-as", "choose clip or images");
  return wanted ?? (family === oneVision2 ? "images" : "clip");
}

/** The prompt as the model is shown it. Frames that are images belong to no clip any more. */
export function framesAs(as: ClipAs, { messages }: RenderedPrompt): RenderedPrompt {
  if (as === "clip") return { messages };
  const shown = (part: ShownPart<EncodedImage>): readonly ShownPart<EncodedImage>[] => {
    if (part.type === "text") return [part];
    const { type, image, frame } = part;
    if (as === "images" || frame === undefined) return [{ type, image }];
    return [
      { type: "text", text: `<${frame.time.toFixed(1)} seconds>` },
      { type, image, frame },
    ];
  };
  return { messages: messages.map(({ role, parts }) => ({ role, parts: parts.flatMap(shown) })) };
}
