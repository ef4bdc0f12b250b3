import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { picture } from "../fakes/pictures.js";

/** A folder of rows for the `single-image` form: n questions over pictures that several of them share. */
export async function writeRows(folder: string, n: number, perPicture = 4): Promise<void> {
  await mkdir(join(folder, "images"), { recursive: true });
  const pictures = Math.ceil(n / perPicture);
  for (let i = 0; i < pictures; i++) {
    await writeFile(join(folder, "images", `${i}.jpg`), await picture({ seed: i, width: 32, height: 24 }));
  }
  const rows = Array.from({ length: n }, (_, id) => ({
    id,
    image: `images/${Math.floor(id / perPicture)}.jpg`,
    question: `Question ${id}?`,
    answer: ["yes", "no", "red", "2"][id % 4],
  }));
  await writeFile(join(folder, "single_image.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
