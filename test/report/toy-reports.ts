import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pageComparisons } from "../../src/api/board/page-comparisons.js";
import type { Result } from "../../src/core/result.js";
import { encodedImage } from "../../src/images/encoded.js";
import { thumbnail } from "../../src/images/thumbnail.js";
import type { RunManifest } from "../../src/record/run-manifest.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { ImageStore } from "../../src/report/images.js";
import { ReportSource } from "../../src/report/report-source.js";
import { writeReport } from "../../src/report/write-report.js";
import { drawnImage } from "../fakes/images.js";

export const hostile = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">';

/** Runs of one small task and their report pages, all below one folder. */
export class ToyReports {
  constructor(private readonly folder: string) {}

  /** A run folder as `run` leaves it. Odd samples are wrong; sample 2 is hostile, 4 right-to-left, 6 a megabyte, 8 unscored. */
  async writeRun(
    name: string,
    n: number,
    right: (i: number) => boolean = (i) => i % 2 === 0,
    model = `model ${name}`,
  ): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path, { recursive: true });
    const digests = await Promise.all([0, 1, 2].map(async (seed) => encodedImage(await drawnImage({ seed })).digest));
    const text = (i: number) =>
      i === 2
        ? hostile
        : i === 4
          ? "\u202eהתשובה היא לא\u202c"
          : i === 6
            ? "long ".repeat(200_000)
            : right(i)
              ? "yes"
              : "no";
    const records = Array.from({ length: n }, (_, i): SampleRecord => {
      const asked = {
        ...{ index: i, id: `q${i}`, cluster: String(i), prompt: `<image>Is it ${i}?` },
        groups: { kind: i % 4 === 1 ? hostile : "other" },
        images: [digests[i % 3] as string],
      };
      if (i === 8)
        return { ...asked, state: "failed", score: { status: "unscored", reason: "transport", detail: "reset" } };
      return {
        ...{ ...asked, state: "scored", text: text(i), finish: "stop" },
        score: {
          ...{ status: "scored", value: right(i) ? 1 : 0, answer: text(i).slice(0, 20), targets: ["yes"] },
          ...(i === 4 ? { remark: "unparsable" as const } : {}),
        },
      };
    });
    await writeFile(join(path, "toy.samples.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const values = records.flatMap(({ score }) => (score?.status === "scored" ? Number(score.value) : []));
    const scored = values.length;
    const result: Result = {
      schema: "llava-eval/result@1",
      ...{
        task: "toy",
        version: 3,
        model,
        fingerprint: {},
        scoring: "official",
        promptProfile: "default",
      },
      dataset: { source: "me/toy", kind: "folder", split: "test", licence: "CC0-1.0" },
      ...{ generation: { temperature: 0 }, seed: 0, repeats: 1, flags: ["incomplete"] },
      n: { total: n, scored, unscored: { refused: 0, transport: 1, judge: 0, data: 0 } },
      remarks: { empty: 0, truncated: 0, unparsable: 1 },
      metrics: [
        {
          name: "accuracy",
          unit: "fraction",
          direction: "higher",
          value: values.reduce((sum, value) => sum + value, 0) / scored,
          stderr: 0.05,
          interval: [0.4, 0.6],
          method: "wilson",
          n: scored,
        },
      ],
      groups: { kind: { [hostile]: [{ name: "accuracy", unit: "fraction", direction: "higher", value: 0.25, n: 4 }] } },
      notes: ["a note"],
    };
    await writeFile(join(path, "toy.json"), JSON.stringify(result));
    const manifest: RunManifest = {
      schema: "llava-eval/run@1",
      ...{
        name,
        status: "done",
        model,
        fingerprint: {},
        identity: {},
        config: {
          model: { runner: "openai", model: "m", urls: ["http://h/v1"], about: hostile },
          limit: `${n} ${name}s`,
        },
        tasks: ["toy"],
      },
      ...{ versions: {}, host: {}, startedAt: "2026-01-01T00:00:00Z" },
    };
    await writeFile(join(path, "run.json"), JSON.stringify(manifest));
    await writeFile(
      join(path, "timings.jsonl"),
      '{"task":"toy","id":"q0","kind":"model","totalMs":1234,"attempts":2,"completionTokens":7,"cost":0.5}\n',
    );
    return path;
  }

  async store(out: string): Promise<ImageStore> {
    const images = new ImageStore(out, thumbnail);
    for (const seed of [0, 1, 2]) await images.add(encodedImage(await drawnImage({ seed })));
    return images;
  }

  async reportOf(runs: readonly string[], name: string, oneFile = false): Promise<string> {
    const out = join(this.folder, name);
    const comparisons = await pageComparisons(runs);
    const source = await ReportSource.open(runs, {
      ...{ live: false, store: "files", images: new Set(["toy"]), comparisons },
    });
    return pathToFileURL(await writeReport(source, out, await this.store(out), oneFile)).href;
  }
}
