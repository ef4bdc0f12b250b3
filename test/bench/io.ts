/**
 * What reading a row and sending a request cost, each alone: parquet rows of 100 KB JPEGs (with and without looking at the
 * image), and chat completions with such an image against an instant endpoint in another process.
 *   npm run bench -- io [--rows 2000]
 */

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Image, Type } from "../../src/core/schema.js";
import { openDataset } from "../../src/datasets/index.js";
import { encodedImage, readImage } from "../../src/images/encoded.js";
import { openRunner } from "../../src/runners/index.js";
import { noiseImage } from "../fakes/images.js";
import { type Codec, parquetBytes } from "../fakes/parquet-files.js";

const { values } = parseArgs({ options: { rows: { type: "string", default: "2000" } } });
const count = Number(values.rows);
const root = fileURLToPath(new URL("../..", import.meta.url));
const signal = new AbortController().signal;
const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));

/** The second of two rounds: the first one warms up. */
async function measure(name: string, body: () => Promise<void>): Promise<void> {
  await body();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await body();
  const { user, system } = process.cpuUsage(cpu);
  const row = [
    name.padEnd(34),
    ((user + system) / 1000 / count).toFixed(3).padEnd(8),
    ((performance.now() - began) / count).toFixed(3),
  ];
  console.log(row.join("  "), ` ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
}

try {
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model.trim()}, node ${process.version}; ${count} rows or requests`,
  );
  console.log(`${"".padEnd(34)}  CPU ms    wall ms  memory`);
  const jpegs = await Promise.all(Array.from({ length: 20 }, (_, i) => noiseImage(150_000, i + 1)));
  const schema = Type.Object({ id: Type.Integer(), question: Type.String(), image: Image() });
  for (const codec of ["SNAPPY", "ZSTD", "UNCOMPRESSED"] as const satisfies readonly Codec[]) {
    await mkdir(join(folder, codec), { recursive: true });
    const rows = Array.from({ length: count }, (_, id) => {
      // All different, or the writer keeps each once in a dictionary.
      const bytes = Buffer.from(jpegs[id % jpegs.length] as Buffer);
      bytes.writeUInt32LE(id, bytes.length - 40);
      return { id, question: `question ${id}?`, image: { bytes, path: `${id}.jpg` } };
    });
    const columns = { id: "int64", question: "string", image: "image" } as const;
    await writeFile(join(folder, codec, "test.parquet"), parquetBytes(columns, rows, { codec }));
    const split = { sources: ["a/b"], split: "test", licence: "", answers: "public" } as const;
    const request = { task: "bench", splitName: "test", split, row: schema, data: join(folder, codec) };
    const read = async (looked: boolean) => {
      await using dataset = await openDataset(request);
      for await (const batch of dataset.batches(0, signal)) {
        for (const item of batch) {
          if (looked && "row" in item) await readImage(item.row.image as Parameters<typeof readImage>[0]);
        }
      }
    };
    await measure(`rows, ${codec.toLowerCase()}`, () => read(false));
    await measure(`rows and images, ${codec.toLowerCase()}`, () => read(true));
    await rm(join(folder, codec), { recursive: true });
  }

  const server = spawn(
    process.execPath,
    [join(root, "node_modules/jiti/lib/jiti-cli.mjs"), join(root, "test/fakes/endpoint.ts"), "--instant"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const url = await new Promise<string>((resolve) =>
      server.stdout.once("data", (line) => resolve(JSON.parse(String(line)).url)),
    );
    const image = encodedImage(jpegs[0] as Buffer);
    for (const concurrency of [32, 256]) {
      await using runner = await openRunner(`openai:fake@${url}`, { concurrency });
      await measure(`requests, ${concurrency} at once`, async () => {
        let next = 0;
        const worker = async () => {
          while (next < count) {
            const id = next++;
            const parts = [
              { type: "image" as const, image: { ...image } },
              { type: "text" as const, text: `question ${id}?` },
            ];
            const prompt = { messages: [{ role: "user" as const, parts }] };
            await runner.generate(
              { id: `bench/${id}`, prompt, options: { maxNewTokens: 16, temperature: 0 }, seed: 0 },
              signal,
            );
          }
        };
        await Promise.all(Array.from({ length: concurrency }, worker));
      });
    }
  } finally {
    server.kill();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
