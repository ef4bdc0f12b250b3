/** The authoring API is small, and every name of it earns its place: two benchmarks import it, or an example that runs. */
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "../e2e/cli.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";

const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const importsOf = (text: string): string[] =>
  [...text.matchAll(/import \{([^}]*)\} from "llava-eval"/g)].flatMap(([, names = ""]) => namesIn(names));
const namesIn = (list: string): string[] =>
  list
    .split(",")
    .map((name) => name.trim().replace(/^type /, ""))
    .filter((name) => name !== "");

const api = [...read("src", "index.ts").matchAll(/export (?:type )?\{([^}]*)\} from/g)].flatMap(([, names = ""]) =>
  namesIn(names),
);
/** Whole files among the guide's code: those that import something. */
const examples = [...read("tasks", "README.md").matchAll(/```ts\n(import [\s\S]*?)```/g)].map(([, code = ""]) => code);

test("the authoring API has at most 90 names", () => {
  expect(api.length).toBeGreaterThan(50);
  expect(api.length).toBeLessThanOrEqual(90);
});

test("each of its names serves two benchmarks, or an example of the guide", () => {
  const users = new Map<string, Set<string>>();
  for (const folder of readdirSync(join(root, "tasks"), { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    for (const file of readdirSync(join(root, "tasks", folder.name))) {
      if (!file.endsWith(".ts")) continue;
      for (const name of importsOf(read("tasks", folder.name, file)))
        users.set(name, (users.get(name) ?? new Set()).add(folder.name));
    }
  }
  const shown = new Set(examples.flatMap(importsOf));
  expect(api.filter((name) => (users.get(name)?.size ?? 0) < 2 && !shown.has(name))).toEqual([]);
});

const nameOf = (code: string): string => /name: "(\w+)",\n {2}version/.exec(code)?.[1] ?? "";
const metrics: Readonly<Record<string, object>> = {
  group_questions: { group_accuracy: 0.5, circular_accuracy: 0.5, accuracy: 0.75, points: 3, words: 1, variety: 0.25 },
  clip_questions: { accuracy: 0.75 },
};

test("every whole file of the guide is run below", () => {
  expect(examples.map(nameOf).sort()).toEqual(Object.keys(metrics).sort());
});

for (const code of examples) {
  const name = nameOf(code);
  const skipped = name === "clip_questions" && !hasFfmpeg;
  test.skipIf(skipped)(`the guide's ${name} runs as it stands${skipped ? withoutFfmpeg : ""}`, async () => {
    await using place = await Workplace.make();
    await copyFile(clip("bt709.mp4"), place.file("clip.mp4"));
    await writeFile(place.file("example.ts"), code);
    const rows = ["a", "a", "b", "b"].map((group, i) => ({
      ...{ id: String(i), group, question: `Is it red (${i})?`, answer: i === 3 ? "no" : "yes" },
      video: "clip",
    }));
    await writeFile(place.file(`${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const args = [
      "--tasks",
      "./example.ts",
      "--data",
      ".",
      "--model",
      name === "clip_questions" ? "stub:Yes" : "stub:<answer>Yes</answer>",
      "--out",
      "out",
    ];
    const ended = await place.run("run", ...args);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    const values = (await place.result("out", name)).metrics.map((metric) => [metric.name, metric.value]);
    expect(Object.fromEntries(values)).toMatchObject(metrics[name] ?? {});
  });
}
