import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = spawnSync("python3", ["--version"]).status === 0;

describe.skipIf(!python)(`scripts/wandb-import.py${python ? "" : " (skipped: no python3 on this machine)"}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "llava-eval-wandb-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sent = async (...args: string[]): Promise<unknown[]> => {
    const log = join(folder, "sent.jsonl");
    await writeFile(log, "");
    const { status, stderr } = spawnSync("python3", [join(root, "scripts/wandb-import.py"), ...args], {
      encoding: "utf8",
      env: {
        ...process.env,
        PYTHONPATH: join(root, "test/fakes/python"),
        WANDB_FAKE_LOG: log,
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return (await readFile(log, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  };

  test("sends every point of a curve at its step", async () => {
    const points = [
      { step: 100, scalars: { "vqav2/accuracy": 0.5 } },
      { step: 200, scalars: { "vqav2/accuracy": 0.625 } },
    ];
    await writeFile(join(folder, "curve.jsonl"), points.map((point) => `${JSON.stringify(point)}\n`).join(""));
    expect(await sent("project", folder, "a name")).toEqual([
      { project: "project", name: "a name" },
      { step: 100, values: { "vqav2/accuracy": 0.5 } },
      { step: 200, values: { "vqav2/accuracy": 0.625 } },
      { finished: true },
    ]);
  });

  test("sends the values of finished runs, one run each", async () => {
    const baseline = join(root, "results/baselines/nightly");
    const lines = (await sent("project", baseline)) as [
      unknown,
      { step: number; values: Record<string, number> },
      unknown,
    ];
    expect(lines[0]).toEqual({ project: "project", name: "nightly" });
    const result = JSON.parse(await readFile(join(baseline, "vqav2.json"), "utf8")) as {
      metrics: { name: string; value: number }[];
    };
    const [accuracy] = result.metrics;
    expect(lines[1].values[`vqav2/${accuracy?.name}`]).toBe(accuracy?.value);
  });
});
