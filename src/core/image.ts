import type { Mark } from "./image-marks.js";

/** An image of a row, not yet read: bytes are fetched when its request is rendered and forgotten after it. */
export interface ImageRef {
  /** The name inside the dataset, for messages; may be hostile, never a path to open. */
  readonly path?: string;
  /** The encoded file (JPEG, PNG, ...) exactly as the dataset stores it. Throws `SampleFailure("data")` when it is absent. */
  bytes(): Promise<Uint8Array>;
  /** Drawn on the pixels before anything else sees them (`withMarks`). */
  readonly marks?: readonly Mark[];
}

/** An image as a request carries it: the dataset's own bytes, never re-encoded on the way here. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** `image/jpeg`, `image/png`, ...; read from the first bytes, not from a file name. */
  readonly mediaType: string;
  /** Pixels, before any EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** Of a JPEG with 8-bit samples: 1 = grey, 3 = colour, 4 = CMYK. Absent for everything else. */
  readonly components?: number;
  /** First 32 hex digits of SHA-256 over `bytes`; keys every cache. */
  readonly digest: string;
}
