import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const n = 80;

const model = (url: string) => `runner: openai\nmodel: fake\nurls: [${url}]\ntimeoutSeconds: 2\nattempts: 4\n`;

test("a seeded mix of faults: every sample is scored, or unscored with the true reason, and no score differs", {
  timeout: 300_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), n);
  await using good = await startEndpoint();
  await using bad = await startEndpoint({
    faults: {
      seed: 7,
      rate: 0.3,
      stubborn: 0.04,
      refused: 0.05,
      kinds: ["429", "500", "503", "reset", "truncated", "html", "empty-choices", "hang"],
    },
  });
  const run = async (out: string, url: string) => {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(place.file(`${out}.yaml`), model(url));
    return place.run(
      "run",
      "--tasks",
      task,
      "--data",
      "rows",
      "--model",
      `${out}.yaml`,
      "--out",
      out,
      "--concurrency",
      "16",
    );
  };
  expect((await run("good", good.url)).exitCode).toBe(0);
  const faulty = await run("bad", bad.url);
  expect(faulty.exitCode).toBe(2);

  const truth = new Map((await place.samples("good", "single_image")).map(({ id, score }) => [id, score]));
  const samples = await place.samples("bad", "single_image");
  expect(samples.length).toBe(n);
  for (const { id, score } of samples) {
    if (score?.status === "scored") expect(score).toEqual(truth.get(id));
    else expect(["refused", "transport"]).toContain(score?.reason);
  }
  const { n: counts, flags, metrics } = await place.result("bad", "single_image");
  expect(counts.unscored.refused).toBeGreaterThan(0);
  expect(counts.scored + counts.unscored.refused + counts.unscored.transport).toBe(n);
  expect(flags).toContain("incomplete");
  const [low = 0, high = 0] = metrics[0]?.bounds ?? [];
  expect(low).toBeLessThan(high);
  expect(Object.keys(bad.stats.faults).length).toBeGreaterThanOrEqual(7);

  // The endpoint gets well: only what failed is asked again.
  const before = bad.asked.length;
  await run("good", good.url);
  expect(bad.asked.length).toBe(before);
});

test("an endpoint that dies in the middle: finished samples are kept, the result says what is missing, a later run goes on", {
  timeout: 300_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), n);
  await using endpoint = await startEndpoint({ latencyMs: 30 });
  const { writeFile } = await import("node:fs/promises");
  await writeFile(
    place.file("m.yaml"),
    `runner: openai\nmodel: fake\nurls: [${endpoint.url}]\ntimeoutSeconds: 2\nattempts: 2\n`,
  );
  const args = ["run", "--tasks", task, "--data", "rows", "--model", "m.yaml", "--out", "out", "--concurrency", "4"];
  const child = place.start(...args);
  while (endpoint.asked.length < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  await endpoint.stop();
  const ended = await child.ended;
  expect(ended.exitCode).toBe(2);
  const { n: counts, flags } = await place.result("out", "single_image");
  expect(flags).toContain("incomplete");
  expect(counts.scored).toBeGreaterThan(0);
  const scored = counts.scored;
  await endpoint.start();
  endpoint.asked.length = 0;
  expect((await place.run(...args)).exitCode).toBe(0);
  expect(endpoint.asked.filter(({ text }) => text.startsWith("Question")).length).toBe(n - scored);
});
