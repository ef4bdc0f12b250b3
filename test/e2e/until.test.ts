/** `run --until decided` by the program itself: killed and begun again, behind a gate, over a training. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { type Asked, startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const n = 160;
const isQuestion = ({ text }: Asked) => text.startsWith("Question");

/** The model "old" is right in seven of ten, "new" says nothing of use where it had been right in one of three. */
function answer({ model, text }: Asked): string {
  const number = Number(/\d+/.exec(text)?.[0]);
  const right = ["yes", "no", "red", "2"][number % 4] as string;
  if (seededRandom("old", number).next() > 0.7) return "something else";
  return model === "new" && seededRandom("new", number).next() < 0.33 ? "nothing" : right;
}

test("a run that was killed goes on to the verdict of the undisturbed one, and a gate reads it from a settings file", {
  timeout: 600_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), n, 1);
  await using endpoint = await startEndpoint({ latencyMs: 20, answer, models: ["old", "new"] });
  const flags = ["--tasks", task, "--data", "rows", "--concurrency", "4"];
  const model = (name: string) => ["--model", `openai:${name}@${endpoint.url}`];
  expect(await place.run("run", ...flags, ...model("old"), "--out", "old")).toMatchObject({ exitCode: 0 });

  const until = [...flags, ...model("new"), "--until", "decided", "--against", "old"];
  const stopped = await place.run("run", ...until, "--out", "stopped");
  expect(stopped).toMatchObject({ exitCode: 0 });
  const { until: decided, flags: flagged } = await place.result("stopped", "single_image");
  expect(flagged).toEqual(["partial"]);
  expect(decided).toMatchObject({ verdict: "worse", of: n, against: "old" });
  expect(stopped.stdout).toMatch(/· partial\n/);
  expect(stopped.stdout).toMatch(
    /compared +decided after \d+ of 160 \(\d looks?\): worse by \d+\.\d \[\d+\.\d, \d+\.\d\]/,
  );
  // What is in flight when it is decided is finished, and kept.
  const asked = endpoint.asked.filter((one) => isQuestion(one) && one.model === "new").length;
  expect(asked).toBeGreaterThanOrEqual(decided?.samples as number);
  expect(asked).toBeLessThanOrEqual((decided?.samples as number) + 8);

  endpoint.asked.length = 0;
  const killed = place.start("run", ...until, "--out", "killed");
  while (endpoint.asked.filter(isQuestion).length < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  killed.kill("SIGKILL");
  expect((await killed.ended).signal).toBe("SIGKILL");
  expect(await place.run("run", ...until, "--out", "killed")).toMatchObject({ exitCode: 0 });
  expect(await place.read("killed", "single_image.json")).toBe(await place.read("stopped", "single_image.json"));

  const settings = {
    tasks: [task],
    data: "rows",
    model: `openai:new@${endpoint.url}`,
    until: "decided",
    against: "old",
  };
  await writeFile(place.file("night.yaml"), JSON.stringify({ ...settings, out: "results/night", fresh: true }));
  expect(await place.run("run", "--config", "night.yaml")).toMatchObject({ exitCode: 0 });
  const gate = await place.run("compare", "old", "results/night", "--fail-on", "regression");
  expect(gate.exitCode).toBe(3);
  expect(gate.stdout).toContain("regression");
  expect(gate.stdout + gate.stderr).toContain("its own looks give the interval and p");
  // As a baseline, or beside whole runs, it is what it is flagged as.
  expect((await place.run("baseline", "accept", "results/night")).stderr).toContain('flagged "partial"');
  const board = ["leaderboard", "old", "results/night"];
  expect((await place.run(...board)).stdout).not.toContain("new");
  expect((await place.run(...board, "--include", "partial")).stdout).toMatch(/new[\s\S]*partial/);

  const refused = await place.run("run", ...until, "--out", "stopped", "--delta", "2");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("until.delta: 1 in the folder, 2 now");
  const fleet = [
    "--tasks",
    task,
    "--data",
    "rows",
    "--name",
    "new",
    "--until",
    "decided",
    "--against",
    "old",
    "--fleet",
  ];
  const shared = await place.startWith({ LLAVA_EVAL_FLEET: "redis://127.0.0.1:1" }, "run", ...fleet).ended;
  expect(shared.exitCode).toBe(1);
  expect(shared.stderr).toContain("a run that stops when decided asks in an order of its own");
});

test("a watch asks of each checkpoint what its comparison needs, and says what came of it", {
  timeout: 300_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 60, 1);
  const checkpoint = place.file("training", "checkpoint-100");
  await mkdir(checkpoint, { recursive: true });
  await writeFile(join(checkpoint, "config.json"), "{}");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(2n);
  await writeFile(join(checkpoint, "model.safetensors"), Buffer.concat([head, Buffer.from("{}")]));
  const asked = ["--tasks", task, "--data", "rows"];
  expect(await place.run("run", ...asked, "--model", "stub:yes", "--out", "base")).toMatchObject({ exitCode: 0 });
  // A quarter of the answers are "yes", and none is "never".
  const against = ["--model", "stub:never", "--until", "decided", "--against", "base"];
  const watch = ["watch", "training", ...asked, ...against, "--quiet", "0", "--once"];
  const { stdout, exitCode } = await place.run(...watch, "--out", "curve");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^single_image: decided after \d\d of 60 \(\d looks?\): worse by \d+\.\d \[.*\] \(against base\)$/m,
  );

  const samples = (await readFile(place.file("base", "single_image.samples.jsonl"), "utf8")).trimEnd().split("\n");
  const items = samples.map((line) => {
    const { index, id } = JSON.parse(line) as { index: number; id: string };
    return JSON.stringify({ task: "single_image", index, id, runs: 3, difficulty: index % 2 === 0 ? 0.5 : 1 });
  });
  await writeFile(place.file("items.jsonl"), `${items.join("\n")}\n`);
  const ordered = await place.run(...watch, "--order", "items.jsonl", "--out", "ordered");
  expect(ordered).toMatchObject({ exitCode: 0 });
  expect(ordered.stdout).toMatch(/^single_image: decided after .*: worse by/m);
  expect(ordered.stdout).toMatch(/^single_image: no forecast of the whole run/m);
  const both = await place.run(...watch, "--stop-task", "single_image");
  expect(both).toMatchObject({ exitCode: 1 });
  expect(both.stderr).toContain("leave one of them out");
});
