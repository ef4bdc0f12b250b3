import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { parquetColumns } from "../../src/board/samples/as-parquet.js";
import { failedSample, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

async function read(path: string) {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return await parquetReadObjects({ file });
}

test("export writes every sample of several runs into one Parquet file, whatever their number", async () => {
  await using folder = await temporaryFolder();
  // More than one row group.
  const many = Array.from({ length: 9000 }, (_, i) => sample(i, i % 2, { id: String(i).padStart(6, "0") }));
  const few = [
    sample(0, 0, { groups: { kind: "a" }, score: { status: "scored", value: { x: 0.5, y: 2 }, answer: "\u{1F600}" } }),
    failedSample(1, "HTTP 500"),
  ];
  const a = await writeRun(folder.dir, "a", { tasks: { vqav2: { samples: many } } });
  const b = await writeRun(folder.dir, "b", { tasks: { pope: { samples: few } } });
  const out = join(folder.dir, "new", "samples.parquet");
  expect((await runCommand(["export", a, b, "--out", out])).stdout).toBe(`${out}\n`);
  const rows = await read(out);
  expect(rows).toHaveLength(9002);
  expect(Object.keys(rows[0] ?? {})).toEqual(parquetColumns);
  expect(rows[8999]).toMatchObject({
    run: "a",
    label: "vqav2",
    index: 8999n,
    id: "008999",
    outcome: "right",
    value: 1,
  });
  expect(rows[9000]).toMatchObject({
    run: "b",
    label: "pope",
    answer: "\u{1F600}",
    values: { x: 0.5, y: 2 },
    groups: { kind: "a" },
  });
  expect(rows[9001]).toMatchObject({ outcome: "unscored", reason: "transport", detail: "HTTP 500", value: null });
});

test("a run without samples is a file without rows; what is no run leaves no file", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.dir, "samples.parquet");
  await expect(runCommand(["export", folder.dir, "--out", out])).rejects.toThrow("not a run folder");
  const empty = await writeRun(folder.dir, "empty", { tasks: { vqav2: { samples: [] } } });
  await expect(runCommand(["export", empty, "--out", folder.dir])).rejects.toMatchObject({ where: folder.dir });
  expect(await readdir(folder.dir)).toEqual(["empty"]);
  await runCommand(["export", empty, "--out", out]);
  expect(await read(out)).toEqual([]);
});
