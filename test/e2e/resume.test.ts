import { execFileSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { generator } from "../fakes/random.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const concurrency = 8;
/** A few in every run; `npm run soak` sets 50. */
const kills = Number(process.env.LLAVA_EVAL_TEST_KILLS ?? 4);
const soak = kills > 10;
/** Enough work that the last kill still finds some. */
const n = soak ? 6000 : 160;
const seed = Number(process.env.LLAVA_EVAL_TEST_SEED ?? 20261124);

const asking = (url: string, ...more: readonly string[]) => [
  ...["run", "--tasks", task, "--data", "rows", "--model", `openai:fake@${url}`],
  ...more,
];

const isQuestion = ({ text }: { text: string }) => text.startsWith("Question");

test(`a run that is killed ${kills} times ends as the uninterrupted one, byte for byte, and asks nothing twice`, {
  timeout: 600_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), n);
  await using endpoint = await startEndpoint({ latencyMs: soak ? 60 : 25 });
  const args = (out: string) => asking(endpoint.url, "--concurrency", String(concurrency), "--out", out);

  const whole = await place.run(...args("whole"));
  expect(whole).toMatchObject({ exitCode: 0 });
  expect(endpoint.asked.filter(isQuestion).length).toBe(n);
  endpoint.asked.length = 0;

  const random = generator(seed);
  let killed = 0;
  for (let attempt = 0; killed < kills && attempt < 20 * kills; attempt++) {
    const before = endpoint.asked.length;
    const done = await journalled(place.file("killed", "single_image.samples.jsonl"));
    const child = place.start(...args("killed"));
    const timer = setTimeout(() => child.kill("SIGKILL"), 200 + random() * 2500);
    const ended = await child.ended;
    clearTimeout(timer);
    if (ended.signal === "SIGKILL") killed++;
    const askedAgain = endpoint.asked.slice(before).filter(({ text }) => done.has(text));
    expect(askedAgain, "a journalled sample was asked again").toEqual([]);
    if (ended.signal !== "SIGKILL") break;
  }
  expect(killed).toBeGreaterThanOrEqual(soak ? kills : 1);
  const last = await place.run(...args("killed"));
  expect(last).toMatchObject({ exitCode: 0 });

  for (const name of ["single_image.samples.jsonl", "single_image.json"]) {
    expect(await place.read("killed", name)).toBe(await place.read("whole", name));
  }
  expect(endpoint.asked.filter(isQuestion).length).toBeLessThanOrEqual(n + killed * concurrency);
});

test("Ctrl-C finishes what is in flight, keeps it, exits with 130, and the same command goes on", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), n);
  await using endpoint = await startEndpoint({ latencyMs: 60 });
  const args = asking(endpoint.url, "--concurrency", "4", "--out", "out");
  const child = place.start(...args);
  while (endpoint.asked.filter(isQuestion).length < 6) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  const ended = await child.ended;
  expect(ended.exitCode).toBe(130);
  expect(ended.stderr).toContain("the same command goes on from here");
  const asked = endpoint.asked.filter(isQuestion).length;
  expect(asked).toBeLessThan(n);
  expect((await journalled(place.file("out", "single_image.samples.jsonl"))).size).toBe(asked);
  expect(JSON.parse(await place.read("out", "run.json")).status).toBe("interrupted");

  expect((await place.run(...args)).exitCode).toBe(0);
  expect(endpoint.asked.filter(isQuestion).length).toBe(n);
});

test("a larger --limit extends a run; other options that change numbers are refused with the difference", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 12);
  await using endpoint = await startEndpoint();
  const run = (...more: string[]) => place.run(...asking(endpoint.url, "--out", "out", ...more));
  expect((await run("--limit", "5")).exitCode).toBe(0);
  expect((await place.result("out", "single_image")).flags).toEqual(["partial"]);
  expect((await run("--limit", "9")).exitCode).toBe(0);
  expect((await run()).exitCode).toBe(0);
  expect(endpoint.asked.filter(isQuestion).length).toBe(12);
  const result = await place.result("out", "single_image");
  expect(result.n.total).toBe(12);
  expect(result.flags).toEqual([]);

  const other = await run("--temperature", "0.5");
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toContain("generation.temperature: 0 in the folder, 0.5 now");
  expect(other.stderr).toContain("--fresh");
  expect((await run("--temperature", "0.5", "--fresh")).exitCode).toBe(0);
});

test("two processes cannot write one run", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 40);
  await using endpoint = await startEndpoint({ latencyMs: 200 });
  const args = asking(endpoint.url, "--concurrency", "2", "--out", "out");
  const first = place.start(...args);
  while (endpoint.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await place.run(...args);
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain(`another process is writing this run (pid ${first.pid}`);
  first.kill("SIGKILL");
  await first.ended;
});

/** The prompts whose journal line was complete. */
async function journalled(path: string): Promise<Set<string>> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean);
  return new Set(lines.map((line) => String(JSON.parse(line).prompt).replace("<image>", "")));
}

test.skipIf(process.getuid?.() !== 0)(
  "a full disk ends the run with what to do, keeps finished samples, and the same command goes on (skipped unless root: mounts a small disk)",
  { timeout: 300_000 },
  async () => {
    await using place = await Workplace.make();
    await writeRows(place.file("rows"), n);
    await mkdir(place.file("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=48k", "tmpfs", place.file("small")]);
    try {
      await using endpoint = await startEndpoint({ latencyMs: 5 });
      const args = asking(endpoint.url, "--concurrency", "4", "--out", "small/out");
      const full = await place.run(...args);
      expect(full.exitCode).toBe(1);
      expect(full.stderr).toContain("free some disk space and run the same command again");
      const kept = await journalled(place.file("small", "out", "single_image.samples.jsonl"));
      expect(kept.size).toBeGreaterThan(0);
      execFileSync("mount", ["-o", "remount,size=4m", place.file("small")]);
      endpoint.asked.length = 0;
      expect((await place.run(...args)).exitCode).toBe(0);
      expect(endpoint.asked.filter(isQuestion).length).toBeLessThanOrEqual(n - kept.size);
    } finally {
      execFileSync("umount", [place.file("small")]);
    }
  },
);
