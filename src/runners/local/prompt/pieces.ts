import type { ShownMessage } from "../../../core/prompt.js";

/** One image in a prompt. A value, not a text: words that look like a placeholder cannot become one. */
export const imageSlot: unique symbol = Symbol("image");

/** A rendered prompt: texts and image slots in order. Slots take the prompt's images in order. */
export type Piece = string | typeof imageSlot;

/**
 * The pieces of a message. Images that come before all text are written as the reference's evaluation layer writes them,
 * `<image> <image>⏎question`: joined by a space, then a newline. Any other order is taken as it is given.
 */
export function messagePieces(message: ShownMessage<unknown>): Piece[] {
  const { parts } = message;
  const images = parts.filter((part) => part.type === "image").length;
  const leading = parts.slice(0, images).every((part) => part.type === "image");
  const asGiven = parts.map((part): Piece => (part.type === "text" ? part.text : imageSlot));
  if (images === 0 || !leading) return joined(asGiven);
  const placeholders = parts
    .slice(0, images)
    .flatMap((_, i): Piece[] => (i === 0 || isNextFrame(parts, i) ? [imageSlot] : [" ", imageSlot]));
  return joined([...placeholders, "\n", ...asGiven.slice(images)]);
}

/** A clip has one placeholder in the text: the slots of its frames follow one another. */
function isNextFrame(parts: ShownMessage<unknown>["parts"], i: number): boolean {
  const [before, part] = [parts[i - 1], parts[i]];
  return part?.type === "image" && before?.type === "image" && part.clip !== undefined && part.clip === before.clip;
}

/** Neighbouring texts become one, empty ones none: every text between two images is tokenised as one chunk. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === "string" && typeof last === "string") result[result.length - 1] = last + piece;
    else if (piece !== "") result.push(piece);
  }
  return result;
}

/** Without white space at its two ends; between images it stays. */
export function trimmed(pieces: readonly Piece[]): Piece[] {
  const last = pieces.length - 1;
  return joined(
    pieces.map((piece, i) => {
      if (typeof piece !== "string") return piece;
      const left = i === 0 ? piece.trimStart() : piece;
      return i === last ? left.trimEnd() : left;
    }),
  );
}

/** For people and messages: `<image>` where a slot stands. */
export function piecesText(pieces: readonly Piece[], mark = "<image>"): string {
  return pieces.map((piece) => (typeof piece === "string" ? piece : mark)).join("");
}

/** The pieces of a message in the order given, every image between two texts of its own. */
export function framedPieces({ parts }: ShownMessage<unknown>, before: string, after: string): Piece[] {
  return joined(parts.flatMap((part): Piece[] => (part.type === "text" ? [part.text] : [before, imageSlot, after])));
}
