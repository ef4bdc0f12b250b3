/** A JPEG to the uint8 tiles of the tower: our decoder and resize beside Pillow's, bytes compared. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { decodeImage } from "../../../src/images/decode.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { noiseImage } from "../../fakes/images.js";
import { engineProgram, jsonLines, type Measured, root } from "./programs.js";
import { against, type Row } from "./table.js";

const rounds = 60;

export async function measurePreprocessing(checkpoint: string): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));
  try {
    const shrunk = sharp(await noiseImage(130_000, 1)).resize(640, 480, { fit: "fill" });
    const jpeg = await shrunk.jpeg({ quality: 90 }).toBuffer();
    const image = encodedImage(jpeg);
    await writeFile(join(folder, "image.jpg"), jpeg);
    await writeFile(join(folder, "image.rgb"), (await decodeImage(image)).rgb);
    let decode = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rounds; i++) {
      const before = process.cpuUsage();
      await decodeImage(image);
      const { user, system } = process.cpuUsage(before);
      decode = Math.min(decode, (user + system) / 1000);
    }
    const from = ["--image", join(folder, "image.rgb"), "--threads", "1", "--json", "preprocess"];
    const program = await engineProgram();
    const [tiles] = jsonLines<Measured>(program, ["bench", "--checkpoint", checkpoint, ...from], "1");
    const pillow = pillowTiles(join(folder, "image.jpg"));
    if (!tiles) throw new Error("llava-engine said nothing about preprocessing");
    if (pillow && pillow.detail !== tiles.detail) throw new Error("our tiles are not Pillow's, byte for byte");
    return against("JPEG 640x480 to five tiles", "CPU ms", decode + tiles.value, pillow?.name ?? "", pillow?.value, {
      aim: "<= 6",
      note: `decode ${decode.toFixed(1)}, resize and tiling ${tiles.value.toFixed(1)}${pillow ? "; equal bytes" : ""}`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pillowTiles(jpeg: string): Measured | undefined {
  try {
    return jsonLines<Measured>("/usr/bin/python3", [join(root, "test/bench/engine/pillow.py"), jpeg], "1")[0];
  } catch (error) {
    console.log(`Pillow: left out (Debian: python3-pil)\n${error}`);
    return undefined;
  }
}
