/** Benchmarks of points in masks, from rows in their own schema, over HTTP; and scored again from the run's folder, with the masks of the data. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawnImage, maskImage } from "../fakes/images.js";
import { type Question, seeing, startScripted } from "../fakes/scripted.js";
import { Workplace } from "./cli.js";

const image = (await drawnImage({ seed: 7, width: 32, height: 24 })).toString("base64");
const png = await maskImage({ box: [8, 6, 8, 6] });
const mask = png.toString("base64");
const black = (await maskImage({ box: [0, 0, 0, 0] })).toString("base64");

const place = (id: number, mark: string, more: object) => ({
  ...{ id, image, object: "the cup", prompt: `[${mark}] Point.`, suffix: "As tuples.", step: 1, ...more },
});
const room = (mark: string, more: object) => ({
  img: image,
  question: `[${mark}] Where?`,
  category: "context",
  ...more,
});
const square = "[[0.25, 0.25], [0.5, 0.25], [0.5, 0.5], [0.25, 0.5]]";
const folders: Readonly<Record<string, readonly object[]>> = {
  refspatial: [
    place(0, "A1", { mask }),
    place(1, "A2", { mask: `data:image/png;base64,${mask}` }),
    place(2, "A3", { mask: { bytes: mask } }),
    place(3, "A4", { mask: "own.png" }),
    place(4, "A5", { mask: null }), // no mask: never asked
    place(5, "A6", { mask: "absent.png" }), // one that cannot be read: never asked
    place(6, "A7", { mask: black }),
  ],
  where2place: [{ question_id: "00", image: `data:image/jpeg;base64,${image}`, mask, question: "[B1] Where is room?" }],
  robo_spatial: [
    room("C1", { mask, answer: square }),
    room("C2", { mask: null, answer: "yes", category: "configuration" }),
    room("C3", { answer: "[(0.1, 0.1)]" }), // a polygon without an inside
  ],
};
const answers: Readonly<Record<string, string>> = {
  A1: "[(0.3, 0.3)]",
  A2: "(0.3, 0.3), (0.9, 0.9)",
  A3: "(300, 300)",
  A4: "(10, 8)",
  A7: "(0.3, 0.3)",
  B1: "(0.3, 0.3)",
  C1: '```json\n[{"point_2d": [300, 300]}]\n```',
  C2: "Yes.",
};
const markOf = ({ text }: Question): string => /\[([ABC]\d)\]/.exec(text)?.[1] ?? "";

test("points in masks over HTTP: shares by the unit that each scoring reads, rows without a mask never asked, masks by digest in the journal", async () => {
  await using workplace = await Workplace.make();
  await using server = await startScripted((question) => seeing(answers[markOf(question)] ?? "?", question));
  const file = (name: string) => workplace.file(join("rows", name));
  await mkdir(workplace.file("rows"));
  await writeFile(file("own.png"), png);
  for (const [task, rows] of Object.entries(folders))
    await writeFile(file(`${task}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeFile(workplace.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${server.url}]\nattempts: 1\n`);
  const tasks = Object.keys(folders).join(",");
  const command = [
    "run",
    "--tasks",
    tasks,
    "--data",
    "rows",
    "--model",
    "m.yaml",
    "--out",
    "out",
    "--max-failed",
    "100%",
  ];
  const ended = await workplace.run(...command);
  expect(ended.exitCode, ended.stderr).toBe(0);
  const valuesOf = async (out: string, task: string) => {
    const { n, metrics } = await workplace.result(out, task);
    return { ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])), data: n.unscored.data };
  };
  expect(await valuesOf("out", "refspatial")).toMatchObject({
    ...{ accuracy: (1 + 0.5 + 0 + 1) / 4, accuracy_if_thousandths: (1 + 0.5 + 1) / 4, in_fractions: 2 / 4, data: 3 },
  });
  expect(await valuesOf("out", "where2place")).toMatchObject({ accuracy: 1, data: 0 });
  // The list in thousandths is outside by the authors' rule.
  expect(await valuesOf("out", "robo_spatial")).toMatchObject({
    ...{ accuracy: 1 / 2, configuration: 1, context: 0, context_if_thousandths: 1, data: 1 },
  });
  expect(server.asked.map(markOf).filter(Boolean).sort()).toEqual(Object.keys(answers).sort());

  const journal = await readFile(workplace.file("out/refspatial.samples.jsonl"), "utf8");
  const lines = journal
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; masks?: string[] });
  const digests = new Set(lines.filter(({ id }) => /^[0-3]-/.test(id)).flatMap(({ masks = [] }) => masks));
  expect([...digests]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);

  const asked = server.asked.length;
  const again = (out: string) => workplace.run("score", "out", "--scoring", "lmms-eval", "--out", out);
  expect((await again("lmms")).exitCode).toBe(0);
  expect(await valuesOf("lmms", "refspatial")).toMatchObject({ accuracy: (1 + 0.5) / 4, data: 3 });
  expect(await valuesOf("lmms", "robo_spatial")).toMatchObject({ accuracy: 1, context_first_point: 1 });

  await writeFile(file("own.png"), await maskImage({ box: [9, 6, 8, 6] }));
  const changed = await again("changed");
  expect(changed.exitCode).toBe(1);
  expect(changed.stderr).toMatch(/the mask of "3-\w+" is another one than when it was asked/);
  expect(server.asked).toHaveLength(asked);
}, 60_000);
