/** `--prompt-profiles`, `--option-orders`, several `--max-new-tokens`: how much of a score is the way of asking. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { type Asked, startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "choice.ts");
const n = 200;

/** Questions about 50 images; two options in every tenth, four in the others, the right one anywhere. */
const rows = Array.from({ length: n }, (_, id) => ({
  id,
  image: `images/${Math.floor(id / 4)}.jpg`,
  question: `Question ${id}?`,
  options: (id % 10 === 0 ? ["right", "wrong"] : ["wrong", "right", "odd", "other"]).map((word) => `${word} ${id}`),
  answer: id % 10 === 0 ? 0 : 1,
}));

async function place(): Promise<Workplace> {
  const made = await Workplace.make();
  await writeRows(made.file("rows"), n);
  await writeFile(made.file("rows/choice.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return made;
}

const idOf = ({ text }: Pick<Asked, "text">) => Number(/Question (\d+)\?/.exec(text)?.[1]);
/** Under which letter the right option stands. */
const rightLetter = ({ text }: Pick<Asked, "text">) => /^([A-Z])\. right/m.exec(text)?.[1] ?? "?";
const wrongLetter = (asked: Pick<Asked, "text">) => (rightLetter(asked) === "B" ? "C" : "B");

test("two prompt profiles: the planted difference lies in the interval, everything is asked once, and goes on after Ctrl-C", async () => {
  await using made = await place();
  // Right with 80 % by the one profile and with 55 % by the other: 25 points, 17.7 as a standard deviation of two.
  const answer = (asked: Asked) => {
    const polite = asked.text.startsWith("Please");
    const chance = seededRandom("planted", idOf(asked), String(polite)).next();
    return chance < (polite ? 0.55 : 0.8) ? rightLetter(asked) : wrongLetter(asked);
  };
  await using endpoint = await startEndpoint({ answer, latencyMs: 2 });
  const model = ["--model", `openai:fake@${endpoint.url}`];
  const args = ["run", "--tasks", task, "--data", "rows", ...model, "--prompt-profiles", "all"];
  const first = await made.run(...args, "--out", "whole");
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  const questions = () => endpoint.asked.filter(({ text }) => text.includes("Question"));
  expect(questions()).toHaveLength(2 * n);
  const { spread, promptProfile, flags } = await made.result("whole", "choice");
  expect({ promptProfile, flags }).toEqual({ promptProfile: "default", flags: [] });
  const { deviation = 0, interval = [0, 0], sampling = 0, profiles = [], ...facts } = spread?.prompts ?? {};
  expect(facts).toMatchObject({ metric: "accuracy", n, clusters: 50, leftOut: 0, notes: [] });
  expect(profiles.map(({ profile }) => profile)).toEqual(["default", "polite"]);
  const planted = 0.25 / Math.SQRT2;
  expect(interval[0]).toBeGreaterThan(0.05);
  expect(interval[0]).toBeLessThan(planted);
  expect(interval[1]).toBeGreaterThan(planted);
  expect(Math.abs(deviation - planted)).toBeLessThan(0.06);
  expect(sampling).toBeGreaterThan(0.02);
  expect(sampling).toBeLessThan(0.05);
  expect(first.stdout).toMatch(
    /prompts +sd 1\d\.\d \[\d+\.\d, \d+\.\d\] between 2 profiles, \d\.\d from the sampling of items {2}default \d\d\.\d {2}polite \d\d\.\d {2}n=200/,
  );

  const again = await made.run(...args, "--out", "whole");
  expect(again.stderr).toContain("0 new samples");
  expect(again.stdout).toBe(first.stdout);
  // The run by the first profile is the one that the command without the flag finds; the other is one of its own.
  const plain = await made.run("run", "--tasks", task, "--data", "rows", ...model, "--out", "whole");
  expect(plain.stderr).toContain("0 new samples");
  expect(await made.result("whole/profile-polite", "choice")).toMatchObject({ promptProfile: "polite" });
  const board = await made.run("leaderboard", "whole", "--format", "csv");
  expect(board.stdout.trim().split("\n"), board.stderr).toHaveLength(2);

  const child = made.start(...args, "--concurrency", "2", "--out", "cut");
  const polite = () =>
    questions()
      .slice(2 * n)
      .filter(({ text }) => text.startsWith("Please"));
  await expect.poll(() => polite().length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(20);
  child.kill("SIGINT");
  expect((await child.ended).exitCode).toBe(130);
  expect(await made.run(...args, "--out", "cut")).toMatchObject({ exitCode: 0 });
  for (const file of ["choice.samples.jsonl", "profile-polite/choice.samples.jsonl"])
    expect(await made.read("cut", file), file).toBe(await made.read("whole", file));
  expect((await made.result("cut", "choice")).spread).toEqual(spread);
});

test("a model that likes A: what the order is worth, by item and by place; scored again and verified from the rows", async () => {
  await using made = await place();
  // Every fifth question is answered with A, whatever stands there.
  const answer = (asked: Asked) => (idOf(asked) % 5 === 1 ? "A" : rightLetter(asked));
  await using endpoint = await startEndpoint({ answer });
  const model = ["--model", `openai:fake@${endpoint.url}`];
  const args = ["run", "--tasks", task, "--data", "rows", ...model, "--option-orders", "4", "--out", "orders"];
  const first = await made.run(...args);
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  // Two options have two orders: 200 in their own, 200 moved by one, 180 by two and by three.
  expect(endpoint.asked.filter(({ text }) => text.includes("Question"))).toHaveLength(200 + 200 + 180 + 180);
  const { spread } = await made.result("orders", "choice");
  expect(spread?.orders).toMatchObject({
    ...{ metric: "accuracy", n, leftOut: 0, fixed: 0, orders: 4, clusters: 50 },
    // 40 such questions have four options: right where the right one stands first, once in four.
    own: 0.8,
    changed: { share: 0.2, n },
    everyOrder: { share: 0.8, n },
  });
  expect(spread?.orders?.value).toBeCloseTo(0.8 + 0.2 / 4, 12);
  // Each question's own score varies by 1/4 between four orders: sqrt(40 * 1/4) / 200.
  expect(spread?.orders?.deviation).toBeCloseTo(Math.sqrt(40 / 4) / 200, 12);
  const places = Object.fromEntries(spread?.orders?.places.map(({ place: at, value }) => [at, value]) ?? []);
  expect(places).toMatchObject({ A: 1, C: 140 / 180, D: 140 / 180 });
  expect(first.stdout).toMatch(
    /orders +85\.0 \[.*\] over 4 orders, 80\.0 in its own {2}20\.0% \[.*\] of 200 change with the order/,
  );

  const moved = await made.result("orders/options-1", "choice");
  expect(moved).toMatchObject({ optionOrder: 1, flags: ["reordered"], n: { total: 200 } });
  expect((await made.samples("orders/options-2", "choice")).map(({ id }) => id)).not.toContain("10");
  const board = await made.run("leaderboard", "orders/options-1");
  expect(board.stdout).toContain("no entries");
  const compared = await made.run("compare", "orders", "orders/options-1");
  expect(compared).toMatchObject({ exitCode: 1 });
  expect(compared.stderr).toContain("places that options are moved by: 0 against 1");

  const files = ["choice.json", "options-1/choice.json", "options-3/choice.samples.jsonl"];
  const before = await Promise.all(files.map((file) => made.read("orders", file)));
  expect(await made.run("score", "orders")).toMatchObject({ exitCode: 0 });
  expect(await Promise.all(files.map((file) => made.read("orders", file)))).toEqual(before);
  const verified = await made.run("verify", "orders", "--tasks", task);
  expect(verified, verified.stdout).toMatchObject({ exitCode: 0 });
  expect(verified.stdout).toContain("choice (options-3): every question, its words and images, from its rows");
  expect(verified.stdout).toContain("choice: how the ways of asking differ, from their samples");
  const said = await made.read("orders", "choice.json");
  await writeFile(made.file("orders/choice.json"), said.replace(/"fixed": 0/, '"fixed": 1'));
  const changed = await made.run("verify", "orders", "--tasks", task);
  expect(changed).toMatchObject({ exitCode: 3 });
  expect(changed.stdout).toContain("choice: spread is");
  await writeFile(made.file("orders/choice.json"), said);
  const again = await made.run(...args);
  expect(again.stderr).toContain("0 new samples");
  expect(again.stdout).toBe(first.stdout);
});

test("profiles that say the same are asked once, whenever the first run was: all its rows, or some of them", async () => {
  await using made = await place();
  const file = made.file("alike.ts");
  await writeFile(
    file,
    (await readFile(task, "utf8"))
      .replace('["default", "polite"]', '["default", "polite", "same", "courteous"]')
      .replace('profile === "polite" ?', '["polite", "courteous"].includes(profile) && question.length % 2 === 0 ?'),
  );
  const polite = rows.filter(({ question }) => question.length % 2 === 0).length;
  expect(polite).toBeGreaterThan(20);
  let answers = 0;
  // No two answers are alike: whoever is asked twice is found out.
  await using endpoint = await startEndpoint({ answer: (asked) => `${rightLetter(asked)} ${answers++}` });
  const args = ["run", "--tasks", file, "--data", "rows", "--model", `openai:fake@${endpoint.url}`, "--out", "alike"];
  expect(await made.run(...args)).toMatchObject({ exitCode: 0 });
  const questions = () => endpoint.asked.filter(({ text }) => text.includes("Question"));
  expect(questions()).toHaveLength(n);
  const all = await made.run(...args, "--prompt-profiles", "all");
  expect(all, all.stderr).toMatchObject({ exitCode: 0 });
  expect(questions()).toHaveLength(n + polite);
  const textsOf = async (folder: string) =>
    (await readFile(made.file(folder, "choice.samples.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; text: string; state: string });
  const folders = ["alike", "alike/profile-same", "alike/profile-polite", "alike/profile-courteous"];
  const [first, same, kind, courteous] = await Promise.all(folders.map(textsOf));
  expect(same).toEqual(first);
  // Words that two of the others have in common are asked once too, also by a command that finds one of them asked.
  expect(courteous).toEqual(kind);
  await rm(made.file("alike/profile-courteous"), { recursive: true });
  expect(await made.run(...args, "--prompt-profiles", "all")).toMatchObject({ exitCode: 0 });
  expect(questions()).toHaveLength(n + polite);
  expect(await textsOf("alike/profile-courteous")).toEqual(kind);
  const differing = kind?.filter(({ text }, i) => text !== first?.[i]?.text).map(({ id }) => Number(id));
  expect(differing).toEqual(rows.filter(({ question }) => question.length % 2 === 0).map(({ id }) => id));
  expect((await made.result("alike", "choice")).spread?.prompts?.profiles).toHaveLength(4);
  // What is drawn is drawn anew.
  const drawn = await made.run(...args, "--prompt-profiles", "same", "--temperature", "0.5", "--limit", "8", "--fresh");
  expect(drawn, drawn.stderr).toMatchObject({ exitCode: 0 });
  expect(questions()).toHaveLength(n + polite + 16);
});

test("three budgets: the curve, what each step is worth, and how many answers are cut off", async () => {
  await using made = await place();
  // Thinks for as many words as its id says: an answer comes within the budget, or thoughts are cut off.
  const answer = (asked: Asked) =>
    idOf(asked) < (asked.maxTokens ?? 0) ? rightLetter(asked) : "so ".repeat(idOf(asked) + 1).trim();
  await using endpoint = await startEndpoint({ answer, cuts: true });
  const model = ["--model", `openai:fake@${endpoint.url}`];
  const args = [
    "run",
    "--tasks",
    task,
    "--data",
    "rows",
    ...model,
    "--max-new-tokens",
    "50,200,100",
    "--out",
    "budgets",
  ];
  const first = await made.run(...args);
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  const { spread, generation } = await made.result("budgets", "choice");
  expect(generation).toMatchObject({ maxNewTokens: 200 });
  const { budgets = [] } = spread?.budgets ?? {};
  expect(
    budgets.map(({ maxNewTokens, value, truncated }) => [maxNewTokens, value, truncated.share, truncated.n]),
  ).toEqual([
    [50, 0.25, 0.75, n],
    [100, 0.5, 0.5, n],
    [200, 1, 0, n],
  ]);
  expect(budgets[2]?.gain?.value).toBe(0.5);
  expect(budgets[2]?.gain?.interval?.[0]).toBeGreaterThan(0.3);
  expect(first.stdout).toMatch(
    /budgets +50 tokens: 25\.0, 75\.0% cut off {2}100 tokens: 50\.0, \+25\.0 \[.*\], 50\.0% cut off {2}200 tokens: 100\.0, \+50\.0 \[.*\], 0\.0% cut off/,
  );
  expect((await made.run(...args)).stderr).toContain("0 new samples");
});

test("what one order has no score for is left out, and not taken for right; what lies behind a way's limit is no part of it", async () => {
  await using made = await place();
  const isMoved = ({ text }: Pick<Asked, "text">) => rightLetter({ text }) !== "B";
  // Every question is answered rightly; eight of the first forty are refused in all orders but their own.
  const isRefused = (asked: Asked) => idOf(asked) % 5 === 1 && isMoved(asked);
  const faults = { seed: 1, rate: 0, refused: 1, spares: (asked: Asked) => !isRefused(asked) };
  await using endpoint = await startEndpoint({ answer: rightLetter, faults });
  const model = ["--model", `openai:fake@${endpoint.url}`];
  const args = ["run", "--tasks", task, "--data", "rows", ...model, "--out", "orders"];
  const orders = [...args, "--limit", "40", "--option-orders", "4"];
  const first = await made.run(...orders);
  expect(first).toMatchObject({ exitCode: 2 });
  const { spread, n: counted } = await made.result("orders", "choice");
  expect(counted).toMatchObject({ scored: 40 });
  expect(spread?.orders).toMatchObject({ n: 32, leftOut: 8, fixed: 0, everyOrder: { share: 1, n: 32 } });
  // Each of them stands a place further on in every order: at B in none of them.
  expect(first.stderr).toContain("choice with its options moved by 2: not scored 8: refused");
  expect(first.stderr).toContain("samples orders/options-2 --unscored");

  expect(await made.run(...args, "--limit", "60")).toMatchObject({ exitCode: 0 });
  const longer = await made.result("orders", "choice");
  expect(longer.n.total).toBe(60);
  expect(longer.spread).toEqual(spread);
  expect(await made.run(...args, "--limit", "20")).toMatchObject({ exitCode: 0 });
  expect((await made.result("orders", "choice")).spread?.orders).toMatchObject({ n: 16, leftOut: 4, fixed: 0 });
  // Nobody has more options than four, and no question a fifth order.
  expect(await made.run(...args, "--limit", "20", "--option-orders", "6")).toMatchObject({ exitCode: 2 });
  expect((await made.result("orders", "choice")).spread?.orders).toMatchObject({ n: 16, orders: 4 });
});

test("repeats that have not scored as many each: a mean all the same", async () => {
  await using made = await place();
  const answer = (asked: Asked) => (idOf(asked) % 2 === 0 ? wrongLetter(asked) : rightLetter(asked));
  let asked = 0;
  // One repeat of every other question is refused, by both profiles.
  const faults = {
    seed: 1,
    rate: 0,
    refused: 1,
    spares: (one: Asked) => !one.text.includes("Question") || asked++ % 4 !== 1,
  };
  await using endpoint = await startEndpoint({ answer, faults });
  const args = ["run", "--tasks", task, "--data", "rows", "--model", `openai:fake@${endpoint.url}`, "--limit", "30"];
  const ways = ["--repeats", "2", "--temperature", "0.5", "--concurrency", "1", "--prompt-profiles", "all"];
  const ended = await made.run(...args, ...ways, "--out", "twice");
  expect(ended).toMatchObject({ exitCode: 2 });
  expect(ended.stdout).toMatch(/^choice v1 · .* · 30 × 2( of \d+)? \(test\)/);
  const { spread, n: counted } = await made.result("twice", "choice");
  expect(counted).toMatchObject({ total: 60, scored: 45 });
  expect(spread?.prompts).toMatchObject({
    n: 30,
    leftOut: 0,
    notes: [],
    profiles: [{ value: 0.5 }, { value: 0.5 }],
  });
  const compared = await made.run("compare", "twice", "twice/profile-polite", "--format", "json");
  const { tasks } = JSON.parse(compared.stdout) as { tasks: readonly { a: number; b: number }[] };
  expect(tasks[0]).toMatchObject({ a: 0.5, b: 0.5 });
});

test("a bundle names every budget, and has no part of a way that has not finished", async () => {
  await using made = await place();
  await using endpoint = await startEndpoint({ answer: rightLetter, latencyMs: 5 });
  const model = ["--model", `openai:fake@${endpoint.url}`];
  const args = ["run", "--tasks", task, "--data", "rows", ...model, "--limit", "40", "--out", "run"];
  expect(await made.run(...args, "--max-new-tokens", "8,2,4")).toMatchObject({ exitCode: 0 });
  const child = made.start(...args, "--prompt-profiles", "all", "--concurrency", "1");
  const polite = () => endpoint.asked.filter(({ text }) => text.startsWith("Please"));
  await expect.poll(() => polite().length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(3);
  child.kill("SIGKILL");
  await child.ended;
  expect(await made.run(...args)).toMatchObject({ exitCode: 0 });
  const published = await made.run("publish", "run", "--out", "bundle");
  expect(published, published.stderr).toMatchObject({ exitCode: 0 });
  expect(await made.read("bundle", "repeat.sh")).toMatch(/--max-new-tokens 2,4,8\b/);
  expect(await readdir(made.file("bundle", "run"))).toEqual(expect.arrayContaining(["budget-2", "budget-4"]));
  expect(await readdir(made.file("bundle", "run"))).not.toContain("profile-polite");
});

test.each([
  [["--prompt-profiles", "all", "--option-orders", "4"], "each ask everything once more", "--option-orders"],
  [["--prompt-profiles", "all", "--blind", "none"], "each ask everything once more", "--prompt-profiles"],
  [["--prompt-profiles", "polit"], 'no task here has a prompt profile "polit"', "--prompt-profiles"],
  [["--prompt-profiles", "default"], "there is no other prompt profile to ask by", "--prompt-profiles"],
  [["--option-orders", "4", "--shard", "0/2"], "a shard has a part", "--option-orders"],
  [["--option-orders", "1"], "out of range", "--option-orders"],
  [["--max-new-tokens", "8,16", "--until", "decided", "--against", "x"], "has asked a part", "--max-new-tokens"],
  [["--max-new-tokens", "8,much"], "is not a whole number", "--max-new-tokens"],
  [["--max-new-tokens", "8,16", "--fleet", "--name", "x"], "one way of asking", "--max-new-tokens"],
])("run %j is refused before anything is asked", async (flags, what, where) => {
  await using made = await Workplace.make({ LLAVA_EVAL_FLEET: "redis://127.0.0.1:1" });
  await writeRows(made.file("rows"), 4);
  await writeFile(made.file("rows/choice.jsonl"), `${JSON.stringify(rows[0])}\n`);
  await using endpoint = await startEndpoint();
  const model = flags.includes("--fleet") ? [] : ["--model", `openai:fake@${endpoint.url}`];
  const ended = await made.run("run", "--tasks", task, "--data", "rows", ...model, ...flags);
  expect(ended).toMatchObject({ exitCode: 1 });
  expect(ended.stderr).toContain(what);
  expect(ended.stderr).toContain(`at:  ${where}`);
  expect(endpoint.asked).toHaveLength(0);
});

test("a task that does not say where its options are is refused; a dry run counts every way", async () => {
  await using made = await place();
  const without = await made.run("run", "--tasks", "vqav2", "--option-orders", "2");
  expect(without.stderr).toContain("no task here says where its options stand");
  const dry = await made.run(
    "run",
    "--tasks",
    task,
    "--data",
    "rows",
    "--model",
    "stub",
    "--prompt-profiles",
    "all",
    "--dry-run",
  );
  expect(dry, dry.stderr).toMatchObject({ exitCode: 0 });
  expect(dry.stdout).toContain("choice by the profile polite");
});
