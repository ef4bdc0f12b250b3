import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawnImage } from "../fakes/images.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");

test("data verify reads every row and decodes every image of the demo", async () => {
  await using place = await Workplace.make();
  const run = await place.run("data", "verify", "vqav2", "--data", "demo", "--json");
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout)[0]).toMatchObject({
    task: "vqav2",
    source: "demo",
    rows: 256,
    problems: [],
  });
});

test("data verify names damaged rows and images that cannot be decoded, and exits with 3", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 6, 1);
  // A header that promises an image, and nothing behind it.
  await writeFile(
    place.file("rows", "images", "4.jpg"),
    Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0000b080020002001011100", "hex"),
  );
  const run = await place.run("data", "verify", task, "--data", "rows");
  expect(run.exitCode).toBe(3);
  expect(run.stdout).toContain("row 4:");
  expect(run.stdout).toContain("6 rows (the benchmark has 3)");
});

test("data verify names rows without a reference that an answer could equal", async () => {
  await using place = await Workplace.make();
  const image = `data:image/jpeg;base64,${(await drawnImage({ seed: 1 })).toString("base64")}`;
  const answers = ["yes", "", "perhaps"];
  const rows = answers.map((answer, i) => ({
    ...{ id: `random-${i}`, question_id: String(i), question: "Is there a dog?", answer, category: "random", image },
    image_source: "one",
  }));
  await mkdir(place.file("rows"));
  await writeFile(place.file("rows", "pope.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const run = await place.run("data", "verify", "pope", "--data", "rows", "--json");
  expect(run.exitCode).toBe(3);
  expect(JSON.parse(run.stdout)[0].problems).toEqual([
    "row 1: the row has no reference that an answer could equal",
    "row 2: the row has no reference that an answer could equal",
  ]);
});
