/** What lmms-eval asks of every caption task. */
export const CAPTION_REQUEST = "Provide a one-sentence caption for the provided image.";
