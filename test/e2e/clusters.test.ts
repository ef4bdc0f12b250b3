/** Questions about one image are no independent evidence, whether or not the task's author thought of it. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");

test("a task that names no cluster is clustered by image where an image occurs twice, and as before where none does", async () => {
  await using place = await Workplace.make();
  const evaluate = async (name: string, perImage: number) => {
    await writeRows(place.file(name), 24, perImage);
    // All questions about an image are right, or all are wrong.
    const answers = ["yes", "no", "red", "2"];
    const lines = Array.from({ length: 24 }, (_, id) => ({
      id: String(id),
      text: Math.floor(id / 4) % 2 === 0 ? answers[id % 4] : "nothing",
    }));
    await writeFile(
      place.file("single_image.samples.jsonl"),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    const journal = `replay:${place.file("single_image.samples.jsonl")}`;
    await place.run("run", "--tasks", task, "--data", name, "--model", journal, "--out", `out-${name}`);
    const samples = await place.samples(`out-${name}`, "single_image");
    const [metric] = (await place.result(`out-${name}`, "single_image")).metrics;
    return { clusters: new Set(samples.map(({ cluster }) => cluster)).size, metric };
  };
  const shared = await evaluate("shared", 4);
  expect(shared.clusters).toBe(6);
  expect(shared.metric).toMatchObject({ value: 0.5, method: "clustered" });
  const alone = await evaluate("alone", 1);
  expect(alone.clusters).toBe(24);
  expect(alone.metric).toMatchObject({ value: 0.5, method: "wilson" });
  // Six images are six pieces of evidence, not twenty-four.
  expect(shared.metric?.stderr).toBeGreaterThan(1.9 * (alone.metric?.stderr ?? 1));
});
