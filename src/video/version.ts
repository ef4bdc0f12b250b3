import { runChild, usualLimits } from "./child.js";

/** `ffmpeg 5.1.9-0+deb12u1 (libswscale 6.7.100)`. @throws UserError  it is not installed */
export async function ffmpegVersion(): Promise<string> {
  let text = "";
  const args = ["-version"];
  for (const program of ["ffprobe", "ffmpeg"] as const) {
    text = "";
    const onOutput = (piece: Buffer) => {
      text += piece.toString("latin1");
    };
    await runChild({ program, args, limits: usualLimits, onOutput });
  }
  const [, version = "of no known version"] = /^ffmpeg version (\S+)/.exec(text) ?? [];
  const [, scaler] = /^libswscale .*\/ *([\d. ]+)$/m.exec(text) ?? [];
  return `ffmpeg ${version}${scaler === undefined ? "" : ` (libswscale ${scaler.replaceAll(" ", "")})`}`;
}
