import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Result } from "../../src/core/result.js";
import { encodedImage } from "../../src/images/encoded.js";
import { thumbnail } from "../../src/images/thumbnail.js";
import type { RunManifest } from "../../src/record/run-manifest.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { ImageStore } from "../../src/report/images.js";
import { ReportSource } from "../../src/report/report-source.js";
import { writeReport } from "../../src/report/write-report.js";
import { drawnImage } from "../fakes/images.js";

/** Writes a run of `n` samples with `images` different images, and its report; returns the page's path. */
export async function largeReport(folder: string, n: number, images: number): Promise<string> {
  const run = join(folder, "run");
  const out = join(folder, "report");
  await mkdir(run, { recursive: true });
  const store = new ImageStore(out, thumbnail);
  const digests: string[] = [];
  for (let seed = 0; seed < images; seed++) {
    const image = encodedImage(await drawnImage({ seed, width: 320, height: 240 }));
    await store.add(image);
    digests.push(image.digest);
  }
  const record = (i: number): SampleRecord => ({
    index: i,
    id: String(100_000 + i),
    state: "scored",
    cluster: String(i % images),
    groups: { kind: ["other", "number", "yes/no"][i % 3] as string },
    prompt: `<image>What is to the left of object number ${i} in this picture?\nAnswer the question using a single word or phrase.`,
    images: [digests[i % images] as string],
    text: `answer ${i % 97}`,
    finish: "stop",
    score: {
      status: "scored",
      value: i % 4 === 0 ? 0 : 1,
      answer: `answer ${i % 97}`,
      targets: [`answer ${i % 89}`, "something"],
    },
  });
  const lines = Array.from({ length: n }, (_, i) => `${JSON.stringify(record(i))}\n`);
  await writeFile(join(run, "large.samples.jsonl"), lines.join(""));
  await writeFile(join(run, "timings.jsonl"), "");
  const metric = {
    name: "accuracy",
    unit: "fraction",
    direction: "higher",
    value: 0.75,
    interval: [0.74, 0.76],
    method: "wilson",
    n,
  } as const;
  const result: Result = {
    schema: "llava-eval/result@1",
    ...{ task: "large", version: 1, model: "a model", fingerprint: {}, scoring: "official", promptProfile: "default" },
    dataset: { source: "me/large", kind: "folder", split: "test", licence: "CC0-1.0" },
    ...{ generation: {}, seed: 0, repeats: 1, flags: [], notes: [], groups: {} },
    n: { total: n, scored: n, unscored: { refused: 0, transport: 0, judge: 0, data: 0 } },
    remarks: { empty: 0, truncated: 0, unparsable: 0 },
    metrics: [metric],
  };
  await writeFile(join(run, "large.json"), JSON.stringify(result));
  const manifest: RunManifest = {
    schema: "llava-eval/run@1",
    ...{ name: "run", status: "done", model: "a model", fingerprint: {}, identity: {}, config: {}, tasks: ["large"] },
    ...{ versions: {}, host: {}, startedAt: "2026-01-01T00:00:00Z" },
  };
  await writeFile(join(run, "run.json"), JSON.stringify(manifest));
  const source = await ReportSource.open([run], { live: false, store: "files", images: new Set(["large"]) });
  return writeReport(source, out, store, false);
}
