/** Machines that share a run through shards: whatever the cut and the order, the merged run is the run that was never cut. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { merge } from "../../src/api/run/merge.js";
import { type FakeEndpoint, startEndpoint } from "../fakes/endpoint.js";
import { startHub } from "../fakes/hub.js";
import { noiseImage } from "../fakes/images.js";
import { parquetBytes } from "../fakes/parquet-files.js";
import { chat, startScripted } from "../fakes/scripted.js";
import { root, Workplace } from "./cli.js";

const forms = join(root, "test", "forms");
const limitRows = join(root, "test", "e2e", "row-forms", "22-limit-by-cluster");

/** An answer that depends on the question and on nothing else. */
const answerTo = ({ text }: { readonly text: string }) => ["yes", "no", "A", "B", "2", "red"][text.length % 6] ?? "";

/** But for the preflight's, of which each command asks. */
const questionsIn = ({ asked }: FakeEndpoint) => asked.filter(({ text }) => !text.startsWith("Say ok")).length;

interface Cut {
  readonly tasks: string;
  readonly data: string;
  readonly repeats?: number;
  readonly limit?: number;
  readonly offset?: number;
}

/** The samples and Results of a folder, by file. */
async function numbersOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => /^(?!run|leaderboard|timings|judge).*\.jsonl?$/.test(name));
  const texts = await Promise.all(names.sort().map(async (name) => [name, await readFile(join(folder, name), "utf8")]));
  return Object.fromEntries(texts) as Record<string, string>;
}

async function cutAndMerged(place: Workplace, endpoint: FakeEndpoint, cut: Cut, counts: readonly number[]) {
  const model = `openai:fake@${endpoint.url}`;
  await evaluate({ ...cut, model, out: place.file("whole") });
  const whole = await numbersOf(place.file("whole"));
  expect(Object.keys(whole).length).toBeGreaterThan(0);
  for (const count of counts) {
    const out = place.file(`cut-${count}`);
    endpoint.asked.length = 0;
    // Not in order, as schedulers run them.
    const order = Array.from({ length: count }, (_, index) => index).sort(
      (a, b) => ((a * 7 + 3) % 5) - ((b * 7 + 3) % 5),
    );
    for (const index of order) await evaluate({ ...cut, model, out, shard: `${index}/${count}` });
    const asked = questionsIn(endpoint);
    const { missing, changed, repeated } = await merge(out);
    expect({ missing, changed, repeated }).toEqual({ missing: [], changed: [], repeated: 0 });
    expect(await numbersOf(out), `${cut.tasks} cut in ${count}`).toEqual(whole);
    // Merging asks nobody.
    expect(asked).toBeGreaterThan(0);
    expect(questionsIn(endpoint)).toBe(asked);
    // The merged folder is an ordinary run: the same command without --shard has nothing left to ask.
    await evaluate({ ...cut, model, out });
    expect(questionsIn(endpoint)).toBe(asked);
    expect(await numbersOf(out)).toEqual(whole);
  }
}

test.each<[string, Cut, readonly number[]]>([
  ["vqav2 and mmmu", { tasks: "vqav2,mmmu", data: "demo", limit: 60 }, [2, 7]],
  ["vqav2, all its rows known", { tasks: "vqav2", data: "demo" }, [3, 16]],
  ["repeats", { tasks: "pope", data: "demo", limit: 10, repeats: 3 }, [3]],
  ["a selection", { tasks: "vqav2", data: "demo", offset: 13, limit: 40 }, [3]],
  ["rows that expand, in clusters", { tasks: join(forms, "circular.ts"), data: join(forms, "data") }, [1, 2, 16]],
  ["refcoco", { tasks: "refcoco_bbox_rec", data: limitRows }, [3]],
  ["a limit that counts clusters", { tasks: "mme", data: limitRows, limit: 5 }, [2, 3]],
])("%s: shards merged are the run that was never cut", { timeout: 240_000 }, async (_name, cut, counts) => {
  await using place = await Workplace.make();
  await using endpoint = await startEndpoint({ answer: answerTo });
  await cutAndMerged(place, endpoint, cut, counts);
});

/** Every cut of five benchmarks: in the soak. */
describe.runIf(process.env.LLAVA_EVAL_TEST_SHARDS)("every cut", { timeout: 600_000 }, () => {
  test.each<[string, Cut]>([
    ["vqav2, three times each", { tasks: "vqav2", data: "demo", limit: 40, repeats: 3 }],
    ["mmmu, twice each", { tasks: "mmmu", data: "demo", limit: 40, repeats: 2 }],
    ["refcoco", { tasks: "refcoco_bbox_rec", data: limitRows }],
    ["mme", { tasks: "mme", data: limitRows }],
    ["mmbench", { tasks: "mmbench_en@dev", data: "circular" }],
  ])("%s: of 1, 2, 3, 7 and 16 shards in any order", async (_name, cut) => {
    await using place = await Workplace.make();
    await using endpoint = await startEndpoint({ answer: answerTo });
    const data = cut.data === "circular" ? await writeCircular(place) : cut.data;
    await cutAndMerged(place, endpoint, { ...cut, data }, [1, 2, 3, 7, 16]);
  });
});

/** Ten questions of MMBench, each asked once for each of its options. @returns their folder */
async function writeCircular(place: Workplace): Promise<string> {
  const image = (await noiseImage(400, 1)).toString("base64");
  const options = { A: "left", B: "right", C: "above", D: null };
  const rows = Array.from({ length: 10 }, (_, n) =>
    [0, 1, 2].map((pass) => ({
      ...{
        index: n + pass * 1_000_000,
        question: `Where is ${n}?`,
        hint: null,
        answer: "ABC"[(n + pass) % 3],
        ...options,
      },
      ...{ category: `c${n % 3}`, "L2-category": "l", source: "s", split: "dev", image },
    })),
  ).flat();
  await mkdir(place.file("circular"));
  await writeFile(
    place.file("circular", "mmbench_en_dev.jsonl"),
    `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`,
  );
  return place.file("circular");
}

test("a judged task keeps its verdicts: merging asks no judge", { timeout: 120_000 }, async () => {
  await using place = await Workplace.make({});
  await using judge = await startScripted((question) => chat(question.text.length % 2 === 0 ? "7" : "3", question));
  await writeFile(place.file("j.yaml"), `runner: openai\nmodel: j\nurls: [${judge.url}]\nattempts: 1\n`);
  const settings = {
    ...{ tasks: join(forms, "judged.ts"), data: join(forms, "data"), model: "stub", judge: place.file("j.yaml") },
    cache: place.file("cache"),
  };
  await evaluate({ ...settings, out: place.file("whole"), fresh: true });
  for (const index of [1, 0]) await evaluate({ ...settings, out: place.file("cut"), shard: `${index}/2` });
  const asked = judge.asked.length;
  await merge(place.file("cut"));
  expect(judge.asked.length).toBe(asked);
  expect(await numbersOf(place.file("cut"))).toEqual(await numbersOf(place.file("whole")));
});

test("a shard of a hub's split fetches its own files and no others", { timeout: 120_000 }, async () => {
  const images = await Promise.all(Array.from({ length: 20 }, (_, i) => noiseImage(20_000, i + 1)));
  const columns = { id: "int64", image: "image", question: "string", answer: "string" } as const;
  const files = Object.fromEntries(
    Array.from({ length: 4 }, (_, file) => {
      const rows = Array.from({ length: 20 }, (_, i) => {
        const id = file * 20 + i;
        return {
          id,
          image: { bytes: images[i], path: `${i}.jpg` },
          question: `Is it ${id}?`,
          answer: id % 2 ? "yes" : "no",
        };
      });
      return [`data/test-0000${file}-of-00004.parquet`, parquetBytes(columns, rows, { rowGroupSize: 5 })];
    }),
  );
  await using hub = await startHub({ datasets: { "none/forms": files } });
  await using endpoint = await startEndpoint({ answer: () => "yes" });
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
  const run = (...more: string[]) =>
    place.run(...["run", "--tasks", join(forms, "single-image.ts"), "--model", `openai:fake@${endpoint.url}`, ...more]);
  expect(await run("--out", "r", "--shard", "2/4")).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^next: npx llava-eval merge r {3}\(when every shard is there\)$/m),
  });
  const whole = hub.stats.ranges.filter((range) => / 0-\d{5,}$/.test(range)).map((range) => range.split(" ")[0]);
  expect(whole).toEqual(["data/test-00002-of-00004.parquet"]);
  expect((await place.result("r/shards/02-of-4", "single_image")).n.total).toBe(20);
  expect(await place.result("r/shards/02-of-4", "single_image")).toMatchObject({ shard: "2/4", flags: ["partial"] });
});

test("the command line names what is missing, and merges it when it is there", { timeout: 120_000 }, async () => {
  await using endpoint = await startEndpoint({ answer: answerTo });
  await using place = await Workplace.make();
  const shard = (text: string, ...more: string[]) =>
    place.run(
      ...["run", "--tasks", "pope", "--data", "demo", "--limit", "20", "--model", `openai:fake@${endpoint.url}`],
      ...["--out", "r", "--shard", text, ...more],
    );
  expect(await place.run("merge", "r")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("no shards to merge"),
  });
  expect(await shard("0/2")).toMatchObject({ exitCode: 0 });
  const early = await place.run("merge", "r");
  expect(early).toMatchObject({ exitCode: 2 });
  expect(early.stderr).toContain("shard 1/2 is missing (not begun): run the same command with --shard 1/2");
  const asked = endpoint.stats.requests;
  const unmerged = await place.run(
    ...[
      "run",
      "--tasks",
      "pope",
      "--data",
      "demo",
      "--limit",
      "20",
      "--model",
      `openai:fake@${endpoint.url}`,
      "--out",
      "r",
    ],
  );
  expect(unmerged).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("shards of a run, and no run yet") });
  expect(endpoint.stats.requests).toBe(asked);
  for (const name of ["00-of-99999999999", "0-of-2", "07-of-3", "00-of-0"]) {
    await mkdir(place.file("r", "shards", name));
    expect(await place.run("merge", "r"), name).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("no run of ours has a shard of this name"),
    });
    await rm(place.file("r", "shards", name), { recursive: true });
  }
  expect(await shard("2/2")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("there is no part 2 of 2") });
  expect(await shard("1/2", "--temperature", "0.5", "--seed", "3")).toMatchObject({ exitCode: 0 });
  const other = await place.run("merge", "r");
  expect(other).toMatchObject({ exitCode: 1 });
  expect(other.stderr).toMatch(/of another run than .*\n.*seed/s);
  await rm(place.file("r", "shards", "01-of-2"), { recursive: true });
  expect(await shard("1/2")).toMatchObject({ exitCode: 0 });
  const merged = await place.run("merge", "r");
  expect(merged).toMatchObject({ exitCode: 0 });
  expect(merged.stdout).toContain("pope");
  expect(await place.result("r", "pope")).not.toHaveProperty("shard");
});

test("a part in the folder of another, and a part whose journal lost a line, are no parts of the run", async () => {
  await using place = await Workplace.make();
  await using endpoint = await startEndpoint({ answer: answerTo });
  const model = `openai:fake@${endpoint.url}`;
  const cut = { tasks: join(forms, "single-image.ts"), data: join(forms, "data") };
  const out = place.file("cut");
  for (const index of [0, 1]) await evaluate({ ...cut, model, out, shard: `${index}/2` });
  const journal = join(out, "shards", "01-of-2", "single_image.samples.jsonl");
  const lines = await readFile(journal, "utf8");
  await writeFile(journal, lines.slice(lines.indexOf("\n") + 1));
  await expect(merge(out)).rejects.toThrow(/the journal of single_image has \d+ of the \d+ scored samples/);
  await writeFile(journal, lines);
  await rm(join(out, "shards", "01-of-2"), { recursive: true });
  await cp(join(out, "shards", "00-of-2"), join(out, "shards", "01-of-2"), { recursive: true });
  await expect(merge(out)).rejects.toThrow("this folder holds part 0/2 of the run, and its name says 1/2");
});
