/** A file, or several that are parts of one, read by ranges. */
export interface Ranged {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** Held in memory at once, of a file of any size. */
const pieceBytes = 8 * 2 ** 20;

export async function* pieces(file: Ranged, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += pieceBytes)
    yield Buffer.from(await file.slice(at, Math.min(at + pieceBytes, end)));
}

/** Parts one behind the other. */
export function joined(parts: readonly Ranged[]): Ranged {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  return {
    byteLength: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    async slice(start, end = Number.POSITIVE_INFINITY) {
      const read: Uint8Array[] = [];
      let at = 0;
      for (const part of parts) {
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, part.byteLength)];
        if (from < to) read.push(new Uint8Array(await part.slice(from, to)));
        at += part.byteLength;
      }
      return new Uint8Array(Buffer.concat(read)).buffer;
    },
  };
}

/** The archive is none, or damaged. */
export class NoArchive extends Error {
  override readonly name = "NoArchive";
}
