import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { startHub } from "../fakes/hub.js";
import { noiseImage } from "../fakes/images.js";
import { parquetBytes } from "../fakes/parquet-files.js";
import { root, Workplace } from "./cli.js";

const rowsPerShard = 300;
const columns = {
  question_id: "int64",
  image_id: "int64",
  question: "string",
  question_type: "string",
  answer_type: "string",
  multiple_choice_answer: "string",
  answers: "answers",
  image: "image",
} as const;

/** VQAv2 as the hub has it: shards of row groups of 100, an image with every question. Odd questions are answered "no". */
async function vqav2Files(): Promise<Record<string, Uint8Array>> {
  const images = await Promise.all(Array.from({ length: 8 }, (_, i) => noiseImage(20_000, i + 1)));
  const row = (i: number) => {
    const answer = i % 2 === 0 ? "yes" : "no";
    return {
      question_id: 1000 + i,
      image_id: Math.floor(i / 4),
      question: `Is it ${i}?`,
      question_type: "is it",
      answer_type: "yes/no",
      multiple_choice_answer: answer,
      answers: Array.from({ length: 10 }, (_, k) => ({ answer, answer_confidence: "yes", answer_id: k + 1 })),
      image: { bytes: images[Math.floor(i / 4) % images.length], path: `COCO_${Math.floor(i / 4)}.jpg` },
    };
  };
  const shards = (["SNAPPY", "ZSTD", "SNAPPY"] as const).map((codec, s) => {
    const rows = Array.from({ length: rowsPerShard }, (_, i) => row(s * rowsPerShard + i));
    return [`data/validation-0000${s}-of-00003.parquet`, parquetBytes(columns, rows, { codec })] as const;
  });
  return Object.fromEntries(shards);
}

test("vqav2 and mmmu from a hub against an endpoint: right scores, and --limit 8 moves a fraction of a shard", {
  timeout: 300_000,
}, async () => {
  const files = await vqav2Files();
  const mmmu = await readFile(join(root, "configs/demo/mmmu/validation-00000-of-00001.parquet"));
  await using hub = await startHub({
    datasets: {
      "lmms-lab/VQAv2": files,
      "lmms-lab/MMMU": { "data/validation-00000-of-00001.parquet": new Uint8Array(mmmu) },
    },
    cutAfter: 2_000_000,
  });
  await using endpoint = await startEndpoint({ answer: ({ text }) => (text.startsWith("Is it") ? "yes" : "A") });
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
  const model = `openai:fake@${endpoint.url}`;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);

  const limited = await place.run("run", "--tasks", "vqav2", "--model", model, "--limit", "8", "--out", "limited");
  expect(limited).toMatchObject({ exitCode: 0 });
  const movedByLimit = hub.stats.bytes;
  expect(movedByLimit).toBeLessThan(bytes / 5);
  expect((await place.result("limited", "vqav2")).metrics[0]).toMatchObject({ value: 0.5, n: 8 });

  const whole = await place.run("run", "--tasks", "vqav2,mmmu", "--model", model, "--out", "whole");
  expect(whole).toMatchObject({ exitCode: 0 });
  const vqav2 = await place.result("whole", "vqav2");
  expect(vqav2.metrics[0]).toMatchObject({ name: "accuracy", value: 0.5, n: 900 });
  expect(vqav2.dataset).toMatchObject({
    source: "lmms-lab/VQAv2",
    revision: hub.commit,
    rows: 900,
    expectedRows: 214_354,
  });
  expect(vqav2.notes.join()).toContain("the split has 900 rows; the benchmark has 214354");
  expect(vqav2.groups.answer_type?.["yes/no"]?.[0]).toMatchObject({ value: 0.5, n: 900 });

  // The whole split was fetched into the cache once: the next run moves nothing.
  const before = hub.stats.bytes;
  expect((await place.run("run", "--tasks", "vqav2", "--model", "stub", "--out", "again")).exitCode).toBe(0);
  expect(hub.stats.bytes).toBe(before);

  const prompts = (await place.samples("whole", "vqav2")).map(({ prompt }) => prompt);
  expect(prompts[0]).toBe("<image>Is it 0?\nAnswer the question using a single word or phrase.");
  const mmmuResult = await place.result("whole", "mmmu");
  expect(mmmuResult.n).toMatchObject({ total: 256, scored: 256 });
  const right = (await place.samples("whole", "mmmu")).filter(
    ({ score }) => score?.status === "scored" && score.targets?.[0] === "A",
  );
  expect(mmmuResult.metrics[0]?.value).toBeCloseTo(right.length / 256, 12);
});

test("a shard whose bytes do not fit their hash costs its rows, named, and nothing else", {
  timeout: 300_000,
}, async () => {
  const files = await vqav2Files();
  await using hub = await startHub({
    datasets: { "lmms-lab/VQAv2": files },
    corrupted: ["data/validation-00001-of-00003.parquet"],
  });
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
  const run = await place.run("run", "--tasks", "vqav2", "--model", "stub:yes", "--out", "out");
  expect(run.exitCode).toBe(2);
  const { n, metrics } = await place.result("out", "vqav2");
  expect(n).toMatchObject({ total: 900, scored: 600, unscored: { data: 300 } });
  expect(metrics[0]?.value).toBe(0.5);
});

test("a dataset that is on no hub ends the run before anything is asked", async () => {
  await using hub = await startHub({ datasets: {} });
  await using endpoint = await startEndpoint();
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
  const run = await place.run("run", "--tasks", "vqav2", "--model", `openai:fake@${endpoint.url}`);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("VQAv2");
  expect(endpoint.stats.requests).toBe(0);
});

test("Ctrl-C once ends a download that would never end", { timeout: 60_000 }, async () => {
  await using hub = await startHub({ datasets: { "lmms-lab/VQAv2": await vqav2Files() }, hangAfter: 2 });
  await using endpoint = await startEndpoint();
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
  const child = place.start("run", "--tasks", "vqav2", "--model", `openai:fake@${endpoint.url}`, "--out", "out");
  while (hub.stats.storageRequests < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  const ended = await child.ended;
  expect(ended.exitCode, ended.stderr).toBe(130);
  expect(ended.stderr).not.toContain("defect");
  expect(endpoint.asked.length).toBe(0);
});
