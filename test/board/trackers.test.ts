import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crc32c, maskedCrc } from "../../src/board/trackers/event-record.js";
import { openMlflow } from "../../src/board/trackers/mlflow.js";
import { openTensorBoard } from "../../src/board/trackers/tensorboard.js";
import { defined } from "../../src/core/defined.js";
import { openRun } from "../../src/record/read.js";
import { sample, temporaryFolder, writeRun } from "./run-fixture.js";

async function run(root: string, name = "run", right = 3) {
  const samples = Array.from({ length: 4 }, (_, i) => sample(i, i < right ? 1 : 0));
  return await openRun(await writeRun(root, name, { model: "m", tasks: { "vqav2@test": { samples } } }));
}

/** A protobuf reader that knows nothing of ours: number, wire type and raw value of every field. */
function fields(data: Buffer): Map<number, Buffer | number>[] {
  const found: Map<number, Buffer | number>[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = data[at++] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const number = key >> 3;
    const take = (bytes: number) => {
      at += bytes;
      return data.subarray(at - bytes, at);
    };
    const wire = key & 7;
    if (wire === 0) found.push(new Map([[number, varint()]]));
    else if (wire === 1) found.push(new Map([[number, take(8).readDoubleLE()]]));
    else if (wire === 5) found.push(new Map([[number, take(4).readFloatLE()]]));
    else found.push(new Map([[number, take(varint())]]));
  }
  return found;
}

const get = (message: Map<number, Buffer | number>[], number: number) =>
  message.find((field) => field.has(number))?.get(number);

/** Records of a TFRecord file, both checksums verified. */
function records(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

test("crc32c gives the published check value", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa); // RFC 3720, B.4
});

test("a TensorBoard event file holds version, steps, tags and values, each record with sound checksums", async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.dir, "tb");
  await using tracker = openTensorBoard(log);
  await tracker.log(await run(folder.dir), 500, 1_700_000_000_000);
  await tracker.log(await run(folder.dir, "later", 4), 5_000_000_000, 1_700_000_001_500);
  const [name] = await readdir(log);
  expect(name).toMatch(/^events\.out\.tfevents\.1700000000\./);
  const [version, first, second] = records(await readFile(join(log, name as string))).map(fields);
  expect(String(get(version ?? [], 3))).toBe("brain.Event:2");
  expect(get(first ?? [], 1)).toBe(1_700_000_000);
  expect(get(first ?? [], 2)).toBe(500);
  expect(get(second ?? [], 2)).toBe(5_000_000_000);
  const values = fields(get(first ?? [], 5) as Buffer).map((value) => fields(value.get(1) as Buffer));
  const scalars = Object.fromEntries(values.map((value) => [String(get(value, 1)), get(value, 2)]));
  expect(scalars).toEqual({ "vqav2@test/accuracy": 0.75, "vqav2@test/unscored": 0 });
});

test("MLflow gets an experiment, one run and its metrics; a restart goes on with the same run", async () => {
  await using folder = await temporaryFolder();
  const calls: { path: string; body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const path = (request.url ?? "").replace("/api/2.0/mlflow/", "");
    calls.push({ path, body: text === "" ? {} : JSON.parse(text) });
    const answers: Readonly<Record<string, unknown>> = {
      "experiments/create": { experiment_id: "7" },
      "runs/create": { run: { info: { run_id: "r1" } } },
      "runs/log-batch": {},
      "runs/update": {},
    };
    response.statusCode = path in answers ? 200 : 404;
    response.end(JSON.stringify(answers[path] ?? { error_code: "RESOURCE_DOES_NOT_EXIST" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const open = () =>
      openMlflow({
        ...{ url, experiment: "my training", runName: "watch", stateFile: join(folder.dir, "mlflow.json") },
        send: async (method, target, body) => {
          const response = await fetch(target, { method, ...defined({ body }) });
          return { status: response.status, body: await response.text() };
        },
      });
    {
      await using tracker = open();
      await tracker.log(await run(folder.dir), 500, 1000);
    }
    {
      await using again = open();
      await again.log(await run(folder.dir), 600, 2000);
    }
    expect(calls.map(({ path }) => path)).toEqual([
      "experiments/get-by-name?experiment_name=my%20training",
      "experiments/create",
      "runs/create",
      "runs/log-batch",
      "runs/update",
      "runs/log-batch",
      "runs/update",
    ]);
    expect(calls[3]?.body).toEqual({
      run_id: "r1",
      metrics: [
        { key: "vqav2_test/accuracy", value: 0.75, timestamp: 1000, step: 500 },
        { key: "vqav2_test/unscored", value: 0, timestamp: 1000, step: 500 },
      ],
    });
    await using wrong = openMlflow({
      url,
      experiment: "x",
      runName: "x",
      stateFile: join(folder.dir, "other.json"),
      send: async () => ({ status: 200, body: "<html>" }),
    });
    await expect(wrong.log(await run(folder.dir), 1, 1)).rejects.toThrow(/is not JSON/);
  } finally {
    server.close();
  }
});
