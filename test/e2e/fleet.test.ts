/** A run that workers answer, against a real server: whatever is killed, it ends as the run of one process, byte for byte. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { chat, startScripted } from "../fakes/scripted.js";
import { root, Workplace } from "./cli.js";
import { answerTo, Fleet, largestBlock, modelKey, noServer, numbersOf, questionsIn } from "./fleet-place.js";

/** More in the soak. */
const poisonRounds = Array.from({ length: Number(process.env.LLAVA_EVAL_TEST_KILLS ?? 1) }, (_, round) => round);
const forms = join(root, "test", "forms");

describe.skipIf(noServer)(`a fleet (skipped: ${noServer ?? "no"})`, { timeout: 180_000 }, () => {
  test("whatever is killed: the run of one process, byte for byte, and hardly a question twice", async () => {
    await using fleet = await Fleet.make({ tasks: "vqav2,pope", data: "demo", repeats: 4, temperature: 0.5 });
    const { numbers, asked } = await fleet.whole();
    const first = fleet.coordinator("--out", "many");
    const killed = fleet.worker();
    await fleet.asked(100);
    const worker = fleet.worker();
    killed.kill("SIGKILL");
    await killed.ended;
    await fleet.asked(300);

    first.kill("SIGKILL");
    await first.ended;
    const second = fleet.coordinator("--out", "many");
    await fleet.asked(asked / 2 + 100);
    await fleet.server.kill();
    await fleet.server.up();
    await fleet.asked(asked / 2 + 400);
    const lost = fleet.flushed();

    expect(await second.ended).toMatchObject({ exitCode: 0 });
    expect(await numbersOf(fleet.place.file("many"))).toEqual(numbers);
    // What was in hand when something died: two blocks of a worker. What was lost with the server was counted.
    expect(questionsIn(fleet.endpoint)).toBeGreaterThanOrEqual(asked);
    expect(questionsIn(fleet.endpoint)).toBeLessThanOrEqual(asked + 2 * 2 * largestBlock + lost);

    worker.kill("SIGINT");
    expect(await worker.ended).toMatchObject({ exitCode: 130 });
    // Nothing of a finished run is left on the server, and its timings name who asked.
    const left = fleet.server.keys().split("\n").filter(Boolean);
    // BullMQ's own mark of when it last looked for lost leases; it expires.
    expect(left.filter((key) => !key.endsWith(":stalled-check"))).toEqual([]);
    expect((await fleet.place.read("many", "timings.jsonl")).split("\n")[0]).toMatch(
      /"worker":"[^"]+-\d+-[0-9a-f]{4}"/,
    );
  });

  test("what a killed worker had answered is not asked again when its block comes back to its machine", async () => {
    await using fleet = await Fleet.make();
    const { numbers, asked } = await fleet.whole();
    const run = fleet.coordinator("--out", "many");
    const killed = fleet.worker();
    await fleet.asked(40);
    killed.kill("SIGKILL");
    await killed.ended;
    const worker = fleet.worker();
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    expect(await numbersOf(fleet.place.file("many"))).toEqual(numbers);
    // Four at once: those in flight, and those whose answers had come and were not written yet.
    expect(questionsIn(fleet.endpoint)).toBeLessThanOrEqual(asked + 8);
    worker.kill("SIGINT");
    await worker.ended;
    expect((await readdir(fleet.place.file(".cache/llava-eval/answers"))).length).toBe(1);
  });

  test("a second coordinator is refused by name, the queue can be paused, and nothing on the server is secret", async () => {
    await using fleet = await Fleet.make();
    const { numbers, asked } = await fleet.whole();
    const { run, worker } = await fleet.paused("--out", "a");
    const second = await fleet.place.run(...["run", "--tasks", "vqav2", "--data", "demo", "--fleet", "--name", "m"]);
    expect(second).toMatchObject({ exitCode: 1 });
    expect(second.stderr).toContain(`pid ${run.pid}`);
    await fleet.has(/:progress$/m);
    await fleet.has(/:workers$/m);
    const { stdout: status } = await fleet.place.run("fleet", "status");
    expect(status).toMatch(/^run [0-9a-f]{8} · m · vqav2 · paused$/m);
    expect(status).toMatch(new RegExp(`^vqav2 0 taken, ${asked} left \\(0\\.0 %\\)`, "m"));
    expect(status).toMatch(
      / blocks waiting, 0 leased, 0 to take · [\d.]+ MB on the server · coordinator \S+ pid \d+, seen \d s ago$/m,
    );
    expect(status).toMatch(/^ {2}\S+ {2}0 samples, 0\.0\/s, 0 retries, 0\.0 CPU-ms each, seen \d s ago$/m);

    const contents = fleet.server.contents();
    const jobs = [...contents].filter(([key]) => /:[0-9a-f]{32}$/.test(key) || key === "le:runs");
    expect(jobs.length).toBeGreaterThan(1);
    expect([...contents.values()].join("\n")).not.toContain(modelKey);
    // Where a model and its data are is each worker's own.
    for (const [, text] of jobs) expect(text).not.toMatch(/http:|\/tmp|\.js\b|\.ts\b/);

    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    expect(await run.ended).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^workers that joined: \S+-\d+-[0-9a-f]{4}$/m),
    });
    expect(await numbersOf(fleet.place.file("a"))).toEqual(numbers);
    expect(await textOf(fleet.place.file("a"))).not.toMatch(
      new RegExp(`${modelKey}|(127\\.0\\.0\\.1|localhost):${fleet.server.port}`),
    );
    expect(questionsIn(fleet.endpoint)).toBe(asked);
    worker.kill("SIGINT");
    await worker.ended;
  });

  test.for(poisonRounds)(
    "a sample that kills whoever asks it is left out after three deaths, and no other (%i)",
    async () => {
      const place = await Workplace.make();
      const deadly = 'if (id === 7) process.kill(process.pid, "SIGKILL");';
      await writeFile(place.file("deadly.ts"), taskText("deadly", deadly));
      const rows = Array.from({ length: 12 }, (_, id) => JSON.stringify({ id, question: `Is it ${id}?` }));
      await writeFile(place.file("deadly.jsonl"), `${rows.join("\n")}\n`);
      await using fleet = await Fleet.make({ tasks: place.file("deadly.ts"), data: place.path });
      const run = fleet.coordinator("--out", "many", "--max-failed", "1");
      let deaths = 0;
      let over = false;
      void run.ended.then(() => {
        over = true;
      });
      while (!over) {
        const worker = fleet.worker();
        const { signal } = await Promise.race([worker.ended, run.ended.then(() => ({ signal: null }))]);
        if (signal === "SIGKILL") deaths++;
      }
      expect(await run.ended).toMatchObject({ exitCode: 0 });
      expect(deaths).toBe(3);
      const samples = await fleet.place.samples("many", "deadly");
      expect(samples.map(({ state }) => state)).toEqual(rows.map((_, id) => (id === 7 ? "failed" : "scored")));
      expect(samples[7]?.score).toMatchObject({ status: "unscored", reason: "transport" });
      await place[Symbol.asyncDispose]();
    },
  );

  test("who has another model or other rows does not join, and says what differs", async () => {
    await using place = await Workplace.make();
    const task = await writeLines(place);
    await using fleet = await Fleet.make({ tasks: task, data: place.file("rows") });
    const { run, worker } = await fleet.paused("--out", "many");
    const join = (model: string, data: string) =>
      fleet.place.run("worker", "--model", model, "--name", "m", "--task-file", task, "--data", place.file(data));
    const other = await join("stub:yes", "rows");
    expect(other).toMatchObject({ exitCode: 1 });
    expect(other.stderr).toMatch(/fingerprint\.runner: "openai" in the run, "stub" here/);
    expect(other.stderr).toContain("`run --fleet --admit` takes other set-ups");
    const rows = await join(fleet.model, "changed");
    expect(rows).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("the rows of lines have changed") });
    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
  });

  test("a run that admits others takes their answers, and says in each, and in the Result, what differs; who asks otherwise is refused", async () => {
    await using place = await Workplace.make();
    const task = await writeLines(place);
    await using fleet = await Fleet.make({ tasks: task, data: place.file("rows") });
    const { numbers } = await fleet.whole();
    await using elsewhere = await startEndpoint({ answer: answerTo });
    const { run, worker } = await fleet.paused("--out", "many", "--admit");
    // The first has said what the run's model is, and leaves.
    await fleet.has(/:member$/m);
    worker.kill("SIGINT");
    await worker.ended;
    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    const model = ["worker", "--model", `openai:fake@${elsewhere.url}`, "--name", "m", "--task-file", task];
    const stranger = await fleet.place.run(...model, "--data", place.file("changed"));
    expect(stranger).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("its rows are others than ours") });
    const other = fleet.place.startWith({}, ...model, "--data", place.file("spaced"));
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    other.kill("SIGINT");
    await other.ended;

    const samples = await fleet.place.samples("many", "lines");
    const [{ unlike = "" } = {}] = samples;
    expect(unlike).toMatch(/fingerprint\.url.* in the run, .* at the worker/);
    expect(unlike).toContain("the rows of lines have changed");
    expect(samples.filter((sample) => sample.unlike === unlike)).toHaveLength(120);
    const { notes } = await fleet.place.result("many", "lines");
    expect(notes).toContain(`120 of 120 answers are of workers that differ from the run: ${unlike}`);
    const lines = (await fleet.place.read("many", "lines.samples.jsonl")).replaceAll(
      `"unlike":${JSON.stringify(unlike)},`,
      "",
    );
    expect(lines).toBe(numbers["lines.samples.jsonl"]);
  });

  test("Ctrl-C at a coordinator that waits, for a worker or for answers, is an interruption; the same command goes on", async () => {
    await using fleet = await Fleet.make();
    const { numbers } = await fleet.whole();
    const alone = fleet.coordinator("--out", "many");
    await fleet.has(/^le:runs$/m);
    const { stdout: status } = await fleet.place.run("fleet", "status");
    expect(status).toMatch(/^ {2}no worker: llava-eval worker --model \.\.\. --name m$/m);
    alone.kill("SIGINT");
    expect(await alone.ended).toMatchObject({ exitCode: 130, stderr: expect.not.stringContaining("mistake") });
    const { run, worker } = await fleet.paused("--out", "many");
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ exitCode: 130, stderr: expect.not.stringContaining("mistake") });
    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    expect(await fleet.coordinator("--out", "many").ended).toMatchObject({ exitCode: 0 });
    expect(await numbersOf(fleet.place.file("many"))).toEqual(numbers);
    worker.kill("SIGINT");
    await worker.ended;
  });

  test("a second Ctrl-C at a worker gives back what it has in hand; one that waits for work ends, too", async () => {
    await using fleet = await Fleet.make(undefined, 1000);
    const { run, worker: waiting } = await fleet.paused("--out", "many");
    await fleet.has(/:workers$/m);
    const twice = async (worker: typeof waiting) => {
      worker.kill("SIGINT");
      worker.kill("SIGTERM");
      expect(await worker.ended).toMatchObject({ exitCode: 130, stderr: expect.not.stringContaining("mistake") });
    };
    await twice(waiting);
    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    const busy = fleet.worker();
    await fleet.has(/:active$/m);
    await twice(busy);
    // Nobody else is here who would notice a lease that has run out.
    expect(fleet.server.keys()).not.toMatch(/:active$/m);
    expect(fleet.server.keys()).toMatch(/:wait$/m);
    run.kill("SIGINT");
    await run.ended;
  });

  test("a worker that waits in a run joins the next of the same settings", async () => {
    await using fleet = await Fleet.make();
    const { run, worker } = await fleet.paused("--out", "a");
    await fleet.has(/:member$/m);
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ exitCode: 130 });
    const next = fleet.coordinator("--out", "b");
    expect(await fleet.place.run("fleet", "resume")).toMatchObject({ exitCode: 0 });
    expect(await next.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
  });

  test("a judged task: workers answer, the coordinator judges", async () => {
    await using judge = await startScripted((question) => chat(question.text.length % 2 === 0 ? "7" : "3", question));
    const task = join(forms, "judged.ts");
    await using fleet = await Fleet.make({ tasks: task, data: join(forms, "data") });
    await writeFile(fleet.place.file("j.yaml"), `runner: openai\nmodel: j\nurls: [${judge.url}]\nattempts: 1\n`);
    const settings = { tasks: task, data: join(forms, "data"), judge: fleet.place.file("j.yaml"), name: "m" };
    await evaluate({ ...settings, model: fleet.model, out: fleet.place.file("whole") });
    const limits = ["--fleet-concurrency", "2", "--fleet-rate", "5000"];
    const run = fleet.coordinator("--out", "many", "--judge", fleet.place.file("j.yaml"), ...limits);
    const worker = fleet.worker();
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    expect(await numbersOf(fleet.place.file("many"))).toEqual(await numbersOf(fleet.place.file("whole")));
    worker.kill("SIGINT");
    await worker.ended;
  });
});

/** All that is written in a folder. */
async function textOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
}

/** A task of 120 lines, with its rows; with the same rows in other bytes; and with rows that ask something else. @returns its file */
async function writeLines(place: Workplace): Promise<string> {
  const rows = Array.from({ length: 120 }, (_, id) => ({ id, question: `Is it ${id}?` }));
  const changed = rows.map(({ id }) => ({ id, question: `Was it ${id}?` }));
  const files = {
    rows: rows.map((row) => JSON.stringify(row)),
    spaced: rows.map((row) => JSON.stringify(row).replaceAll(",", ", ")),
    changed: changed.map((row) => JSON.stringify(row)),
  };
  for (const [folder, lines] of Object.entries(files)) {
    await mkdir(place.file(folder));
    await writeFile(place.file(folder, "lines.jsonl"), `${lines.join("\n")}\n`);
  }
  await writeFile(place.file("lines.ts"), taskText("lines"));
  return place.file("lines.ts");
}

/** Scores are made by workers alone. @param deadly  what it does to a worker that scores a row */
const taskText = (name: string, deadly = "") => `import { defineTask, mean, type Static, Type } from "llava-eval";
const row = Type.Object({ id: Type.Integer(), question: Type.String() });
export default defineTask<Static<typeof row>>({
  name: "${name}",
  version: 1,
  about: "Lines of text.",
  cite: "none: for a test",
  splits: { test: { sources: ["none/lines"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => String(id),
  prompt: ({ question }) => ({ messages: [{ role: "user", parts: [{ type: "text", text: question }] }] }),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ id }, { text }) => {
    ${deadly}
    return { status: "scored", value: 1, answer: text };
  },
  metrics: [mean("accuracy")],
});
`;
