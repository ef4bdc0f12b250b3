/** What is taken away from a question so that the score without it says what it was worth. */
export const blindWays = ["none", "other", "first-frame", "shuffled-frames"] as const;

/** `none`: no image; `other`: another sample's; of clips `first-frame` alone, or all frames in a drawn order. */
export type BlindWay = (typeof blindWays)[number];

/** In the words of a report. */
export const blindWords: Readonly<Record<BlindWay, string>> = {
  none: "without an image",
  other: "with another sample's image",
  "first-frame": "with the first frame alone",
  "shuffled-frames": "with its frames shuffled",
};

/** A way that is about clips alone. */
export const isAboutFrames = (way: BlindWay): boolean => way === "first-frame" || way === "shuffled-frames";
