import { expect, test } from "vitest";
import { Workplace } from "./cli.js";

const asked = ["run", "--tasks", "vqav2", "--data", "demo", "--limit", "8", "--model", "stub:no"];

test("--name is what results, folder and leaderboard call the model", async () => {
  await using place = await Workplace.make();
  const ended = await place.run(...asked, "--name", "house model");
  expect(ended.exitCode).toBe(0);
  expect(ended.stdout).toContain("vqav2 v1 · house model · 8 of 256");
  const { entries } = JSON.parse(await place.read("results", "leaderboard.json"));
  expect(entries).toMatchObject([{ model: "house model", run: expect.stringMatching(/^house-model-[0-9a-f]{8}$/) }]);
});

test("a name that would break a table or a log is refused", async () => {
  await using place = await Workplace.make();
  for (const name of ["two\nlines", " ", "x".repeat(101)]) {
    const { exitCode, stderr } = await place.run(...asked, "--name", name);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("at:  --name");
  }
});
