import { expect, test } from "vitest";
import { Workplace } from "../e2e/cli.js";

test("demo-data writes rows that a run reads from the folder, and names what is wrong with its flags", async () => {
  await using place = await Workplace.make();
  const made = await place.run("demo-data", "--out", "rows", "--seed", "7", "--rows", "12", "--tasks", "pope,mmmu");
  expect(made, made.stderr).toMatchObject({ exitCode: 0 });
  expect(made.stdout).toContain("pope/test-00000-of-00001.parquet: 12 rows");

  const run = await place.run(
    ...["run", "--model", "stub:yes", "--data", "rows", "--tasks", "pope,mmmu", "--out", "out"],
  );
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  const pope = await place.result("out", "pope");
  expect(pope.n).toMatchObject({ total: 12, scored: 12 });
  // Half of the answers are yes, so a model that always says yes is right half of the time.
  expect(pope.metrics.find(({ name }) => name === "accuracy")?.value).toBe(0.5);

  for (const [flags, words] of [
    [["--rows", "abc"], "--rows"],
    [["--rows", "0"], "--rows"],
    [["--split", "../x"], "--split"],
    [["--tasks", "gqa"], 'no rows for "gqa"'],
  ] as const) {
    const wrong = await place.run("demo-data", "--out", "other", ...flags);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain(words);
  }
});
