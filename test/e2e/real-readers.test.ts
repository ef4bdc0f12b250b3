/**
 * Our exports, read by those who read them: huggingface_hub, pandas, a JUnit reader; in the soak also polars, duckdb, pyarrow, TensorBoard
 * and MLflow. LLAVA_EVAL_TEST_READERS names a Python that has them (scripts/readers.mjs makes one).
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { openMlflow } from "../../src/board/trackers/mlflow.js";
import { openTensorBoard } from "../../src/board/trackers/tensorboard.js";
import { openRun } from "../../src/record/read.js";
import { type Folder, failedSample, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "../cli/run-command.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.LLAVA_EVAL_TEST_READERS;

/** A test that needs a Python library; without it, it is skipped and says why. */
function testWith(library: string, name: string, body: () => Promise<void>): void {
  const isThere = python !== undefined && spawnSync(python, ["-c", `import ${library}`]).status === 0;
  const script = `node scripts/readers.mjs${python === undefined ? "" : " all"}`;
  test.skipIf(!isThere)(
    `${name}${isThere ? "" : ` (skipped: no ${library}; ${script} installs it)`}`,
    { timeout: 120_000 },
    body,
  );
}

function readWith(reader: string, path: string, input = "", cwd?: string): unknown {
  const script = join(root, "test/e2e/real-readers.py");
  const { status, stdout, stderr } = spawnSync(python as string, [script, reader, path], {
    ...{ encoding: "utf8", input },
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", HF_HUB_OFFLINE: "1" },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** What tripped readers: whole values for a long time and then a fraction, ids with leading zeros, a late failure, a late warning. */
const samples = Array.from({ length: 300 }, (_, i) => {
  const id = String(i).padStart(6, "0");
  if (i === 290) return { ...failedSample(i, "HTTP 500"), id };
  const value = i < 280 ? i % 2 : 0.3;
  return sample(i, value, { id, cluster: id, ...(i === 299 ? { warnings: ["late"] } : {}) });
});
const captions = [0, 1].map((i) =>
  sample(i, 0, { score: { status: "scored", value: { CIDEr: i / 4 }, answer: "a, b" } }),
);

let folder: Folder;
let [a, b] = ["", ""];
beforeAll(async () => {
  folder = await temporaryFolder();
  const dataset = { source: "org/rows", kind: "hub", split: "test", revision: "0123abc", licence: "CC0-1.0" } as const;
  const metrics = [{ name: "CIDEr", unit: "ratio", direction: "higher", value: 1.25, n: 2 }] as const;
  const tasks = (kept: typeof samples) => ({
    vqav2: { samples: kept, result: { dataset } },
    // Two tasks over one data set: huggingface_hub merges what it cannot tell apart.
    mmmu: { samples: samples.slice(0, 100), result: { dataset } },
    coco_cap: { samples: captions, metrics, result: { dataset: { ...dataset, source: "org/captions" } } },
  });
  a = await writeRun(folder.dir, "a", { model: '=HYPERLINK("http://x.example","y"), m', tasks: tasks(samples) });
  const worse = samples.map((one, i) =>
    i < 280 && i % 2 === 1 ? { ...sample(i, 0), id: one.id, cluster: one.cluster } : one,
  );
  b = await writeRun(folder.dir, "b", { tasks: tasks(worse) });
  return () => folder[Symbol.asyncDispose]();
});

const text = async (...args: string[]) => (await runCommand(args)).stdout;
const to = async (file: string, ...args: string[]) => {
  await runCommand([...args, "--out", join(folder.dir, file)]);
  return join(folder.dir, file);
};

testWith("huggingface_hub", "a model card keeps every number when huggingface_hub writes it again", async () => {
  const yaml = await text("leaderboard", a, "--format", "model-index");
  const path = join(folder.dir, "README.md");
  await writeFile(path, `---\n${yaml}---\n# A model\n`);
  const { model, loaded, saved } = readWith("model_card", path) as {
    model: string;
    loaded: unknown[][];
    saved: unknown[][];
  };
  expect(model).toBe('=HYPERLINK("http://x.example","y"), m');
  expect(loaded.map(([name, type, , value]) => [name, type, value])).toEqual([
    ["coco_cap", "CIDEr", 1.25],
    ["mmmu", "accuracy", 50],
    ["vqav2", "accuracy", expect.closeTo((100 * (140 + 19 * 0.3)) / 299, 2)],
  ]);
  const sorted = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(saved)).toEqual(sorted(loaded));
});

testWith("huggingface_hub", "a model repository's results are what huggingface_hub would write", async () => {
  const facts = ["--source-url", "https://example.org/runs", "--organization", "example"];
  const path = await to("eval_results.yaml", "leaderboard", a, "--format", "eval-results", ...facts);
  const { given, again } = readWith("eval_results", path) as { given: unknown[]; again: unknown[] };
  expect(given).toHaveLength(3);
  expect(again).toEqual(given);
});

testWith("pandas", "the board's CSV has numbers where numbers are, and no formulas, in pandas", async () => {
  const path = await to("board.csv", "leaderboard", a, b, "--format", "csv-long");
  const { types, rows } = readWith("csv", path) as { types: Record<string, string>; rows: unknown[][] };
  expect(types.value).toBe("float64");
  const [model, task, value] = ["model", "task", "value"].map((name) => Object.keys(types).indexOf(name)) as [
    number,
    number,
    number,
  ];
  const found = new Map(rows.map((row) => [`${row[model]} ${row[task]}`, row[value]]));
  expect(found.get("b mmmu")).toBe(0.5);
  expect(found.get(`'=HYPERLINK("http://x.example","y"), m coco_cap`)).toBe(1.25);
});

testWith("junitparser", "a comparison's JUnit file has its failures", async () => {
  const path = await to("gate.xml", "compare", a, b, "--format", "junit");
  expect(readWith("junit", path)).toEqual({
    tests: 3,
    failures: 1,
    cases: [
      ["coco_cap CIDEr", expect.anything()],
      ["mmmu accuracy", []],
      ["vqav2 accuracy", ["Failure"]],
    ],
  });
});

/** The blocks of results/README.md, by the library named in their first line. */
const recipes = async () => {
  const blocks = (await readFile(join(root, "results/README.md"), "utf8")).matchAll(/```python\n# (.*)\n([^`]*)```/g);
  return new Map([...blocks].map(([, name, code]) => [name as string, code as string]));
};

for (const library of ["pandas", "polars", "duckdb", "pyarrow"]) {
  testWith(library, `the documented line for ${library} reads a journal whole`, async () => {
    const code = (await recipes()).get(library);
    const expected = samples.map(({ id, cluster, score }) => ({
      id,
      cluster,
      value: score?.status === "scored" ? score.value : null,
    }));
    expect(readWith("recipe", ".", code, a)).toEqual(expected);
  });
}

testWith("pyarrow, pandas, polars, duckdb", "four libraries read one Parquet file of two runs alike", async () => {
  const path = await to("samples.parquet", "export", a, b);
  const { means, rows } = readWith("parquet", path) as {
    means: Record<string, unknown>;
    rows: Record<string, unknown>[];
  };
  expect(rows).toHaveLength(2 * 402);
  expect(rows[0]).toMatchObject({
    run: "a",
    label: "vqav2",
    id: "000000",
    index: 0,
    repeat: 0,
    outcome: "wrong",
    value: 0,
    values: null,
  });
  expect(rows[401]).toMatchObject({ label: "coco_cap", outcome: "none", value: 0.25, values: [["CIDEr", 0.25]] });
  expect(rows[290]).toMatchObject({
    id: "000290",
    outcome: "unscored",
    value: null,
    text: null,
    reason: "transport",
    detail: "HTTP 500",
  });
  expect(rows[299]).toMatchObject({ id: "000299", warnings: ["late"] });
  for (const found of Object.values(means))
    expect(found).toEqual({ coco_cap: 0.125, mmmu: 0.5, vqav2: expect.closeTo((140 + 2 * 19 * 0.3) / (2 * 299), 12) });
});

/** Two steps of one training, as `watch` logs them. */
const steps = async () => [
  { run: await openRun(a), step: 100 },
  { run: await openRun(b), step: 5_000_000_000 },
];

testWith("tensorboard", "TensorBoard reads the curve of a watch", async () => {
  const log = join(folder.dir, "tensorboard");
  {
    await using tracker = openTensorBoard(log);
    for (const { run, step } of await steps()) await tracker.log(run, step, 1_700_000_000_000 + step);
  }
  expect(await readdir(log)).toHaveLength(1);
  expect(readWith("tensorboard", log)).toMatchObject({
    "mmmu/accuracy": [
      [100, 0.5],
      [5_000_000_000, 0.5],
    ],
  });
});

testWith("mlflow", "an MLflow server keeps the curve of a watch", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const store = `sqlite:///${join(folder.dir, "mlflow.db")}`;
  const options = ["--port", new URL(url).port, "--backend-store-uri", store];
  const server = spawn(python as string, ["-m", "mlflow", "server", ...options], { stdio: "ignore", detached: true });
  const ended = once(server, "exit");
  try {
    await Promise.race([healthy(url), ended.then(() => Promise.reject(new Error("the server ended")))]);
    {
      const send = async (method: "GET" | "POST", to: string, body?: string) => {
        const reply = await fetch(to, { method, headers: { "content-type": "application/json" }, body: body ?? null });
        return { status: reply.status, body: await reply.text() };
      };
      const place = { experiment: "llava", runName: "a watch", stateFile: join(folder.dir, "mlflow.json") };
      await using tracker = openMlflow({ url, send, ...place });
      for (const { run, step } of await steps()) await tracker.log(run, step, 1_700_000_000_000 + step);
    }
    const [run] = readWith("mlflow", url) as [Record<string, unknown>];
    expect(run).toMatchObject({
      status: "FINISHED",
      metrics: {
        "mmmu/accuracy": [
          [100, 0.5],
          [5_000_000_000, 0.5],
        ],
      },
    });
  } finally {
    // Its workers are processes of their own.
    process.kill(-(server.pid as number), "SIGKILL");
    await ended;
  }
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

/** The server needs half a minute to make its tables; the test's own limit ends the waiting. */
async function healthy(url: string): Promise<void> {
  for (;;) {
    const reply = await fetch(`${url}/health`).catch(() => undefined);
    if (reply?.ok) return;
    await setTimeout(250);
  }
}
