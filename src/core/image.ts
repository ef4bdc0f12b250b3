/** Something drawn on an image before a model sees it, as Pillow's `ImageDraw` draws it. */
export type Mark =
  | {
      readonly shape: "rectangle";
      /** Left, top, right, bottom; the edges belong to the rectangle. */
      readonly corners: readonly [number, number, number, number];
      /** Of the corners: pixels, or fractions of the image's width and height. */
      readonly unit: "pixels" | "fraction";
      readonly colour: readonly [red: number, green: number, blue: number];
      /** Pixels, inwards. */
      readonly width: number;
    }
  | {
      readonly shape: "polygon";
      /** x, y, x, y, ... in pixels; closed by a line from the last to the first. */
      readonly points: readonly number[];
      readonly colour: readonly [red: number, green: number, blue: number];
    };

/** An image of a row, not yet read: bytes are fetched when its request is rendered and forgotten after it. */
export interface ImageRef {
  /** The name inside the dataset, for messages; may be hostile, never a path to open. */
  readonly path?: string;
  /** The encoded file (JPEG, PNG, ...) exactly as the dataset stores it. Throws `SampleFailure("data")` when it is absent. */
  bytes(): Promise<Uint8Array>;
  /** It is a file of its own beside the rows: the rows' digest does not see its bytes. */
  readonly ownFile?: true;
  /** Drawn on the pixels before anything else sees them (`withMarks`). */
  readonly marks?: readonly Mark[];
}

/** An image that a score reads and no model sees: one grey value a pixel (of colours the first), as its file has them. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** 0 to 255, row by row. */
  readonly values: Uint8Array;
  /** First 32 hex digits of SHA-256 over the file. */
  readonly digest: string;
}

/** How a server is asked to look at a clip; what is absent it decides itself. */
export interface ServerSampling {
  readonly frames?: number;
  /** Frames a second. */
  readonly fps?: number;
  /** Seconds of the clip that are asked about. */
  readonly start?: number;
  readonly end?: number;
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
  /** First 32 hex digits of SHA-256 over `bytes` (of a clip over how it is sampled, too); keys every cache. */
  readonly digest: string;
  /** No image but a whole clip, whose frames the server chooses: its media type is a video's, its width and height are 0. */
  readonly sampling?: ServerSampling;
}
