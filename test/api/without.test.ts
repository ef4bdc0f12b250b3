/** Suites and tasks that are asked without items of a list, over real files. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compare } from "../../src/api/board/compare.js";
import { leaderboard } from "../../src/api/board/leaderboard.js";
import { evaluate } from "../../src/api/run/evaluate.js";
import { score } from "../../src/api/run/score.js";
import { chooseTasks } from "../../src/api/tasks/catalogue.js";
import { root, Workplace } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";

const task = join(root, "test", "forms", "single-image.ts");

/** A folder of eight rows, a list of two of them, and a suite that is asked without these. */
async function workplace(): Promise<Workplace> {
  const place = await Workplace.make();
  await writeRows(place.file("rows"), 8);
  await list(place, 2, ["1", "3"]);
  await writeFile(place.file("mine.yaml"), JSON.stringify({ about: "ours", tasks: [task], without: "list.yaml" }));
  return place;
}

const list = (place: Workplace, version: number, ids: readonly string[], items: object = { single_image: ids }) =>
  writeFile(place.file("list.yaml"), JSON.stringify({ name: "odd", version, about: "wrong references", items }));

const label = "single_image~odd-2";

test("a suite is asked without the items of its list, and its results say so by name", async () => {
  await using place = await workplace();
  const options = { data: place.file("rows"), model: "stub:yes" };
  const out = place.file("out");
  const { results } = await evaluate({ ...options, tasks: place.file("mine.yaml"), out });
  expect(Object.keys(results)).toEqual([label]);
  // Two of the eight are "yes", and of "no" both are left out.
  expect(results[label]).toMatchObject({
    n: { total: 6, scored: 6 },
    metrics: [{ name: "accuracy", value: 1 / 3 }],
    without: { list: "odd v2", listed: 2, found: 2 },
    notes: expect.arrayContaining(["without 2 items of odd v2"]),
    flags: ["demo"],
  });
  const journal = await readFile(join(out, `${label}.samples.jsonl`), "utf8");
  expect(journal.match(/"id":"(\d)"/g)).toEqual(["0", "2", "4", "5", "6", "7"].map((id) => `"id":"${id}"`));

  // What was asked is found again from the folder alone.
  const before = await readFile(join(out, `${label}.json`), "utf8");
  await score(out);
  expect(await readFile(join(out, `${label}.json`), "utf8")).toBe(before);

  // Another version is another column; the whole task's answers serve both.
  const whole = await evaluate({ ...options, tasks: task, out: place.file("whole") });
  expect(whole.results.single_image?.n.total).toBe(8);
  await list(place, 3, ["1", "3", "5"]);
  const replayed = await evaluate({
    ...{ ...options, model: `replay:${place.file("whole")}`, name: "again" },
    ...{ tasks: place.file("mine.yaml"), out: place.file("replayed") },
  });
  expect(replayed.results["single_image~odd-3"]).toMatchObject({
    n: { total: 5, scored: 5 },
    metrics: [{ value: 0.4 }],
  });
  await expect(compare(place.file("whole"), out)).rejects.toThrow(/no task in common/);
});

test("the board's average is called by the suite and its list", async () => {
  await using place = await workplace();
  const options = { data: place.file("rows"), model: "stub:yes", out: place.file("results", "out") };
  await evaluate({ ...options, tasks: place.file("mine.yaml") });
  const board = await leaderboard({
    results: place.file("results"),
    suite: [place.file("mine.yaml")],
    include: ["demo"],
  });
  expect(board.suites.map(({ name }) => name)).toEqual(["mine without odd v2"]);
  expect(board.columns.map(({ key }) => key).join()).toContain(label);
});

test("ids that no row has are counted, and lists that fit nothing are refused", async () => {
  await using place = await workplace();
  const options = { data: place.file("rows"), model: "stub:yes", tasks: place.file("mine.yaml") };
  await list(place, 4, ["1", "one", "two"]);
  const { results } = await evaluate({ ...options, out: place.file("out") });
  expect(results["single_image~odd-4"]?.notes).toContain("without 1 item of odd v4; 2 ids of it are of no row here");
  const limited = await evaluate({ ...options, limit: 2, out: place.file("limited") });
  expect(limited.results["single_image~odd-4"]).toMatchObject({
    n: { total: 2 },
    notes: ["without 1 item of odd v4"],
  });

  await list(place, 1, [], { single_imag: ["1"] });
  await expect(chooseTasks([place.file("mine.yaml")])).rejects.toMatchObject({
    message: "the list leaves out items of single_imag, and the suite has no such task",
    fix: expect.stringContaining('did you mean "single_image"'),
  });
  await expect(chooseTasks([`${task}~${place.file("list.yaml")}`])).rejects.toThrow(/has no items of single_image/);
  await list(place, 1, ["1", "1"]);
  await expect(chooseTasks([place.file("mine.yaml")])).rejects.toThrow(/single_image/);
  await list(place, 1, ["1"]);
  expect((await chooseTasks([`${task}~${place.file("list.yaml")}`])).chosen.map((one) => one.label)).toEqual([
    "single_image~odd-1",
  ]);
});

test("the same folder with another choice under one name and version is refused", async () => {
  await using place = await workplace();
  const options = {
    data: place.file("rows"),
    model: "stub:yes",
    tasks: place.file("mine.yaml"),
    out: place.file("out"),
  };
  await evaluate(options);
  await list(place, 2, ["1", "5"]);
  await expect(evaluate(options)).rejects.toThrow(/this folder holds a different run/);
});
