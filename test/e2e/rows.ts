import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawnImage } from "../fakes/images.js";

/** A folder of rows for the `single-image` form: n questions over images that several of them share. */
export async function writeRows(folder: string, n: number, perImage = 4): Promise<void> {
  await mkdir(join(folder, "images"), { recursive: true });
  const images = Math.ceil(n / perImage);
  for (let i = 0; i < images; i++) {
    await writeFile(join(folder, "images", `${i}.jpg`), await drawnImage({ seed: i, width: 32, height: 24 }));
  }
  const rows = Array.from({ length: n }, (_, id) => ({
    id,
    image: `images/${Math.floor(id / perImage)}.jpg`,
    question: `Question ${id}?`,
    answer: ["yes", "no", "red", "2"][id % 4],
  }));
  await writeFile(join(folder, "single_image.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
