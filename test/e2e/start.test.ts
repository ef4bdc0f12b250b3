import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

test("a run of the package's own tasks checks its rows and files without ajv, begun or continued; a task file's schema needs it", async () => {
  await using place = await Workplace.make({ NODE_OPTIONS: "--require ./loaded.cjs" });
  await writeFile(
    place.file("loaded.cjs"),
    `process.on("exit", () => {
  const loads = Object.keys(require.cache).some((path) => path.endsWith("/ajv/dist/core.js"));
  require("node:fs").writeFileSync("ajv", String(loads));
});`,
  );
  await writeRows(place.file("rows"), 4);
  const row = {
    dataset: "IIIT5K",
    question: "What is written?",
    question_type: "Regular Text Recognition",
    answer: ["EXIT"],
  };
  await writeFile(place.file("rows", "ocrbench.jsonl"), `${JSON.stringify({ ...row, image: "images/0.jpg" })}\n`);
  const run = (task: string) => place.run("run", "--tasks", task, "--data", "rows", "--model", "stub", "--out", "out");
  for (const times of ["begun", "continued"]) {
    expect(await run("ocrbench"), times).toMatchObject({ exitCode: 0 });
    expect(await place.read("ajv"), times).toBe("false");
  }
  const form = join(root, "test", "forms", "single-image.ts");
  expect(await place.run("run", "--tasks", form, "--data", "rows", "--model", "stub")).toMatchObject({ exitCode: 0 });
  expect(await place.read("ajv")).toBe("true");
});
