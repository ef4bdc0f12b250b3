/** Whether clips can be decoded here; what needs it is skipped with the reason. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const hasFfmpeg = ["ffmpeg", "ffprobe"].every((program) => spawnSync(program, ["-version"]).status === 0);

/** Ends the name of a test that is skipped. */
export const withoutFfmpeg = hasFfmpeg ? "" : " (skipped: ffmpeg is not installed here)";

/** Clips with their origin in the README beside them. */
export const clip = (name: string): string =>
  fileURLToPath(new URL(`../conformance/data/video/videos/${name}`, import.meta.url));

/** A clip drawn by ffmpeg. */
export function drawClip(path: string, seconds: number, ...options: readonly string[]): void {
  const source = `testsrc=size=64x48:rate=50:duration=${seconds}`;
  const { status, stderr } = spawnSync(
    "ffmpeg",
    ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "mpeg4", ...options, path],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the clip could not be drawn: ${stderr}`);
}
