import type { EncodedImage, ImageRef } from "./image.js";
import type { Subtitles, VideoRef } from "./video.js";

export type TextPart = { readonly type: "text"; readonly text: string };
export type ImagePart<Image> = {
  readonly type: "image";
  readonly image: Image;
  /** A frame of a clip: frames of one clip stand next to each other and have one number. */
  readonly clip?: number;
  /** Where in its clip it stands: its number, and seconds after the clip's first frame. */
  readonly frame?: { readonly number: number; readonly time: number };
};
/** A clip: its frames stand here as images of one number when the prompt is rendered. */
export type VideoPart = {
  readonly type: "video";
  readonly video: VideoRef;
  readonly clip: number;
  readonly subtitles?: Subtitles;
};
export type Part<Image = ImageRef> = TextPart | ImagePart<Image> | VideoPart;
/** What is left when clips have become frames. */
export type ShownPart<Image> = TextPart | ImagePart<Image>;

export interface Message<Image = ImageRef, Shown = Part<Image>> {
  readonly role: "system" | "user" | "assistant";
  readonly parts: readonly Shown[];
}
/** A message without clips. */
export type ShownMessage<Image> = Message<Image, ShownPart<Image>>;

/** Which words are sent, in order. Most tasks have one user message; chat forms and few-shot have more. */
export interface Prompt<Image = ImageRef> {
  readonly messages: readonly Message<Image>[];
}

/** A prompt whose images have been read and whose clips have become frames: what a runner gets. */
export interface RenderedPrompt {
  readonly messages: readonly ShownMessage<EncodedImage>[];
}

/** Names a choice of words (`--prompt-profile`); "default" is what lmms-eval sends to LLaVA. */
export type PromptProfile = string;

/** A clip and what is said beside or between its frames. */
export interface SubtitledVideo {
  readonly video: VideoRef;
  readonly subtitles: Subtitles;
}
type Given = string | ImageRef | VideoRef | SubtitledVideo | readonly ImageRef[];

/** One user message: strings become text parts, images image parts, videos and lists of images clips, in the order given. */
export function userPrompt(...parts: readonly Given[]): Prompt {
  return {
    messages: [
      {
        role: "user",
        parts: parts.flatMap((part, clip): Part | readonly Part[] => {
          if (typeof part === "string") return { type: "text", text: part };
          if ("file" in part) return { type: "video", video: part, clip };
          if ("subtitles" in part) return { type: "video", ...part, clip };
          if (!isClip(part)) return { type: "image", image: part };
          return part.map((image) => ({ type: "image", image, clip }));
        }),
      },
    ],
  };
}

const isClip = (part: ImageRef | readonly ImageRef[]): part is readonly ImageRef[] => Array.isArray(part);

/** The words of a prompt with `<image>` where each image stands, `<video>` for a clip, `<subtitles>` for its, and `role:` lines between messages: for journals and people. */
export function promptText(prompt: Prompt<unknown>): string {
  const bodies = prompt.messages.map((message) =>
    message.parts.map((part) => (part.type === "text" ? part.text : markOf(part))).join(""),
  );
  if (prompt.messages.length === 1 && prompt.messages[0]?.role === "user") return bodies[0] ?? "";
  return prompt.messages.map((message, i) => `${message.role}: ${bodies[i]}`).join("\n");
}

const markOf = (part: VideoPart | ImagePart<unknown>): string =>
  part.type === "video" && part.subtitles ? "<video><subtitles>" : `<${part.type}>`;

/** Every image of a prompt, in order, with what is said about it. */
export function imageParts<Image>(prompt: Prompt<Image>): readonly ImagePart<Image>[] {
  return prompt.messages.flatMap(({ parts }) => parts.filter((part) => part.type === "image"));
}

/** Every clip of a prompt, in order, with what is said beside it. */
export function videoParts(prompt: Prompt<unknown>): readonly VideoPart[] {
  return prompt.messages.flatMap(({ parts }) => parts.filter((part) => part.type === "video"));
}

/** Every image of a prompt, in order. */
export function promptImages<Image>(prompt: Prompt<Image>): readonly Image[] {
  return imageParts(prompt).map(({ image }) => image);
}
