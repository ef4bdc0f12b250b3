/** Every benchmark about images, from a row in its own schema over HTTP: the words and images that arrive are its own, and no row is lost. */

import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { videoKeyword } from "../../src/core/schema.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { drawnImage, maskImage } from "../fakes/images.js";
import { chat, seeing, startScripted } from "../fakes/scripted.js";
import { askedWords, sentWords } from "./asked-words.js";
import { Workplace } from "./cli.js";

const image = (await drawnImage({ seed: 3, width: 160, height: 200 })).toString("base64");
const mask = (await maskImage({ box: [8, 6, 8, 6] })).toString("base64");
/** All but those whose images lie in files of their own: GQA (short-answer.test.ts), Karpathy's captions (catalogue-endpoints.test.ts). */
const asking = (await loadDefinitions()).filter(
  ({ task }) =>
    task.choices === undefined &&
    !JSON.stringify(task.row).includes(videoKeyword) &&
    Object.values(task.splits).every(({ images }) => images === undefined),
);

test("every task about images asks an endpoint in its own words, with its own images, and loses no row", async () => {
  await using place = await Workplace.make();
  const words = new Map<string, readonly string[]>();
  for (const { task, file } of asking) {
    const row = await exampleRow(task.name, file, task.row);
    // An image as base64, which stands for the example's mark.
    const written = JSON.stringify(row, (key, value) =>
      key === "mask" ? mask : typeof value?.bytes === "function" ? image : value,
    );
    await mkdir(place.file("rows", task.name), { recursive: true });
    await writeFile(place.file("rows", task.name, `${Object.keys(task.splits)[0]}.jsonl`), `${written}\n`);
    const samples = (task.expand?.(row as never) ?? [row]) as never[];
    words.set(
      task.name,
      samples.map((sample) => sentWords(task.prompt(sample, "default"))),
    );
  }
  expect(words.size).toBeGreaterThan(150);

  await using model = await startScripted((question) => seeing("A", question));
  await using judge = await startScripted((question) => chat("1", question));
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${model.url}]\nattempts: 1\n`);
  await writeFile(place.file("j.yaml"), `runner: openai\nmodel: j\nurls: [${judge.url}]\nattempts: 1\n`);
  const ended = await place.run(
    ...["run", "--tasks", [...words.keys()].join(","), "--data", "rows", "--model", "m.yaml", "--judge", "j.yaml"],
    ...["--max-failed", "100%", "--out", "out"],
  );
  expect(ended.exitCode, ended.stderr).toBe(0);

  const arrived = new Set(model.asked.map(askedWords));
  for (const [task, own] of words) {
    expect([task, own.filter((text) => !arrived.has(text))]).toEqual([task, []]);
    const { n } = await place.result("out", task);
    expect([task, n.total, n.unscored]).toEqual([
      task,
      own.length,
      { refused: 0, transport: 0, judge: n.unscored.judge, data: 0 },
    ]);
  }
}, 120_000);
