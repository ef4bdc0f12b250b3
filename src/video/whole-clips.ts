/** Clips sent as they are, for a server that chooses their frames itself: nobody here knows which the model saw. */

import { open, readFile, stat } from "node:fs/promises";
import { digestOf } from "../core/digest.js";
import { SampleFailure } from "../core/errors.js";
import type { EncodedImage, ServerSampling } from "../core/image.js";
import type { Json } from "../core/json.js";
import type { FramesSeen, VideoRef } from "../core/video.js";
import { BytesInFlight } from "./bytes-in-flight.js";
import { FileDigests } from "./file-digest.js";
import type { serverProfile } from "./frame-profiles.js";

/** What a server is asked to take of each clip; nothing: its own number. */
export interface ServerRule {
  readonly profile: typeof serverProfile;
  readonly sampling: Pick<ServerSampling, "frames" | "fps">;
}

/** `sampled by the server`; `sampled by the server, asked for 8 frames`. */
export function serverRuleText({ sampling: { frames, fps } }: ServerRule): string {
  const wish = frames === undefined ? (fps === undefined ? "" : `${fps} a second`) : `${frames} frames`;
  return `sampled by the server${wish && `, asked for ${wish}`}`;
}

/** Gemini takes so many bytes inline; others take less. */
const mostClipBytes = 100_000_000;
const inFlightBytes = 128 * 2 ** 20;

interface WholeClip {
  readonly frames: readonly EncodedImage[];
  readonly whole: { readonly total: number; readonly rate: number };
  readonly seen: FramesSeen;
  readonly warnings: readonly string[];
}

export class WholeClips {
  private readonly digests = new FileDigests();
  private readonly inFlight = new BytesInFlight(inFlightBytes);

  constructor(private readonly rule: ServerRule) {}

  hold(clips: readonly EncodedImage[]): Promise<() => void> {
    return this.inFlight.hold(clips.map(({ bytes }) => bytes));
  }

  /** SHA-256 of the clip's file. */
  async digest(video: VideoRef): Promise<string> {
    return this.digests.of(await video.file());
  }

  /** @throws SampleFailure `data`  no clip, or one that is too large for a request */
  async read(video: VideoRef): Promise<WholeClip> {
    const path = await video.file();
    let read: (() => void) | undefined;
    try {
      const file = await this.digests.of(path);
      const { size } = await stat(path);
      if (size > mostClipBytes)
        throw new SampleFailure("data", `the clip has ${size} bytes; at most ${mostClipBytes} are sent whole`);
      read = await this.inFlight.room(size);
      const { start, end } = video;
      const sampling: ServerSampling = {
        ...this.rule.sampling,
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
      };
      const asked = Object.keys(sampling).length > 0;
      const sent: EncodedImage = {
        bytes: await readFile(path),
        mediaType: await mediaTypeOf(path),
        // Unknown: nothing is decoded here.
        ...{ width: 0, height: 0 },
        // Two ways to sample one clip are two things to look at.
        digest: asked ? digestOf({ file, sampling: sampling as Json }) : file.slice(0, 32),
        sampling,
      };
      return {
        frames: [sent],
        whole: { total: 0, rate: 0 },
        seen: { file, stream: 0, frames: [], times: [], sampledBy: "server" },
        warnings: [],
      };
    } finally {
      read?.();
      await video.release?.();
    }
  }
}

/** By the first bytes: a name may say anything. */
async function mediaTypeOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(377), 0, 377, 0);
    const at = (text: string, offset: number) => buffer.toString("latin1", offset, offset + text.length) === text;
    if (at("ftyp", 4)) return at("qt  ", 8) ? "video/quicktime" : "video/mp4";
    if (buffer.readUInt32BE(0) === 0x1a45dfa3) return buffer.includes("webm") ? "video/webm" : "video/x-matroska";
    if (at("RIFF", 0) && at("AVI ", 8)) return "video/x-msvideo";
    if (at("GIF8", 0)) return "image/gif";
    if (buffer[0] === 0x47 && buffer[188] === 0x47) return "video/mp2t";
  } finally {
    await file.close();
  }
  throw new SampleFailure("data", "the file is no clip that servers know: none of mp4, mov, mkv, webm, avi, ts, gif");
}
