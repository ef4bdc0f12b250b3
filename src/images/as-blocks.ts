import sharp from "sharp";

/**
 * An image for a terminal with 24-bit colours: two pixels to a letter, the upper one in front of the lower.
 * @param columns  letters in a line, at most
 * @returns its lines, without a line's end
 */
export async function asBlocks(bytes: Uint8Array, columns: number): Promise<readonly string[]> {
  const { data, info } = await sharp(bytes, { failOn: "none", limitInputPixels: 178_956_970 })
    .resize(columns, columns, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const colour = (x: number, y: number) => {
    const at = (y * width + x) * channels;
    // A grey image has one channel for all three.
    return [data[at], data[at + (channels > 1 ? 1 : 0)], data[at + (channels > 1 ? 2 : 0)]].join(";");
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
    const letters = Array.from({ length: width }, (_, x) => {
      const lower = 2 * row + 1 < height ? `\u001b[48;2;${colour(x, 2 * row + 1)}m` : "\u001b[49m";
      return `\u001b[38;2;${colour(x, 2 * row)}m${lower}▀`;
    });
    return `${letters.join("")}\u001b[0m`;
  });
}
